"""The gradient of Einsum: the output takes the place of the operand in the same equation."""

import string

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Value


@gradient("Einsum")
def einsum(node: Node, dy: Value) -> Gradients:
    terms, result = _explicit(node)
    return tuple(_operand(node, dy, terms, result, index) for index in range(len(terms)))


def _operand(node: Node, dy: Value, terms: list[str], result: str, index: int) -> Value:
    """The sum over all labels that the operand lacks; labels that it has alone or twice need care."""
    graph, x = node.graph, node.input(index)
    others = [k for k in range(len(terms)) if k != index]
    labels, values = [result, *(terms[k] for k in others)], [dy, *(node.inputs[k] for k in others)]
    wanted, free = "", [letter for letter in string.ascii_letters if letter not in "".join(terms)]
    for axis, label in enumerate(terms[index]):
        if label in wanted:  # a diagonal: its gradient stands on a diagonal
            label, first = free.pop(), label
            labels.append(first + label)
            values.append(_identity(node, x, axis))
        wanted += label
    known = [label for label in wanted if any(label in term for term in labels)]
    dx = graph.Einsum(*values, equation=f"{','.join(labels)}->{''.join(known)}")
    summed = [axis for axis, label in enumerate(wanted) if label not in known]
    return graph.Unsqueeze(dx, summed) if summed else dx


def _identity(node: Node, x: Value, axis: int) -> Value:
    """The identity matrix as large as *axis* of *x*."""
    graph = node.graph
    length = graph.Gather(graph.Shape(x), [axis])
    return graph.EyeLike(
        graph.ConstantOfShape(graph.Concat(length, length, axis=0), value=np.zeros(1, x.dtype.numpy()))
    )


def _explicit(node: Node) -> tuple[list[str], str]:
    """The labels of each operand and of the result, with letters instead of an ellipsis."""
    left, arrow, result = node.attribute("equation").replace(" ", "").partition("->")
    terms = left.split(",")
    if any(x.shape is None for x in node.inputs) and "..." in left:
        raise node.unsupported("an ellipsis needs known ranks")
    unused = [letter for letter in string.ascii_letters if letter not in left]
    counts = [len(x.shape) - len(term) + 3 for term, x in zip(terms, node.inputs) if "..." in term]
    letters = "".join(unused[: max(counts, default=0)])
    if not arrow:
        once = sorted(label for label in set(left) - set(".,") if left.count(label) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    full = []
    for term, x in zip(terms, node.inputs):
        count = len(x.shape) - len(term) + 3 if "..." in term else 0
        full.append(term.replace("...", letters[len(letters) - count :]))
    return full, result.replace("...", letters)

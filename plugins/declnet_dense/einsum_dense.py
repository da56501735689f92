"""A dense layer over any axes, by an equation."""

import re
from collections.abc import Mapping, Sequence
from math import prod
from string import ascii_letters
from typing import Any

from declnet import Choice, DeclnetError, Net, Value, layer


@layer("einsum_dense.schema.json")
def einsum_dense(
    net: Net, x: Value, *, equation: str, output_shape: int | list[int | None], bias_axes: str, activation: Choice
) -> Value:
    """Multiply any axes by a kernel, as an equation says: "abc,cd->abd" takes (N, b, c) to (N, b, d).

    activation(einsum(equation, x, kernel) + bias). The letters name the axes of the input, the kernel and the output;
    the first of input and output is the batch. A letter that the output lacks is summed over. "..." stands for all axes
    that have no letter. The bias has an axis for each axis of the output from the first of `bias_axes` on, of size 1
    where it is none of them. For the first values of the kernel, fan_in is the size of what is summed over, fan_out
    that of the axes that the kernel adds. ONNX Einsum.
    """
    given, kernel, made, written = _terms(net, equation, len(x.shape))
    sizes = dict(zip(given, x.shape))
    _fill(net, sizes, written, [output_shape] if isinstance(output_shape, int) else output_shape)
    shape = [_known(net, sizes, letter, "kernel") for letter in kernel]
    contracted = [axis for axis, letter in enumerate(kernel) if letter not in made]
    fan_in = prod(shape[axis] for axis in contracted)
    fan_out = prod(size for letter, size in zip(kernel, shape) if letter not in given)
    weight = net.weight("kernel", shape, fans=(fan_in, fan_out), incoming=contracted)
    y = net.Einsum(x, weight, equation=f"{given},{kernel}->{made}")
    if bias_axes:
        strange = [letter for letter in bias_axes if letter not in written]
        if strange or len(set(bias_axes)) < len(bias_axes):
            raise net.error(
                "bias_axes are letters of the output, each once",
                property="bias_axes",
                found=repr(bias_axes),
                allowed=", ".join(written),
            )
        shape = [_known(net, sizes, letter, "bias") if letter in bias_axes else 1 for letter in made]
        first = min(made.index(letter) for letter in bias_axes)
        y = y + net.weight("bias", shape[first:])
    return net.activation(y, activation)


def _terms(net: Net, equation: str, rank: int) -> tuple[str, str, str, str]:
    """The letters of input, kernel and output, with letters instead of "...", and those that output_shape sizes.

    Raises:
        LayerError: the equation has not the form, or makes no sense for an input of *rank* axes.
    """

    def refuse(message: str, **facts: str) -> DeclnetError:
        return net.error(message, property="equation", found=repr(equation), **facts)

    match = re.fullmatch(r"([a-zA-Z.]+),([a-zA-Z]+)->([a-zA-Z.]+)", equation.replace(" ", ""))
    terms = [term.replace("...", "*", 1) for term in match.groups()] if match else ["."]
    if any("." in term for term in terms) or ("*" in terms[0]) != ("*" in terms[2]):
        allowed = 'INPUT,KERNEL->OUTPUT in letters, with "..." in both INPUT and OUTPUT or in none'
        raise refuse("this is no equation of an input and a kernel", allowed=allowed, hint='as in "abc,cd->abd"')
    for term in terms:
        if twice := sorted({letter for letter in term if term.count(letter) > 1}):
            raise refuse(f"letter {twice[0]!r} stands twice in {term.replace('*', '...')!r}")
    named = len(terms[0].replace("*", ""))
    if rank < named + (terms[0][0] == "*") or (rank > named and "*" not in terms[0]):
        raise net.error(
            f"the equation gives its input {named} axes" + (' and "..."' if "*" in terms[0] else ""),
            code="DN1401",
            property="equation",
        )
    free = [letter for letter in ascii_letters if letter not in equation]
    given, kernel, made = (term.replace("*", "".join(free[: rank - named])) for term in terms)
    for letter in kernel:
        if letter not in given + made:
            raise refuse(f"letter {letter!r} of the kernel stands neither in the input nor in the output")
    for letter in made:
        if letter not in given + kernel:
            raise refuse(f"letter {letter!r} of the output stands neither in the input nor in the kernel")
    if made[0] != given[0] or given[0] in kernel:
        raise refuse("the first axis of the input is the batch: it stays first, and the kernel has none")
    return given, kernel, made, terms[2].removeprefix(given[0]).replace("*", "")


def _fill(net: Net, sizes: dict[str, Any], letters: str, output_shape: Sequence[int | None]) -> None:
    """Add the sizes of *letters*, which *output_shape* gives, to *sizes*."""
    if len(letters) != len(output_shape):
        raise net.error(
            f"output_shape has one size for each of the letters {letters!r}: those of the output after the batch",
            property="output_shape",
            found=str(output_shape),
            allowed=f"{len(letters)} sizes",
        )
    for letter, size in zip(letters, output_shape):
        held = sizes.get(letter)
        if letter not in sizes and size is None:
            raise net.error(f"the size of {letter!r}, an axis of the kernel, is not known", property="output_shape")
        if isinstance(held, int) and size not in (None, held):
            raise net.error(
                f"the input has {held} along {letter!r}",
                property="output_shape",
                found=str(size),
                allowed=f"null or {held}",
            )
        sizes.setdefault(letter, size)


def _known(net: Net, sizes: Mapping[str, Any], letter: str, weight: str) -> int:
    """The size of *letter*, an axis of a weight."""
    if not isinstance(sizes[letter], int):
        raise net.error(f"the {weight} has an axis {letter!r}, whose size in the input is not known", code="DN1401")
    return sizes[letter]

"""The outputs that a spec declares, as a served model gives them."""

from __future__ import annotations

from collections.abc import Sequence

from declnet.errors import SpecError
from declnet.graph import Graph, Value, describe
from declnet.lowering.lowering import Lowered


def add_outputs(lowered: Lowered) -> list[str]:
    """Make the declared outputs outputs of the graph; return their names.

    ``as`` says what a value becomes:

    * ``value``: itself.
    * ``class``: of scores (N, classes, ...), the class with the highest one, and ``<name>_probability``, their
      softmax.
    * ``binary``: of a score (N, 1) or (N,), class 1 where the probability is above one half, and
      ``<name>_probability``, its sigmoid.

    A class is an int64 index, or one of the ``labels`` where they are declared.

    Raises:
        SpecError: the value does not have the shape, or the number of classes, that ``as`` and ``labels`` need, or no
            batch.
    """
    graph, spec, names, mistakes = lowered.graph, lowered.spec, [], []
    for name, output in spec.outputs.items():
        value = lowered.results.get(output.source)
        if value is None:
            continue
        if not value.rank or isinstance(value.shape[0], int):
            message = f"output {name!r} has not a row for each row of the inputs"
            facts = {"found": f"{output.source!r} gives {describe(value)}", "allowed": "(N, ...)"}
            mistakes.append(spec.diagnostic("DN1401", f"/outputs/{name}", message, **facts))
            continue
        classes = _classes(value, output.kind)
        labels = output.labels
        if classes == 0 or (labels and classes is not None and len(labels) != classes):
            allowed = {"class": "(N, classes, ...)", "binary": "(N, 1)"}[output.kind]
            mistakes.append(
                spec.diagnostic(
                    "DN1401",
                    f"/outputs/{name}" + ("/labels" if classes else ""),
                    f"output {name!r} as {output.kind!r} does not fit layer {output.source!r}",
                    found=describe(value) + (f" and {len(labels)} labels" if labels else ""),
                    allowed=f"{classes} labels" if classes else allowed,
                )
            )
            continue
        for key, made in _as(graph, value, output.kind, labels).items():
            graph.output(made, name + key)
            names.append(name + key)
    if mistakes:
        raise SpecError(mistakes)
    return names


def _classes(value: Value, kind: str) -> int | None:
    """How many classes *value* scores; 0 where its shape is wrong, None where any number of labels will do."""
    if kind == "class":
        count = value.shape[1] if value.rank >= 2 else 0
        return count if isinstance(count, int) else None
    if kind == "binary":
        return 2 if value.rank == 1 or (value.rank == 2 and value.shape[1] == 1) else 0
    return None


def _as(graph: Graph, value: Value, kind: str, labels: Sequence[str] | None) -> dict[str, Value]:
    if kind == "value":
        return {"": value}
    if kind == "class":
        probability = graph.Softmax(value, axis=1)
        index = graph.ArgMax(value, axis=1, keepdims=0)
    else:
        flat = graph.Reshape(value, [-1]) if value.rank == 2 else value
        probability = graph.Sigmoid(flat)
        index = graph.Cast(graph.Greater(flat, 0.0), to=7)
    chosen = graph.Gather(graph.constant(labels), index, axis=0) if labels else index
    return {"": chosen, "_probability": probability}

"""References to results that their layers do not have: only a layer that has been lowered knows its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from declnet.errors import Diagnostic
from declnet.graph import Value
from declnet.spec import Spec
from declnet.wording import listed, shown


def unknown_results(spec: Spec, results: Mapping[str, Value]) -> list[Diagnostic]:
    """The mistakes among the references ``layer.result`` to layers whose *results* are known, each told once."""
    found = {}
    for pointer, reference in _references(spec):
        name, dot, result = reference.partition(".")
        if dot and name in results and reference not in results and (name, result) not in found:
            known = [key.removeprefix(f"{name}.") for key in results if key.startswith(f"{name}.")]
            allowed = listed([name, *(f"{name}.{key}" for key in known)], reference)
            facts = {"found": shown(reference), "allowed": allowed}
            mistake = Diagnostic.unknown("DN1301", f"{name!r} has no result {result!r}", result, known, **facts)
            found[name, result] = spec.place(mistake, pointer)
    return list(found.values())


def _references(spec: Spec) -> Iterator[tuple[str, str]]:
    """The pointer and the name of each value that a layer, an output, a loss or a metric takes."""
    for layer in spec.layers:
        yield from ((f"{layer.pointer}/inputs/{k}", name) for k, name in enumerate(layer.inputs))
    for name, output in spec.outputs.items():
        yield f"/outputs/{name}/from", output.source
    for objective in spec.objectives:
        yield from ((f"{loss.pointer}/from", loss.source) for loss in objective.losses)
    for k, metric in enumerate(spec.training.metrics if spec.training else ()):
        yield f"/training/metrics/{k}/from", metric.source

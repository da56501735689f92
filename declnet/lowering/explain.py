"""A mistake that shows while the graph is built, as one of the spec: what a component refused, and where it stands."""

from __future__ import annotations

from declnet.errors import DeclnetError, Diagnostic, GraphError
from declnet.lowering.tensors import Parameter
from declnet.spec import LayerSpec, LossSpec, Spec
from declnet.wording import type_text


def explain(spec: Spec, error: DeclnetError, pointer: str, what: str, given: str | None = None) -> Diagnostic:
    """What a component at *pointer* of the spec has raised: placed there, or at the property that the error names.

    Args:
        what: the component, as the message names it: ``layer 'logits' (dense)``.
        given: what it was given, shown where the error itself does not say what was found.
    """
    found, property = error.diagnostics[0], getattr(error, "property", None)
    message, code, hint = f"{what}: {found.message}", found.code, found.hint
    if code == GraphError.code:
        # An operator refuses its inputs; it speaks of the graph, and is quoted.
        message, code = f"{what} does not fit what it is given", "DN1401"
        hint = found.message + (f"; {hint}" if hint else "")
    told = found.at(code=code, message=message, found=found.found or given, hint=hint)
    return spec.place(told, f"{pointer}/{property}" if property else pointer)


def explain_weight(spec: Spec, error: DeclnetError, kind: str, parameter: Parameter) -> Diagnostic:
    """What the initializer, regularizer or constraint of a weight has raised: where a layer chooses this *kind*.

    It stands at the layer or loss that declares the weight where no one property chooses, at the training where an
    optimizer or schedule declares it.
    """
    owners: list[LayerSpec | LossSpec] = [*spec.layers]
    owners += [loss for objective in spec.objectives for loss in objective.losses]
    owner = next((each for each in owners if parameter.name.startswith(f"{each.name}/")), None)
    choice, properties = getattr(parameter, kind), owner.properties.items() if owner else ()
    keys = [key for key, value in properties if value is choice] or [
        key for key, value in properties if value == choice
    ]
    pointer = owner.pointer if owner else "/training"
    pointer = f"{pointer}/{keys[0]}" if len(keys) == 1 else pointer
    given = type_text("float32", parameter.shape)
    return explain(spec, error, pointer, f"{kind} of weight {parameter.name!r}", given)

"""The reverse walk: what every rule would repeat.

    expand      replace operators that have no rule by a form of ours, or the body that ONNX publishes
    reach       find the values that depend on a parameter, input by input
    walk        from the loss backwards: add up, call the rule, check, fit to the input's shape, hand on

The gradient becomes part of the same graph, so differentiating it again gives second derivatives.

A forward node stays as it is, but for outputs that its rule asks for in addition: an optional output of the operator,
or what happens inside the body of a Scan or Loop, kept for each step (``rules/steps.py``). Bodies are walked by
``pull_back``, the same walk from several values at once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir

from declnet.autodiff import rules as _builtin_rules  # noqa: F401 - fills the registry
from declnet.autodiff.broadcast import fit
from declnet.autodiff.expand import expand
from declnet.autodiff.registry import ABSENT, FLAT, FUSED, RULES, Node, Rule, Unsupported, missing
from declnet.errors import GraphError
from declnet.graph import Graph, Value, dims
from declnet.graph.bodies import captured, reads


def differentiate(
    graph: Graph,
    loss: Value,
    wrt: Sequence[Value],
    *,
    kernels: str = "standard",
    rules: Mapping[tuple[str, str], Rule] | None = None,
    constants: Sequence[Value] = (),
    profile: str = "native",
) -> list[Value | None]:
    """Add to *graph* the gradient of the scalar *loss* with respect to each value of *wrt*; return those values.

    None stands for a value that does not reach the loss.

    Args:
        kernels: "standard" emits ai.onnx operators only, "training" also the fused ones of onnxruntime-training.
        rules: rules of plugins, by (domain, operator); they come before the built-in ones.
        constants: values through which no gradient flows, whatever they depend on.
        profile: "native", or "web", which avoids what browsers and small runtimes lack.

    Raises:
        GraphError: the loss is not a floating-point scalar, or a rule is wrong.
        MissingGradient: an operator on the way has no gradient.
    """
    _check_loss(loss)
    table = {**RULES, **(FUSED if kernels == "training" else {}), **(rules or {})}
    seed = graph.constant(np.ones(dims(loss)), loss.dtype)
    return pull_back(graph, {loss: seed}, wrt, table=table, profile=profile, constants=constants)


def pull_back(
    graph: Graph,
    seeds: Mapping[Value, Value],
    wrt: Sequence[Value],
    *,
    table: Mapping[tuple[str, str], Rule],
    profile: str = "native",
    constants: Sequence[Value] = (),
) -> list[Value | None]:
    """The reverse walk from several values, whose gradients are given, to each value of *wrt*.

    Args:
        seeds: the gradient of each value that the walk starts from.
        wrt: values of *graph*, or values from outside that a body *graph* reads.
        table: the rules, by (domain, operator).
        profile, constants: as of ``differentiate``.
    """
    replaced = expand(graph, reach(graph, wrt, constants, table), list(seeds), table, profile)
    wrt = [replaced.get(value, value) for value in wrt]
    constants = [replaced.get(value, value) for value in constants]
    active = reach(graph, wrt, constants, table)
    pending: dict[Value, list[Value]] = {replaced.get(value, value): [seed] for value, seed in seeds.items()}
    found: dict[Value, Value] = {}
    wanted = set(wrt)
    for node in reversed(list(graph.ir)):
        if not any(value in pending for value in node.outputs):
            continue
        with graph.at(_scope(node), node.metadata_props):
            dys = [_total(graph, pending.pop(value, None)) for value in node.outputs]
            found.update((v, dy) for v, dy in zip(node.outputs, dys) if v in wanted and dy is not None)
            sources = (*node.inputs, *captured(node))
            if not any(value in active for value in sources if value is not None):
                continue
            view = Node(graph, node, captured(node), active=active, profile=profile)
            view.pull_back = functools.partial(pull_back, table=table, profile=profile)
            for value, dx in zip(sources, _apply(view, dys, table)):
                if dx is not None and value in active:
                    pending.setdefault(value, []).append(fit(graph, dx, value, node))
    found.update((value, _total(graph, pending[value])) for value in wanted if value in pending)
    return [found.get(value) for value in wrt]


def reach(graph: Graph, wrt: Sequence[Value], constants: Sequence[Value] = (), table=RULES) -> set[Value]:
    """The floating-point values that depend on *wrt* otherwise than through flat operators and *constants*.

    An operator that is flat by itself is not when *table* has a rule for it: a straight-through estimator, say.
    """
    active, stopped = set(wrt), set(constants)
    for node in graph.ir:
        key = (node.domain, node.op_type)
        if (key not in FLAT or key in table) and any(value in active for value in reads(node)):
            made = (value for value in node.outputs if value.dtype is None or value.dtype.is_floating_point())
            active.update(value for value in made if value not in stopped)
    return active


def _apply(view: Node, dys, table):
    """The gradients that the rule of a node returns, one per input and captured value."""
    node = view.ir
    key = (node.domain, node.op_type)
    rule = table.get(key)
    if rule is None:
        raise missing(node, ABSENT.get(key, "no rule and no published body"))
    try:
        gradients = rule(view, *dys)
        if gradients is NotImplemented:
            rule = RULES[key]
            gradients = rule(view, *dys)
    except Unsupported as error:
        raise missing(node, error.diagnostics[0].message) from None
    count = len(node.inputs) + len(view.captured)
    if not isinstance(gradients, tuple) or len(gradients) != count:
        what = f"{len(gradients)} gradients" if isinstance(gradients, tuple) else repr(gradients)
        raise GraphError(f"the gradient rule for {node.op_type} returned {what} for {count} inputs")
    return gradients


def _total(graph: Graph, parts: list[Value] | None) -> Value | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else graph.Sum(*parts) if len(parts) > 2 else graph.Add(*parts)


def _scope(node: ir.Node) -> str:
    """``hidden/MatMul`` is differentiated in ``hidden/grad``."""
    layer = (node.name or "").rpartition("/")[0]
    return layer if layer.endswith("grad") else f"{layer}/grad".lstrip("/")


def _check_loss(loss: Value) -> None:
    if loss.dtype is None or not loss.dtype.is_floating_point():
        raise GraphError(f"the loss {loss!r} is not a floating-point value", code="DN3003")
    if loss.shape is None or any(dim != 1 for dim in dims(loss)):
        raise GraphError(
            f"the loss {loss!r} is not a scalar",
            code="DN3003",
            allowed="shape ()",
            hint="reduce it, with ReduceMean say",
        )

"""The reverse walk: what every rule would repeat.

    expand      replace operators that have no rule by a decomposition of ours, or the body that ONNX publishes
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

from declnet.autodiff.broadcast import fit
from declnet.autodiff.expand import decomposed, expand
from declnet.autodiff.node import Node, Unsupported, decorator, missing, title
from declnet.autodiff.registry import Absent, Decomposition, Flat, Gradients, Rule, Rules, owner
from declnet.autodiff.rules import BUILT_IN
from declnet.errors import GraphError
from declnet.graph import Graph, Value, known_dims
from declnet.graph.bodies import captured, inputs, outputs, reads
from declnet.target import STANDARD, Target


def differentiate(
    graph: Graph,
    loss: Value,
    wrt: Sequence[Value],
    *,
    target: Target = STANDARD,
    rules: Rules = BUILT_IN,
    constants: Sequence[Value] = (),
) -> list[Value | None]:
    """Add to *graph* the gradient of the scalar *loss* with respect to each value of *wrt*; return those values.

    None stands for a value that does not reach the loss.

    Args:
        target: what the graph is made for: it decides among the rules of an operator, and within them.
        rules: what is known of operators; by default, what declnet itself knows.
        constants: values through which no gradient flows, whatever they depend on.

    Raises:
        GraphError: the loss is not a floating-point scalar, or a rule is wrong.
        MissingGradient: an operator on the way has no gradient.
    """
    loss = graph.current(loss)
    _check_loss(loss)
    seed = graph.constant(np.ones(known_dims(loss)), loss.dtype)
    return pull_back(graph, {loss: seed}, wrt, target=target, rules=rules, constants=constants)


def pull_back(
    graph: Graph,
    seeds: Mapping[Value, Value],
    wrt: Sequence[Value],
    *,
    target: Target,
    rules: Rules,
    constants: Sequence[Value] = (),
) -> list[Value | None]:
    """The reverse walk from several values, whose gradients are given, to each value of *wrt*.

    Args:
        seeds: the gradient of each value that the walk starts from.
        wrt: values of *graph*, or values from outside that a body *graph* reads.
        target, rules, constants: as of ``differentiate``.
    """
    active = reach(graph, wrt, constants, target=target, rules=rules)
    expand(graph, active, list(seeds), target=target, rules=rules)
    wrt = [graph.current(value) for value in wrt]
    active = reach(graph, wrt, constants, target=target, rules=rules)
    pending: dict[Value, list[Value]] = {}
    for end, seed in seeds.items():
        pending.setdefault(graph.current(end), []).append(seed)
    found: dict[Value, Value] = {}
    wanted = set(wrt)
    for node in reversed(list(graph.ir)):
        made = outputs(node)
        if not any(value in pending for value in made):
            continue
        with graph.at(_scope(node), node.metadata_props):
            dys = [_total(graph, pending.pop(value, [])) for value in made]
            found.update((v, dy) for v, dy in zip(made, dys) if v in wanted and dy is not None)
            sources = (*inputs(node), *captured(node))
            if not any(value in active for value in sources if value is not None):
                continue
            view = Node(graph, node, captured(node), active=active, target=target)
            view.pull_back = functools.partial(pull_back, target=target, rules=rules)
            for value, dx in zip(sources, _apply(view, dys, rules)):
                if dx is not None and value is not None and value in active:
                    pending.setdefault(value, []).append(fit(graph, dx, value, node))
    for value in wrt:
        if (total := _total(graph, pending.get(value, []))) is not None:
            found[value] = total
    return [found.get(value) for value in wrt]


def reach(
    graph: Graph, wrt: Sequence[Value], constants: Sequence[Value] = (), *, target: Target, rules: Rules
) -> set[Value]:
    """The floating-point values that depend on *wrt* otherwise than through flat operators and *constants*."""
    active, stopped = set(map(graph.current, wrt)), set(map(graph.current, constants))
    for node in graph.ir:
        if any(value in active for value in reads(node)) and not rules.is_flat(node, target):
            made = (value for value in outputs(node) if value.dtype is None or value.dtype.is_floating_point())
            active.update(value for value in made if value not in stopped)
    return active


def _apply(view: Node, dys: Sequence[Value | None], rules: Rules) -> Gradients:
    """The gradients of the inputs and captured values of a node, by the first entry that takes its configuration."""
    entries = rules.of(view.ir, view.target)
    try:
        for entry in entries:
            if isinstance(entry, Absent):
                raise missing(view.ir, entry.reason)
            if isinstance(entry, Flat):
                return (None,) * (len(view.inputs) + len(view.captured))
            found = _by_rule(view, dys, entry) if isinstance(entry, Rule) else NotImplemented
            if isinstance(entry, Decomposition):
                found = decomposed(view, dys, entry)
            if found is not NotImplemented:
                return _checked(view, found)
        found = decomposed(view, dys, None)
    except Unsupported as error:
        raise missing(view.ir, error.diagnostics[0].message) from None
    if found is NotImplemented:
        raise missing(view.ir, "no rule takes this configuration" if entries else "no rule and no published body")
    return _checked(view, found)


def _by_rule(view: Node, dys: Sequence[Value | None], rule: Rule) -> Gradients:
    """What *rule* gives, or NotImplemented.

    Refused where it emits operators of a domain that it does not need: targets without it would be given them all the
    same, and only the runtime would notice.
    """
    foreign = view.graph.foreign
    before = len(foreign)
    found = rule(view, *dys)
    made = foreign[before:]
    # Rules may walk back themselves: what other rules have made in between was held against their own needs.
    del foreign[before:]
    allowed = {"", "ai.onnx", view.ir.domain, *rule.needs}
    unsaid = next((node for node in made if node.domain not in allowed), None)
    if found is NotImplemented or unsaid is None:
        return found
    raise GraphError(
        f"the gradient rule for {title(view.ir.domain, view.op)}, {owner(rule)}, emits "
        f"{title(unsaid.domain, unsaid.op_type)} and does not say that it needs {unsaid.domain}",
        allowed="operators of " + ", ".join(sorted({"ai.onnx", view.ir.domain, *rule.needs} - {""})),
        hint=f"say it: {decorator(view.ir.domain, view.op, {*rule.needs, unsaid.domain})}",
    )


def _checked(view: Node, gradients: Gradients) -> Gradients:
    count = len(view.inputs) + len(view.captured)
    if not isinstance(gradients, tuple) or len(gradients) != count:
        what = f"{len(gradients)} gradients" if isinstance(gradients, tuple) else repr(gradients)
        raise GraphError(f"the gradient rule for {view.op} returned {what} for {count} inputs")
    return gradients


def _total(graph: Graph, parts: Sequence[Value]) -> Value | None:
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
    if loss.shape is None or any(dim != 1 for dim in known_dims(loss)):
        raise GraphError(
            f"the loss {loss!r} is not a scalar",
            code="DN3003",
            allowed="shape ()",
            hint="reduce it, with ReduceMean say",
        )

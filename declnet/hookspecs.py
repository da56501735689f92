"""The hooks through which a plugin offers what it has.

A plugin is a module that an entry point of the group ``declnet`` names:

    [project.entry-points.declnet]
    swish = "declnet_swish"

Each hook returns a list, and nothing else happens in it. Components of each kind have a hook that is made of what
declnet/kinds.py says of the kind: ``declnet_layers`` for functions that ``declnet.layer`` decorates. Hooks for
what is no component stand below. declnet's own plugins come through the same hooks.
"""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from declnet.component import Kind
from declnet.kinds import KINDS

hookspec = pluggy.HookspecMarker("declnet")
hookimpl = pluggy.HookimplMarker("declnet")


def hook_of(kind: Kind) -> Callable[[], list]:
    """The hook through which plugins offer components of *kind*."""

    def offer() -> list:
        pass

    offer.__name__ = offer.__qualname__ = kind.hook
    offer.__doc__ = f"""Offer {kind.plural}: functions ``{kind.signature}`` {kind.returns}.

    @hookimpl
    def {kind.hook}():
        return [{", ".join(kind.examples)}]
    """
    return hookspec(offer)


globals().update({kind.hook: hook_of(kind) for kind in KINDS.values()})


@hookspec
def declnet_gradients() -> list:
    """Offer gradients of operators: functions ``(node, dy, ...)`` to one gradient per input, and ``declnet.flat(...)``.

    @hookimpl
    def declnet_gradients():
        return [swish_gradient, conv_gradient]
    """


@hookspec
def declnet_passes() -> list:
    """Offer passes: functions ``(graph, target) -> graph`` that put a graph in a form which suits a runtime.

    They run before a graph is differentiated; ``declnet.graph_pass(stage="finished")`` lets one run at the end.

    @hookimpl
    def declnet_passes():
        return [log_softmax_by_formula]
    """


@hookspec
def declnet_runtimes() -> list:
    """Offer runtimes: subclasses of ``declnet.Runtime``, each with a name of its own.

    @hookimpl
    def declnet_runtimes():
        return [ReferenceRuntime]
    """

"""How operators are differentiated: what is said of each, and who is asked first.

In every rule, ``node`` is the forward node and ``dy`` the gradient of its output. A rule returns one gradient for
each input, None where none flows. A gradient may have a shape that broadcasts from or to its input's: the engine
sums or expands it. A rule need not ask who wants its gradients: what nobody reads is removed. Only the rules of
operators with bodies do ask (``node.wants``), since what is made inside a body cannot be removed from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import onnx_ir as ir

from declnet.autodiff.node import Node, title
from declnet.errors import GraphError, PluginError
from declnet.graph import Value
from declnet.target import Target

Gradients = tuple[Value | None, ...]


@dataclass(frozen=True)
class Entry:
    """What is said of some operators of one domain, for the targets that have the kernels of all domains in *needs*."""

    ops: tuple[str, ...]
    domain: str
    needs: frozenset[str]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The operators, by domain and name."""
        return [(self.domain, op) for op in self.ops]


@dataclass(frozen=True)
class Rule(Entry):
    """The gradient of an operator: ``function(node, dy, ...)``, one ``dy`` for each output of the node.

    A ``dy`` is None where an output does not reach the loss. Raise ``node.unsupported(reason)`` for configurations
    without a gradient; return NotImplemented for those that are left to the next rule.
    """

    function: Callable[..., Gradients]

    def __call__(self, node: Node, *dys: Value | None) -> Gradients:
        return self.function(node, *dys)


@dataclass(frozen=True)
class Decomposition(Entry):
    """An operator in others, which are differentiated in its place: ``function(node)`` gives the outputs."""

    function: Callable[[Node], list[Value]]


@dataclass(frozen=True)
class Flat(Entry):
    """Operators through which no gradient flows, and why."""

    reason: str


@dataclass(frozen=True)
class Absent(Entry):
    """Operators that have no gradient although one could be, and why."""

    reason: str


class Rules:
    """The entries of each operator, in the order in which they are asked.

    Those that need more come first, equal ones in the order in which they are given; all of them before those of
    *below*. ``entries`` holds them by (domain, operator), without those of *below*.

    Raises:
        GraphError: two entries are for one operator, with the same needs.
    """

    def __init__(self, entries: Iterable[Entry], below: Rules | None = None):
        self.entries: dict[tuple[str, str], list[Entry]] = {}
        self._below = below
        for entry in sorted(entries, key=lambda entry: -len(entry.needs)):
            for key in entry.keys:
                there = self.entries.setdefault(key, [])
                if twin := next((each for each in there if each.needs == entry.needs), None):
                    both = f"{owner(twin)} and {owner(entry)}"
                    raise GraphError(f"the gradient of {title(*key, entry.needs)} is claimed by both {both}")
                there.append(entry)

    def of(self, node: ir.Node, target: Target) -> list[Entry]:
        """What is said of the operator of *node*, for graphs that are made for *target*."""
        own = self.entries.get((node.domain, node.op_type), [])
        met = [entry for entry in own if target.meets(entry.needs)]
        return met if self._below is None else met + self._below.of(node, target)

    def is_flat(self, node: ir.Node, target: Target) -> bool:
        """Whether no gradient flows through *node*."""
        return any(isinstance(first, Flat) for first in self.of(node, target)[:1])


def gradient(op: str, *, domain: str = "", needs: Collection[str] = ()) -> Callable[[Callable[..., Gradients]], Rule]:
    """Make a function the gradient rule of an operator, or one of several.

    Args:
        needs: the operator domains, beside ai.onnx, whose kernels the rule emits. Of the rules of an operator that a
            target has the kernels for, the one that needs most is asked first. It may emit operators of its own
            domain too, and of no other.

    Raises:
        PluginError: *needs* is not a set of such domains, or *domain* is a spelling of ai.onnx that no node has.
    """
    if domain == "ai.onnx":
        message = f'the gradient rule of {op}: the domain of ai.onnx is ""'
        raise PluginError(message, found=repr(domain), hint="leave it out")
    if not _are_domains(needs):
        raise PluginError(
            f"the gradient rule of {title(domain, op)} needs {needs!r}",
            allowed='a set of operator domains beside ai.onnx, such as needs={"com.microsoft"}',
        )

    def make(function: Callable[..., Gradients]) -> Rule:
        return Rule((op,), domain, frozenset(needs), function)

    return make


def decomposition(op: str) -> Callable[[Callable[[Node], list[Value]]], Decomposition]:
    """Make ``function(node) -> outputs`` the decomposition of an operator of ai.onnx."""

    def make(function: Callable[[Node], list[Value]]) -> Decomposition:
        return Decomposition((op,), "", frozenset(), function)

    return make


def flat(*ops: str, reason: str, domain: str = "") -> Flat:
    """Say that no gradient flows through operators, and why."""
    return Flat(ops, domain, frozenset(), reason)


def absent(*ops: str, reason: str) -> Absent:
    """Say that operators of ai.onnx have no gradient although one could be, and why."""
    return Absent(ops, "", frozenset(), reason)


def owner(entry: Entry) -> str:
    """Where an entry was made: the function of a rule, the reason of the others."""
    if isinstance(entry, Rule | Decomposition):
        return f"{entry.function.__module__}.{entry.function.__qualname__}"
    return repr(entry)


def _are_domains(needs: object) -> bool:
    if isinstance(needs, str) or not isinstance(needs, Collection):
        return False
    return all(isinstance(domain, str) and domain not in ("", "ai.onnx") for domain in needs)

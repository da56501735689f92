"""Names of layers: what they are by default, and what a reference to one means."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from declnet.spec.variables import Scope


@dataclass
class Place:
    """A list of layers that is being expanded: the model's own, or that of one block use.

    ``names`` maps a name to the absolute name of what it means; ``later`` are the names that still come; ``blocks``
    are the blocks that are open, outermost first. ``twin`` is the absolute name of the block use whose weights the
    layers here have, where a whole block is shared.
    """

    scope: Scope
    prefix: str = ""
    names: dict[str, str] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    outer: Place | None = None
    freeze: bool | None = None
    blocks: tuple[str, ...] = ()
    twin: str | None = None

    def find(self, name: str) -> str | None:
        """The absolute name of what *name* means here: the own layers first, then what stands around them."""
        return self.names.get(name) or (self.outer.find(name) if self.outer else None)

    def resolve(self, reference: str) -> str | None:
        """The absolute form of ``name`` or ``name.output``; None when it leads nowhere."""
        name, dot, output = reference.partition(".")
        found = self.find(name)
        return f"{found}{dot}{output}" if found else None

    def known(self) -> list[str]:
        return list(dict.fromkeys([*self.names, *(self.outer.known() if self.outer else ())]))

    def coming(self, name: str) -> bool:
        """Whether a layer of this name comes later, here or around."""
        return name in self.later or bool(self.outer and self.outer.coming(name))


def labels(heads: list[dict]) -> list[str]:
    """The local name of each item: its own, or its type and a number that counts the type."""
    taken = {head["name"] for head in heads if isinstance(head.get("name"), str)}
    counts: Counter = Counter()
    result = []
    for head in heads:
        base = next((head[key] for key in ("block", "share", "type") if isinstance(head.get(key), str)), "layer")
        base = base.split("/")[-1].split(".")[-1] or "layer"
        counts[base] += 1
        if isinstance(head.get("name"), str):
            result.append(head["name"])
            continue
        while f"{base}_{counts[base]}" in taken:
            counts[base] += 1
        result.append(f"{base}_{counts[base]}")
    return result

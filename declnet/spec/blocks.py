"""Expand the list of layers: blocks and repeats are unrolled, every layer gets a name and its inputs.

Each use of a block opens a Place of names. What comes out are layers with absolute names (``stage_1/conv_2``) that
take absolute names. A use that is wrong stays in the list as one broken layer: what follows can still be checked.
"""

from __future__ import annotations

from typing import Any

from declnet.errors import Diagnostic
from declnet.schema import UNKNOWN, key_mistakes
from declnet.spec.marks import Array, Mark, Mistakes, Object, items, mark_of
from declnet.spec.names import Place, labels
from declnet.spec.variables import Bound, Scope, Substitution
from declnet.wording import listed, shown

LAYERS = 10_000
NESTING = 16

# The keys that say what an item is; they are evaluated before it is expanded.
HEAD = ("type", "block", "share", "name", "repeat")
USE = ("block", "name", "inputs", "repeat", "freeze")


class Expansion:
    """Expands the layers of one spec.

    ``layers`` becomes the flat list, ``names`` their absolute names, ``broken`` the indices of those with a mistake,
    ``used_blocks`` the blocks that some layer uses.

    Raises:
        TooLarge: there are too many layers, or their values are too many or nested too deeply.
    """

    def __init__(self, document: Object, scope: Scope, substitution: Substitution, mistakes: Mistakes):
        self.substitution, self.mistakes = substitution, mistakes
        blocks, inputs = document.get("blocks"), document.get("inputs")
        self.blocks = blocks if isinstance(blocks, Object) else Object(mark=document.mark)
        inputs = inputs if isinstance(inputs, dict) else Object(mark=document.mark)
        layers = document.get("layers")
        self.layers = Array(mark=mark_of(document, "layers", document.mark))
        self.names: list[str] = []
        self.broken: set[int] = set()
        self.used_blocks: set[str] = set()
        self.visited = 0
        self._origins: dict[str, str] = {}
        self._uses: dict[str, tuple[Object, Scope]] = {}
        self._first = {name: mark_of(inputs, name, document.mark) for name in inputs}
        self.top = Place(scope, names={name: name for name in inputs})
        if isinstance(layers, Array):
            self._expand(layers, self.top, next(iter(inputs)) if len(inputs) == 1 else None)

    def _expand(self, layers: Array, place: Place, entering: str | None) -> str | None:
        """Expand *layers*, the first of which takes *entering*. Returns the name of what leaves the last."""
        heads = [self._head(item, mark_of(layers, i, layers.mark), place) for i, item in items(layers)]
        own = labels(heads)
        place.later = set(own)
        for index, (item, head, label) in enumerate(zip(layers, heads, own)):
            place.later.discard(label)
            entering = self._item(item, mark_of(layers, index, layers.mark), head, label, place, entering)
        return entering

    def _head(self, item: Any, mark: Mark, place: Place) -> dict:
        if not isinstance(item, Object):
            return {}
        head = Object({key: item[key] for key in HEAD if key in item}, mark, item.marks)
        return self.substitution.apply(head, mark, place.scope)[0]

    def _item(self, item: Any, mark: Mark, head: dict, label: str, place: Place, previous: str | None) -> str:
        """Expand one item of a list of layers, repeats included; returns the name of its result."""
        if not isinstance(item, Object):
            return self._append(item, mark, place.prefix + label, broken=True)
        item = Object({key: value for key, value in item.items() if key != "repeat"}, mark, item.marks)
        count = self._count(head, item, mark)
        if count is None:
            return self._one(item, mark, head, label, place, place.scope, previous)
        result = ""
        for index in range(count):
            scope = Scope({"index": Bound(index)}, place.scope)
            part = Object(item, mark, item.marks)
            if index:
                part.pop("inputs", None)
            result = previous = self._one(part, mark, head, f"{label}_{index + 1}", place, scope, previous)
        if label not in place.names:
            place.names[label] = result
        return result

    def _count(self, head: dict, item: Object, mark: Mark) -> int | None:
        """How often an item is repeated; None when it has no (valid) ``repeat``."""
        count, at = head.get("repeat", UNKNOWN), mark_of(item, "repeat", mark)
        if count is UNKNOWN:
            return None
        if type(count) is not int or not 1 <= count <= LAYERS:
            allowed = f"an integer from 1 to {LAYERS}"
            self.mistakes.note("DN1203", at, "this cannot be a number of repeats", found=shown(count), allowed=allowed)
            return None
        if isinstance(item.get("inputs"), list) and len(item["inputs"]) > 1:
            hint = "each repeat takes the result of the one before it; put the layers into a block"
            found = f"{len(item['inputs'])} inputs"
            self.mistakes.note(
                "DN1203", at, "what is repeated takes one input", found=found, allowed="1 input", hint=hint
            )
        return count

    def _one(
        self, item: Object, mark: Mark, head: dict, label: str, place: Place, scope: Scope, previous: str | None
    ) -> str:
        """Expand one occurrence of an item; returns the name of its result."""
        self.visited += 1
        if self.visited > LAYERS:
            raise self.mistakes.too_large(mark, "the spec has too many layers", allowed=f"{LAYERS} layers")
        layer, _ = self.substitution.apply(item, mark, scope)
        name = place.prefix + label
        if not isinstance(layer.get("name", ""), str):
            return self._append(layer, mark, name, broken=True)
        if label in place.names:
            return self._twice(layer, mark, name, label)
        self._first[name] = mark_of(layer, "name", mark)
        inputs, right = self._inputs(layer, mark, place, previous)
        shared = self._shared_use(layer, place) if "share" in head else None
        if "block" in head or shared:
            original, (use, scope) = shared or (place.twin and f"{place.twin}/{label}", (layer, scope))
            result = self._block(use, mark, name, place, scope, inputs, original) if right and inputs else None
            if result is None:
                layer["name"], result = name, self._append(layer, mark, name, broken=True)
            place.names[label] = result
            return result
        if place.twin:
            layer = Object({"share": self._origins[f"{place.twin}/{label}"]}, mark, layer.marks)
        elif "share" in head:
            right = self._share(layer, mark, place) and right
        elif place.freeze is not None:
            layer.setdefault("freeze", place.freeze)
        layer["name"] = name
        if inputs is not None:
            layer["inputs"] = inputs
        place.names[label] = name
        self._origins[name] = layer["share"] if "share" in layer and right else name
        return self._append(layer, mark, name, broken=not right)

    def _twice(self, layer: Object, mark: Mark, name: str, label: str) -> str:
        first = self._first[name].place() if name in self._first else {}
        hint = f"it is used first at {first['line']}:{first['column']}" if "line" in first else "rename one of them"
        at = mark_of(layer, "name", mark)
        self.mistakes.note(
            "DN1302", at, f"the name {label!r} is used twice", found=shown(label), allowed="a new name", hint=hint
        )
        layer["name"] = name
        return self._append(layer, mark, name, broken=True)

    def _inputs(self, layer: Object, mark: Mark, place: Place, previous: str | None) -> tuple[Array | None, bool]:
        """(the absolute references that an item takes, whether all are right)."""
        at = mark_of(layer, "inputs", mark)
        if "inputs" not in layer:
            if previous is not None:
                return Array([previous], at), True
            if self._first:
                message = "this layer must say what it takes: the model has not exactly one input"
                hint = 'name it: "inputs": ["..."]'
                self.mistakes.note("DN1303", mark, message, found="no inputs", allowed=listed(place.known()), hint=hint)
            return None, False
        given = layer["inputs"] if isinstance(layer["inputs"], Array) else Array([layer["inputs"]], at, {0: at})
        if not given or not all(isinstance(reference, str) for reference in given):
            return None, False
        resolved, right = Array(mark=at, marks=dict(given.marks)), True
        for index, reference in enumerate(given):
            found = place.resolve(reference)
            if found is None:
                right = False
                self.unknown(reference, mark_of(given, index, at), place)
            resolved.append(found or reference)
        return resolved, right

    def unknown(self, reference: str, mark: Mark, place: Place) -> None:
        """Note a reference that leads nowhere, or to what comes later."""
        name, known = reference.split(".")[0], place.known()
        if place.coming(name):
            hint = "a layer takes inputs and earlier layers only: move one of them"
            mistake = Diagnostic("DN1301", f"{name!r} is declared later", shown(reference), listed(known), hint)
        else:
            message = f"unknown layer or input {name!r}"
            mistake = Diagnostic.unknown("DN1301", message, name, known, found=shown(reference))
        self.mistakes.add(mistake, mark)

    def _share(self, layer: Object, mark: Mark, place: Place) -> bool:
        """Make ``share`` absolute; says whether it is right."""
        right = True
        for key in [key for key in ("type", "block") if key in layer]:
            right = False
            message = f"{key!r} beside share: a layer that shares weights has the type of the other one"
            hint = "remove this key; beside share stand only name, inputs and repeat"
            self.mistakes.note("DN1203", mark_of(layer, key, mark), message, on_key=True, hint=hint)
            del layer[key]
        target = layer["share"]
        if not isinstance(target, str):
            return False
        found = place.find(target)
        if found not in self._origins:
            known = [name for name in place.known() if place.find(name) in self._origins]
            at, message = mark_of(layer, "share", mark), f"{target!r} is no earlier layer"
            self.mistakes.add(Diagnostic.unknown("DN1203", message, target, known), at)
            return False
        layer["share"] = self._origins[found]
        return right

    def _shared_use(self, layer: Object, place: Place) -> tuple[str, tuple[Object, Scope]] | None:
        """The block use that *layer* shares: its absolute name, and what it says; None where it shares a layer."""
        target = layer["share"]
        for name in (place.prefix + target, target) if isinstance(target, str) else ():
            if name in self._uses and not {"type", "block"} & set(layer):
                return name, self._uses[name]
        return None

    def _block(
        self, use: Object, mark: Mark, name: str, place: Place, scope: Scope, inputs: Array, twin: str | None
    ) -> str | None:
        """Expand a block as *use* says, with the weights of the use *twin*, if any.

        Returns the name of what leaves it, None after a mistake.
        """
        block, at = use["block"], mark_of(use, "block", mark)
        if not isinstance(block, str):
            return None
        if block not in self.blocks:
            self.mistakes.add(Diagnostic.unknown("DN1203", f"unknown block {block!r}", block, self.blocks), at)
            return None
        self.used_blocks.add(block)
        if block in place.blocks or len(place.blocks) >= NESTING:
            chain = " → ".join([*place.blocks[-4:], block])
            allowed = f"blocks within other blocks, {NESTING} deep"
            self.mistakes.note("DN1203", at, "the block contains itself, or is too deep", found=chain, allowed=allowed)
            return None
        if len(inputs) != 1:
            found = f"{len(inputs)} inputs"
            self.mistakes.note(
                "DN1303", mark_of(use, "inputs", mark), "a block takes one input", found=found, allowed="1 input"
            )
            return None
        definition = self.blocks[block]
        layers = definition.get("layers") if isinstance(definition, dict) else None
        if not isinstance(layers, Array) or not layers:
            return None
        bound = {**self._parameters(use, mark, definition), **scope.local("index")}
        freeze = use["freeze"] if isinstance(use.get("freeze"), bool) else place.freeze
        opened = (*place.blocks, block)
        self._uses[name] = use, scope
        scope = Scope(bound, self.top.scope)
        inner = Place(scope, name + "/", {"input": inputs[0]}, set(), place, freeze, opened, twin)
        return self._expand(layers, inner, inputs[0])

    def _parameters(self, use: Object, mark: Mark, definition: Object) -> dict[str, Bound]:
        """The values of a block's parameters in one use of it."""
        declared = definition.get("parameters")
        declared = declared if isinstance(declared, dict) else Object(mark=mark)
        defaults = {key: value for key, value in declared.items() if isinstance(value, dict) and "default" in value}
        given = [key for key in use if key not in USE]
        missing = [key for key in declared if key not in use and key not in defaults]
        for key, mistake in key_mistakes(given, list(declared), missing):
            self.mistakes.add(mistake, mark_of(use, key, mark) if key else mark, on_key=key is not None)
        bound = {}
        for name in declared:
            if name in use:
                bound[name] = Bound(use[name], mark_of(use, name, mark).overridden)
            elif name in defaults:
                at = mark_of(defaults[name], "default", mark)
                value, at = self.substitution.apply(defaults[name]["default"], at, self.top.scope)
                bound[name] = Bound(value, at.overridden)
            else:
                bound[name] = Bound(UNKNOWN)
        return bound

    def _append(self, layer: Any, mark: Mark, name: str, broken: bool) -> str:
        index = len(self.layers)
        if broken:
            self.broken.add(index)
        self.layers.append(layer)
        self.layers.marks[index] = mark
        self.names.append(name)
        return name

"""Checks that no schema can make: references, numbers of inputs, and what is probably a mistake."""

from __future__ import annotations

from typing import Any

from declnet.component import Component
from declnet.errors import Diagnostic
from declnet.plugins import Plugins
from declnet.spec.blocks import Expansion
from declnet.spec.marks import Mark, Mistakes, Object, items, mark_of
from declnet.spec.model import LayerSpec
from declnet.spec.normal import minimized
from declnet.spec.variables import Variables
from declnet.wording import shown

# The keys of a loss that name a layer, an input or a column.
WEIGHTS = {"mask", "sample_weight"}


# What the graphs of training call their own inputs and outputs.
RESERVED = ("loss", "loss_total", "seed", "step", "total_steps")


class Checks:
    """Checks one normalised spec; mistakes go to *mistakes*."""

    def __init__(
        self, tree: Object, layers: list[LayerSpec], expansion: Expansion, plugins: Plugins, mistakes: Mistakes
    ):
        self.tree, self.layers, self.expansion = tree, layers, expansion
        self.mistakes = mistakes
        self.training = tree["training"] if isinstance(tree.get("training"), dict) else {}
        self.parts = minimized(self.training)
        self.losses = [
            (loss, mark_of(part["loss"], index, tree.mark))
            for part in self.parts
            for index, loss in items(part.get("loss"))
            if isinstance(loss, dict)
        ]
        self.by_name = {layer.name: layer for layer in layers}
        self.components = {kind: plugins.components(kind) for kind in ("layer", "loss", "activation")}

    def references(self) -> None:
        """Make what outputs, losses and metrics take absolute, and note what leads nowhere or is missing."""
        told = set()
        for container in self._readers():
            for key, node in items(container):
                if not isinstance(node, dict) or not isinstance(node.get("from"), str):
                    continue
                if container is self.training.get("metrics") and node["from"] in told:
                    continue  # it has this from the first loss, where the mistake is told
                found = self.expansion.top.resolve(node["from"])
                if found:
                    node["from"] = found
                elif node["from"] not in self.by_name:
                    mark = mark_of(node, "from", mark_of(container, key, self.tree.mark))
                    self.expansion.unknown(node["from"], mark, self.expansion.top)
                    told.add(node["from"])
        for loss, mark in self.losses:
            for key in WEIGHTS & loss.keys():
                # What is no layer is a column of the data.
                loss[key] = self.expansion.top.resolve(str(loss[key])) or loss[key]
            component = self._component("loss", loss.get("type"))
            if component and "target" not in loss and component.options["target"]:
                hint = 'name the column that holds the truth: "target": "..."'
                found, allowed = f"a loss {component.type!r} without a target", "a column of the data"
                self.mistakes.note("DN1102", mark, "missing key 'target'", found=found, allowed=allowed, hint=hint)
        self._metric_targets()

    def names(self) -> None:
        """Note names that would mean two things among the inputs and outputs of a graph."""
        held = dict.fromkeys(RESERVED, "declnet's own")
        held |= dict.fromkeys(self.by_name, "a layer's")
        for name, layer in self.by_name.items():
            if name in RESERVED:
                self._taken(name, "layer", "declnet's own", self.mark(self.layers.index(layer)))
        for name, _ in items(self.tree.get("inputs")):
            if name in RESERVED:
                self._taken(name, "input", "declnet's own", mark_of(self.tree["inputs"], name, self.tree.mark))
        for loss, mark in self.losses:
            target = loss.get("target")
            if isinstance(target, str) and target in held:
                self._taken(target, "target", held[target], mark_of(loss, "target", mark))
            for key in sorted(WEIGHTS & loss.keys()):
                if loss[key] in RESERVED:
                    self._taken(loss[key], key, "declnet's own", mark_of(loss, key, mark))
        held = dict.fromkeys(RESERVED, "declnet's own")
        held |= dict.fromkeys((name for name, _ in items(self.tree.get("inputs"))), "an input's")
        for name, output in items(self.tree.get("outputs")):
            probable = isinstance(output, dict) and output.get("as") in ("class", "binary")
            for made in (name, f"{name}_probability") if probable else (name,):
                if made in held:
                    self._taken(made, "output", held[made], mark_of(self.tree["outputs"], name, self.tree.mark))
                held[made] = "another output's"

    def _taken(self, name: str, what: str, owner: str, mark: Mark) -> None:
        message = f"{what} {name!r}: this name is {owner} already"
        self.mistakes.note("DN1302", mark, message, found=shown(name), allowed="a name of its own")

    def _metric_targets(self) -> None:
        """Note metrics that have no target, since the first loss, whose they would take, rightly has no column."""
        loss = self.losses[0][0] if self.losses else {}
        first = self._component("loss", loss.get("type"))
        constant = type(loss.get("target")) in (int, float)
        without = "target" not in loss and first is not None and not first.options["target"]
        if not (constant or without):
            return
        for index, metric in items(self.training.get("metrics")):
            if isinstance(metric, dict) and "target" not in metric:
                mark = mark_of(self.training["metrics"], index, self.tree.mark)
                hint = 'name the column that holds the truth: "target": "..."'
                has = f"a number, {shown(loss['target'])}" if constant else "none"
                found = f"a metric without a target, and a loss {loss.get('type')!r} that has {has}"
                allowed = "a column of the data"
                self.mistakes.note("DN1102", mark, "missing key 'target'", found=found, allowed=allowed, hint=hint)

    def objectives(self) -> None:
        """Note objectives beside a loss of the whole, names used twice, and layers that are none."""
        if "objectives" not in self.training:
            return
        for key in ("loss", "optimizer"):
            if key in self.training:
                hint = f"give each objective its {key}, or remove objectives"
                message = f"{key!r} beside objectives"
                self.mistakes.note(
                    "DN1104", mark_of(self.training, key, self.tree.mark), message, on_key=True, hint=hint
                )
        names, known = set(), self._trainable()
        for part in self.parts[1:]:
            name = part.get("name")
            if isinstance(name, str) and name in names:
                at = mark_of(part, "name", self.tree.mark)
                self.mistakes.note("DN1302", at, f"the name {name!r} is used twice", allowed="a new name")
            names.add(name if isinstance(name, str) else None)
            for index, layer in items(part.get("layers")):
                if isinstance(layer, str) and layer not in known:
                    at, message = mark_of(part["layers"], index, self.tree.mark), f"unknown layer or block {layer!r}"
                    self.mistakes.add(Diagnostic.unknown("DN1301", message, layer, known), at)

    def figures(self) -> None:
        """Note losses of one objective, and metrics, that would be reported under one name."""
        metrics = self.training.get("metrics")
        for container in (*(part.get("loss") for part in self.parts), metrics):
            held = {"loss"} if container is metrics else set()
            for index, node in items(container):
                if not isinstance(node, dict) or not isinstance(node.get("type"), str):
                    continue
                several = "" if container is metrics else f"_{index + 1}"
                name = node.get("name") or node["type"] + several
                if not isinstance(name, str):
                    continue
                if name in held:
                    mark, hint = mark_of(container, index, self.tree.mark), 'give it another: "name": "..."'
                    self.mistakes.note("DN1302", mark, f"two figures would be called {name!r}", hint=hint)
                held.add(name)

    def _trainable(self) -> list[str]:
        """The names of layers and of the uses of blocks around them."""
        parts = [layer.name.split("/") for layer in self.layers]
        return list(dict.fromkeys("/".join(part[: k + 1]) for part in parts for k in range(len(part))))

    def _readers(self) -> tuple:
        """The containers of what takes the result of a layer: outputs, losses, metrics."""
        losses = [part.get("loss") for part in self.parts]
        return (self.tree.get("outputs"), *losses, self.training.get("metrics"))

    def input_counts(self) -> set[int]:
        """Note layers that take too few or too many values; returns their indices."""
        wrong = set()
        for index, layer in enumerate(self.layers):
            component = self._component("layer", layer.type)
            if layer.broken or component is None:
                continue
            least, most = component.inputs
            if len(layer.inputs) < least or (most is not None and len(layer.inputs) > most):
                wrong.add(index)
                allowed = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
                mark = mark_of(self.tree["layers"][index], "inputs", self.mark(index))
                message = f"layer {layer.name!r} ({layer.type}) takes {allowed} input{'' if allowed == '1' else 's'}"
                self.mistakes.note("DN1303", mark, message, found=f"{len(layer.inputs)}", allowed=allowed)
        return wrong

    def _component(self, kind: str, type: Any) -> Component | None:
        return self.components[kind].get(type) if isinstance(type, str) else None

    def mark(self, index: int) -> Mark:
        return mark_of(self.tree["layers"], index, self.tree.mark)

    def warn(self, code: str, mark: Mark, message: str, on_key: bool = False, **facts: Any) -> None:
        self.mistakes.note(code, mark, message, on_key=on_key, severity="warning", **facts)

    def unused(self, variables: Variables) -> None:
        """Warn of results, inputs, variables and blocks that nothing uses."""
        taken = {name.split(".")[0] for layer in self.layers for name in layer.inputs}
        taken |= {layer.share for layer in self.layers if layer.share}
        for container in self._readers():
            taken |= {str(node.get("from")).split(".")[0] for _, node in items(container) if isinstance(node, dict)}
        taken |= {str(loss[key]).split(".")[0] for loss, _ in self.losses for key in WEIGHTS & loss.keys()}
        for index, layer in enumerate(self.layers):
            if layer.name not in taken:
                hint = "let another layer take it, make it an output, or remove it"
                self.warn("DN1501", self.mark(index), f"nothing uses the result of layer {layer.name!r}", hint=hint)
        columns = {str(loss.get("target")) for loss, _ in self.losses}
        self._idle("input", self.tree.get("inputs"), taken | columns)
        self._idle("variable", self.tree.get("variables"), variables.used)
        self._idle("block", self.tree.get("blocks"), self.expansion.used_blocks)

    def _idle(self, kind: str, declared: Any, used: set) -> None:
        for name, _ in items(declared):
            if name not in used:
                mark = mark_of(declared, name, self.tree.mark)
                self.warn("DN1502", mark, f"{kind} {name!r} is not used", on_key=True, hint="use it or remove it")

    def doubtful(self) -> None:
        """Warn of what can be run but is hardly meant."""
        for loss, mark in self.losses:
            self._doubtful_loss(loss, mark)
        stopping, data = self.training.get("early_stopping"), self.tree.get("data")
        split = data.get("split") if isinstance(data, dict) else None
        if isinstance(stopping, dict) and isinstance(split, dict) and split.get("validation") == 0:
            monitor = stopping.get("monitor")
            if isinstance(monitor, str) and monitor.startswith("validation_"):
                outer = mark_of(self.training, "early_stopping", self.tree.mark)
                hint = 'hold rows back: "split": {"validation": 0.1} in data'
                message = f"early stopping watches {monitor!r}, but no rows are held back for validation"
                self.warn("DN1503", mark_of(stopping, "monitor", outer), message, hint=hint)
        for name, output in items(self.tree.get("outputs")):
            if isinstance(output, dict) and "labels" in output and output.get("as") == "value":
                mark = mark_of(output, "labels", self.tree.mark)
                hint = 'add "as": "class"'
                self.warn("DN1502", mark, f"labels have no effect on output {name!r}", on_key=True, hint=hint)

    def _doubtful_loss(self, loss: dict, mark: Mark) -> None:
        """A loss that expects logits must not be handed what an activation has made into probabilities."""
        component = self._component("loss", loss.get("type"))
        expected = component.options["expects"] if component else None
        layer = self.by_name.get(str(loss.get("from")))
        definition = self._component("layer", layer.type) if layer else None
        if not component or not expected or not layer or not definition:
            return
        reference = "#/$defs/activation"
        keys = [key for key, schema in definition.properties.items() if schema.get("$ref") == reference]
        choice = layer.properties.get(keys[0]) if len(keys) == 1 else None
        activation = self._component("activation", choice.get("type")) if isinstance(choice, dict) else None
        yields = activation.options["yields"] if activation else None
        if activation and yields and yields != expected:
            at = mark_of(self.tree["layers"][self.layers.index(layer)], keys[0], mark)
            message = f"loss {component.type!r} expects {expected}, but {activation.type!r} gives {yields}"
            self.warn(
                "DN1503", at, message, hint=f"remove the activation of layer {layer.name!r}; the loss applies its own"
            )

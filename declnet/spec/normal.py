"""Bring an expanded spec into normal form: one spelling for everything, defaults that depend on other keys, paths."""

from __future__ import annotations

import functools
import operator
from pathlib import Path
from typing import Any

from declnet.plugins import Plugins
from declnet.schema import paths
from declnet.spec.include import inside, note_outside
from declnet.spec.marks import Array, Mistakes, Object, items, locate, mark_of


def spell(tree: Object) -> None:
    """Give what may be written in two ways its long form, in place: outputs that are names, a single loss."""
    for name, output in items(tree.get("outputs")):
        if isinstance(output, str):
            mark = mark_of(tree["outputs"], name, tree.mark)
            tree["outputs"][name] = Object({"from": output}, mark, {"from": mark})
    for part in minimized(tree.get("training")):
        if isinstance(part.get("loss"), dict | str):
            mark = mark_of(part, "loss", tree.mark)
            part["loss"] = Array([part["loss"]], mark, {0: mark})


def minimized(training: Any) -> list[dict]:
    """The objects of a section "training" that have losses: its objectives, or itself."""
    if not isinstance(training, dict):
        return []
    return [training, *(each for _, each in items(training.get("objectives")) if isinstance(each, dict))]


def complete(tree: Object, last: str | None) -> None:
    """Fill in, in place, the defaults that other keys decide; *last* is the name of the last layer.

    Outputs: the last layer. A loss takes the last layer; a metric takes what the first loss takes, and its target
    if that is a column; the split takes the seed of the training, and ``"stratify": true`` likewise the target of the
    first loss; a number of rows is an integer.
    """
    if "outputs" not in tree and last:
        tree["outputs"] = {"output": {"from": last, "as": "value"}}
    training: Any = tree.get("training") if isinstance(tree.get("training"), dict) else {}
    parts = minimized(training)
    losses = [loss for part in parts for _, loss in items(part.get("loss")) if isinstance(loss, dict)]
    for loss in losses:
        if last:
            loss.setdefault("from", last)
    for _, metric in items(training.get("metrics")):
        if isinstance(metric, dict) and losses:
            for key in ("from", "target"):
                if isinstance(losses[0].get(key), str):
                    metric.setdefault(key, losses[0][key])
    split = tree.get("data", {}).get("split") if isinstance(tree.get("data"), dict) else None
    if isinstance(split, dict):
        for part in ("validation", "test"):
            if isinstance(split.get(part), float) and split[part] >= 1 and split[part].is_integer():
                split[part] = int(split[part])
        if split.get("seed") is None:
            split["seed"] = training.get("seed", 0)
        if split.get("stratify") is True and losses and isinstance(losses[0].get("target"), str):
            split["stratify"] = losses[0]["target"]


def resolve_paths(tree: Object, folder: Path, trusted: bool, plugins: Plugins, mistakes: Mistakes) -> None:
    """Make every path absolute, in place; only whoever runs the command may lead out of the spec's folder.

    A path below *folder* is allowed; so is any that an override gives, in itself or by a variable, and any path when
    the spec is *trusted*.
    """
    for path in paths(tree, plugins):
        node = functools.reduce(operator.getitem, path[:-1], tree)
        mark, own = locate(tree, path)
        value = node[path[-1]]
        found = inside(folder, folder, value)
        if found is None and (trusted or (own and mark.overridden)):
            found = _absolute(folder, value)
        if found is None:
            hint = "to use it all the same, give it from outside: --set variables.NAME=PATH and ${NAME} here"
            note_outside(mistakes, mark, value, folder, hint)
        else:
            node[path[-1]] = str(found)


def _absolute(folder: Path, value: str) -> Path | None:
    try:
        return (folder / value).resolve()
    except (OSError, ValueError, RuntimeError):
        return None

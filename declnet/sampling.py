"""Draw from a generative model: an output that depends on random numbers, for as many rows as are wanted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from declnet import backend
from declnet.data import Column, conform
from declnet.errors import DataError, RunError
from declnet.lowering import lower_layers
from declnet.spec import Spec


def sample(
    spec: Spec,
    model: onnx.ModelProto,
    count: int,
    *,
    seed: int = 0,
    output: str | None = None,
    given: Mapping[str, np.ndarray] | None = None,
    device: str = "cpu",
) -> np.ndarray:
    """*count* rows of an output of *model*, the inference model of *spec*.

    Inputs whose values the output does not read, only their number of rows, are filled with zeros. An input of class
    numbers takes each class in turn.

    Args:
        seed: what all random numbers are a function of, from 0 to 2**31 - 1.
        output: its name; by default the only one that is random.
        given: columns of *count* rows for the inputs that the output reads.

    Raises:
        RunError: no output, or several, could be meant; or *count* or *seed* is out of range.
        DataError: an input is read, and it is neither given nor a class number; or it does not fit; or nothing of what
            is given is read.
    """
    for name, number, least, most in (("count", count, 1, None), ("seed", seed, 0, 2**31 - 1)):
        if number < least or number > (most or number):
            allowed = f"{least} to {most}" if most else f"{least} or more"
            raise RunError(f"{name} is out of range", found=str(number), allowed=allowed)
    output = _chosen(model, output)
    read = _reads(model, output)
    if given and not set(given) & read:
        raise DataError(
            f"nothing that was given is read by the output {output!r}",
            found=", ".join(given),
            allowed=", ".join(sorted(read - {"seed"})) or "nothing: it reads no input",
        )
    columns: dict[str, np.ndarray] = {}
    for column in lower_layers(spec, training=False).tensors.features.values():
        if given and column.name in given:
            columns |= conform(given, [column], "rows to sample for")
        elif column.name not in read:
            sizes = [size if isinstance(size, int) else 1 for size in column.shape]
            columns[column.name] = np.zeros((count, *sizes), column.dtype)
        else:
            columns[column.name] = _classes(column, count, output)
        if len(columns[column.name]) != count:
            found = f"{len(columns[column.name])} rows"
            raise DataError(f"input {column.name!r} has another number of rows", found=found, allowed=f"{count}")
    session = backend.session(model.SerializeToString(), backend.device(device))
    taken = {each.name for each in session.get_inputs()}
    feed = {name: values for name, values in columns.items() if name in taken}
    (drawn,) = session.run([output], {**feed, "seed": np.array(seed)})
    return drawn


def _chosen(model: onnx.ModelProto, name: str | None) -> str:
    """The output that is meant."""
    random = [each.name for each in model.graph.output if "seed" in _reads(model, each.name)]
    if name in random or (name is None and len(random) == 1):
        return name or random[0]
    hint = 'let the output depend on a layer "noise", or on "sampling" with "when": "always"'
    raise RunError(
        "which output to sample is not clear" if random and name is None else "there is no such thing to sample",
        found=f"output {name!r}" if name else f"random outputs: {', '.join(random) or 'none'}",
        allowed=", ".join(random) or "an output that depends on random numbers",
        hint="name one with --output" if random else hint,
    )


def _reads(model: onnx.ModelProto, output: str) -> set[str]:
    """The inputs whose values *output* depends on; a shape is none."""
    makers = {name: node for node in model.graph.node for name in node.output}
    reached, ahead = set(), [output]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            node = makers.get(name)
            ahead += node.input if node and node.op_type != "Shape" else []
    return reached & {each.name for each in model.graph.input}


def _classes(column: Column, count: int, output: str) -> np.ndarray:
    """Each class in turn."""
    if column.shape or column.below is None:
        raise DataError(
            f"output {output!r} depends on the input {column.name!r}",
            allowed=f"rows for {column.name!r}",
            hint="give them with -i FILE",
        )
    return (column.least + np.arange(count) % (column.below - column.least)).astype(column.dtype)

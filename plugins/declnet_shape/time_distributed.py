"""Time distributed."""

from collections.abc import Mapping
from typing import Any

from declnet import DeclnetError, Net, Value, layer

# Keys of a layer that have a meaning in the list of layers only; freeze is filled in.
OUTSIDE = ("name", "inputs", "repeat", "share", "block")


@layer("time_distributed.schema.json")
def time_distributed(net: Net, x: Value, *, layer: Mapping[str, Any]) -> Value:
    """Apply a layer to each step of a sequence, with the same weights: (N, steps, ...) to (N, steps, ...).

    The steps are counted as further samples while the layer runs, so a convolution sees (N * steps, channels, ...). A
    dense layer maps the last axis of any input and does not need this.
    """
    refused = [key for key in OUTSIDE if key in layer] + ["freeze"] * bool(layer.get("freeze"))
    if refused or "type" not in layer:
        raise net.error(
            f'the key {refused[0]!r} belongs beside "layer"' if refused else "the layer has no type",
            property="layer",
            allowed="the type of a layer and its properties",
        )
    if len(x.shape) < 3:
        raise net.error("time_distributed needs steps", code="DN1401", allowed="(N, steps, features), ...")
    inner = list(x.shape)[2:]
    if not all(isinstance(size, int) for size in inner):
        raise net.error("time_distributed needs sizes, after the steps, that are known")
    properties = {key: value for key, value in layer.items() if key not in ("type", "freeze")}
    try:
        y = net.layer(layer["type"], net.Reshape(x, [-1, *inner]), **properties)
    except DeclnetError as error:
        # What the inner layer says of its property stands below ours.
        if hasattr(error, "property"):
            error.property = "/".join(filter(None, ["layer", error.property]))
        raise
    if isinstance(y, dict):
        raise net.error(f"{layer['type']} has several outputs", property="layer", allowed="a layer with one output")
    sizes = list(y.shape)[1:]
    if all(isinstance(size, int) for size in sizes):
        return net.Reshape(y, net.Concat(net.Shape(x, end=2), net.constant(sizes, "int64"), axis=0))
    return net.Reshape(y, net.Concat(net.Shape(x, end=2), net.Shape(y, start=1), axis=0))

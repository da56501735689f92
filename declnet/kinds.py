"""The kinds of components, each declared here and nowhere else.

From what a kind says come its decorator ``declnet.<name>``, its hook ``declnet_<plural>``, its place in the schema of
specs and in the documentation. Its ``keys``, what declnet itself reads from its objects in a spec, are described in
``schemas/``, as ``<name>.keys``. A kind that lacks something is refused as soon as this module is imported.
"""

from __future__ import annotations

from collections.abc import Mapping

import declnet
from declnet.component import Kind, Option
from declnet.errors import PluginError

SCORES = ("logits", "probabilities", "log_probabilities")

layer = Kind(
    name="layer",
    plural="layers",
    arguments=("net",),
    inputs=True,
    returns="that lower to ONNX operators",
    examples=("dense", "embedding"),
    written='{{"type": "{}"}} among the layers',
    keys=("type", "name", "inputs", "share", "repeat", "freeze", "block"),
    shorthands=(),
)

activation = Kind(
    name="activation",
    plural="activations",
    arguments=("net", "x"),
    returns="from a value to one of the same shape",
    examples=("relu", "elu"),
    written='"activation": "{}"',
    options={"yields": Option("what the values are, for the losses that expect something else", SCORES)},
)

loss = Kind(
    name="loss",
    plural="losses",
    arguments=("net", "prediction"),
    returns="to values (N, ...), whose mean training makes small",
    examples=("mean_squared_error",),
    written='"loss": "{}" in training',
    keys=("type", "name", "from", "target", "weight", "mask", "sample_weight"),
    options={
        "target": Option("whether it compares with a target", (True, False), default=True),
        "expects": Option("what the prediction must be, where an activation can spoil it", SCORES),
    },
)

optimizer = Kind(
    name="optimizer",
    plural="optimizers",
    arguments=("net", "parameter", "gradient"),
    returns="to the new parameter",
    examples=("sgd", "adam"),
    written='"optimizer": "{}" in training',
)

schedule = Kind(
    name="schedule",
    plural="schedules",
    arguments=("net", "step"),
    returns="to a learning rate, a scalar in the graph",
    examples=("exponential", "cosine"),
    written='"learning_rate": {{"type": "{}"}} in an optimizer',
    shorthands=("string", "number"),
)

initializer = Kind(
    name="initializer",
    plural="initializers",
    arguments=("random", "shape", "fans"),
    returns="to a numpy array",
    examples=("glorot_uniform", "zeros"),
    written='"kernel_initializer": "{}" in a layer',
)

regularizer = Kind(
    name="regularizer",
    plural="regularizers",
    arguments=("net", "weight"),
    returns="to a scalar that is added to the loss",
    examples=("l1", "l2"),
    written='"kernel_regularizer": "{}" in a layer',
    shorthands=("string", "null"),
)

constraint = Kind(
    name="constraint",
    plural="constraints",
    arguments=("net", "weight"),
    returns="to the nearest weight that keeps a condition",
    examples=("max_norm", "non_negative"),
    written='"kernel_constraint": "{}" in a layer',
    shorthands=("string", "null"),
)

metric = Kind(
    name="metric",
    plural="metrics",
    arguments=("prediction", "target"),
    returns="of numpy arrays to a float",
    examples=("accuracy",),
    written='"metrics": ["{}"] in training',
    keys=("type", "name", "from", "target"),
    options={"better": Option("which way early stopping and the best epoch go", ("higher", "lower"), required=True)},
)

source = Kind(
    name="source",
    plural="sources",
    arguments=("folder",),
    returns="to a ``declnet.Table`` of numpy arrays",
    examples=("csv", "npz"),
    written='"source": {{"type": "{}"}} in data',
)

exporter = Kind(
    name="exporter",
    plural="exporters",
    arguments=("model", "path"),
    returns="that write an inference model to a file",
    examples=("onnx",),
    written="the exporter {}",
)

observer = Kind(
    name="observer",
    plural="observers",
    arguments=("folder",),
    returns="to a ``declnet.Observer`` of one training; *folder* is that of the run, None for a run in memory",
    examples=("time_limit",),
    written='"observers": ["{}"] in training',
)


def named(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """*kinds*, once each stands under its own name, by which ``declnet`` offers it.

    Raises:
        PluginError: one does not.
    """
    for name, kind in kinds.items():
        if name != kind.name:
            raise PluginError(f"kind {kind.name!r} stands under the name {name!r}", allowed=repr(kind.name))
        if name not in declnet.__all__:
            hint = "add it to the public names of declnet"
            raise PluginError(f"kind {name!r} has no public decorator declnet.{name}", hint=hint)
    return dict(kinds)


KINDS = named({name: kind for name, kind in list(globals().items()) if isinstance(kind, Kind)})

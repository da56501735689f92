"""The oldest layers against PyTorch's: dense, convolutions, pools, batch normalization, activations, shapes."""

import pytest

SHAPES_OF_CONV = {1: (2, 4, 9), 2: (2, 4, 9, 8), 3: (2, 4, 5, 6, 7)}


def dense(t, f, x, w):
    return f.linear(x[0], w["kernel"].T, w["bias"])


@pytest.mark.parametrize("shape", [(3, 5), (3, 2, 4, 5)])
def test_dense(assert_as_pytorch, shape):
    """Over the last axis, whatever stands before it."""
    assert_as_pytorch("dense", {"units": 4}, [shape], {"kernel": (5, 4), "bias": (4,)}, dense)


@pytest.mark.parametrize("how", [{}, {"stride": 2, "padding": 1}, {"dilation": 2}, {"groups": 2}], ids=str)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_conv(assert_as_pytorch, axes, how):
    """On one, two and three axes."""
    weights = {"kernel": (6, 4 // how.get("groups", 1), *[3] * axes), "bias": (6,)}

    def reference(t, f, x, w):
        return getattr(f, f"conv{axes}d")(x[0], w["kernel"], w["bias"], **how)

    assert_as_pytorch("conv", {"filters": 6, "kernel": 3, **how}, [SHAPES_OF_CONV[axes]], weights, reference)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_depthwise_conv(assert_as_pytorch, axes):
    """A convolution with one group for each channel."""
    weights = {"kernel": (8, 1, *[3] * axes), "bias": (8,)}

    def reference(t, f, x, w):
        return getattr(f, f"conv{axes}d")(x[0], w["kernel"], w["bias"], stride=2, padding=1, groups=4)

    properties = {"kernel": 3, "multiplier": 2, "stride": 2, "padding": 1}
    assert_as_pytorch("depthwise_conv", properties, [SHAPES_OF_CONV[axes]], weights, reference)


@pytest.mark.parametrize(
    "properties, how",
    [
        ({"size": 2}, {"kernel_size": 2}),
        ({"size": 3, "stride": 2, "padding": 1}, {"kernel_size": 3, "stride": 2, "padding": 1}),
    ],
)
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pools(assert_as_pytorch, kind, axes, properties, how):
    """Padding takes no part in a mean, as in Keras; in PyTorch it does unless told otherwise."""
    how = how if kind == "max" else how | {"count_include_pad": False}

    def reference(t, f, x, w):
        return getattr(f, f"{kind}_pool{axes}d")(x[0], **how)

    assert_as_pytorch(f"{kind}_pool", properties, [SHAPES_OF_CONV[axes]], {}, reference)


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_global_pools(assert_as_pytorch, kind, axes, keep_dims):
    """One number for each channel."""

    def reference(t, f, x, w):
        y = getattr(f, f"adaptive_{kind}_pool{axes}d")(x[0], 1)
        return y if keep_dims else y.flatten(1)

    assert_as_pytorch(f"global_{kind}_pool", {"keep_dims": keep_dims}, [SHAPES_OF_CONV[axes]], {}, reference)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 5), (6, 4, 3, 5), (6, 4, 2, 3, 2)])
def test_batch_norm(assert_as_pytorch, shape, training):
    """By the statistics of the batch while training, by the running ones, here 0 and 1, when served."""

    def reference(t, f, x, w):
        mean, variance = t.zeros(4, dtype=t.float64), t.ones(4, dtype=t.float64)
        return f.batch_norm(x[0], mean, variance, w["scale"], w["bias"], training=training, eps=0.01)

    weights = {"scale": (4,), "bias": (4,)}
    assert_as_pytorch("batch_norm", {"epsilon": 0.01}, [shape], weights, reference, training=training)


@pytest.mark.parametrize(
    "function, reference",
    [
        ("relu", lambda f, x: f.relu(x)),
        ("relu6", lambda f, x: f.relu6(x)),
        ({"type": "leaky_relu", "alpha": 0.2}, lambda f, x: f.leaky_relu(x, 0.2)),
        ({"type": "thresholded_relu", "alpha": 0.5}, lambda f, x: f.threshold(x, 0.5, 0.0)),
        ({"type": "elu", "alpha": 1.5}, lambda f, x: f.elu(x, 1.5)),
        ({"type": "celu", "alpha": 1.5}, lambda f, x: f.celu(x, 1.5)),
        ("selu", lambda f, x: f.selu(x)),
        ("gelu", lambda f, x: f.gelu(x)),
        ({"type": "gelu", "approximate": "tanh"}, lambda f, x: f.gelu(x, approximate="tanh")),
        ("sigmoid", lambda f, x: f.sigmoid(x)),
        ("log_sigmoid", lambda f, x: f.logsigmoid(x)),
        ({"type": "hard_sigmoid", "alpha": 1 / 6}, lambda f, x: f.hardsigmoid(x)),
        ("tanh", lambda f, x: f.tanh(x)),
        ("hard_tanh", lambda f, x: f.hardtanh(x)),
        ("silu", lambda f, x: f.silu(x)),
        ({"type": "swish", "alpha": 1.5}, lambda f, x: x * f.sigmoid(1.5 * x)),
        ("hard_swish", lambda f, x: f.hardswish(x)),
        ("mish", lambda f, x: f.mish(x)),
        ("softplus", lambda f, x: f.softplus(x)),
        ("softsign", lambda f, x: f.softsign(x)),
        ({"type": "shrink", "lambd": 0.3}, lambda f, x: f.hardshrink(x, 0.3)),
        ({"type": "shrink", "lambd": 0.3, "bias": 0.3}, lambda f, x: f.softshrink(x, 0.3)),
        ("exp", lambda f, x: x.exp()),
        ("softmax", lambda f, x: f.softmax(x, -1)),
        ({"type": "softmax", "axis": 1}, lambda f, x: f.softmax(x, 1)),
        ("log_softmax", lambda f, x: f.log_softmax(x, -1)),
    ],
    ids=str,
)
def test_activations(assert_as_pytorch, function, reference):
    """Each with PyTorch's numbers where its own differ."""
    assert_as_pytorch("activation", {"function": function}, [(3, 4, 5)], {}, lambda t, f, x, w: reference(f, x[0]))


@pytest.mark.parametrize("per_channel, slopes", [(True, (4, 1)), (False, (1,))])
def test_prelu(assert_as_pytorch, per_channel, slopes):
    """A slope for each channel, or one for all."""

    def reference(t, f, x, w):
        return f.prelu(x[0], w["slope"].flatten())

    assert_as_pytorch("prelu", {"per_channel": per_channel}, [(3, 4, 5)], {"slope": slopes}, reference)


@pytest.mark.parametrize(
    "layer, properties, count, reference",
    [
        ("flatten", {}, 1, lambda t, x: x.flatten(1)),
        ("reshape", {"shape": [5, 4]}, 1, lambda t, x: x.reshape(3, 5, 4)),
        ("permute", {"axes": [2, 1]}, 1, lambda t, x: x.permute(0, 2, 1)),
        ("slice", {"axis": 1, "start": 1, "end": 4, "step": 2}, 1, lambda t, x: x[:, 1:4:2]),
        ("expand_dims", {"axis": 1}, 1, lambda t, x: x.unsqueeze(1)),
        ("rescale", {"factor": 0.5, "offset": 2}, 1, lambda t, x: 0.5 * x + 2),
        ("concat", {"axis": -1}, 2, lambda t, x, y: t.cat([x, y], -1)),
        ("add", {}, 3, lambda t, x, y, z: x + y + z),
        ("subtract", {}, 2, lambda t, x, y: x - y),
        ("multiply", {}, 3, lambda t, x, y, z: x * y * z),
        ("average", {}, 3, lambda t, x, y, z: (x + y + z) / 3),
        ("maximum", {}, 2, lambda t, x, y: t.maximum(x, y)),
        ("minimum", {}, 2, lambda t, x, y: t.minimum(x, y)),
    ],
    ids=str,
)
def test_shapes_and_sums(assert_as_pytorch, layer, properties, count, reference):
    """Layers without weights, on values (3, 4, 5)."""
    assert_as_pytorch(layer, properties, [(3, 4, 5)] * count, {}, lambda t, f, x, w: reference(t, *x))


def test_squeeze(assert_as_pytorch):
    """Axes of size 1 are left out."""
    assert_as_pytorch("squeeze", {"axes": [2]}, [(3, 4, 1)], {}, lambda t, f, x, w: x[0].squeeze(2))


def test_repeat_vector(assert_as_pytorch):
    """The same vector at every step."""
    assert_as_pytorch("repeat_vector", {"times": 4}, [(3, 5)], {}, lambda t, f, x, w: x[0].unsqueeze(1).expand(3, 4, 5))

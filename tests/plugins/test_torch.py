"""Layers against PyTorch's, with the same weights: outputs and gradients.

PyTorch works in float64 here. A case gives a declnet layer, what PyTorch computes from inputs and weights by name, the
shapes of both, and the properties.
"""

import pytest

CASES = {}


def case(name, layer, properties, inputs, **weights):
    """Register the decorated function of (torch, functional, inputs, weights) as the reference of a layer."""

    def register(reference):
        CASES[name] = (layer, properties, inputs, weights, reference)
        return reference

    return register


def transposed(dimensions, **how):
    def reference(t, f, x, w):
        return getattr(f, f"conv_transpose{dimensions}d")(x[0], w["kernel"], w["bias"], **how)

    return reference


case("conv_transpose", "conv_transpose", {"filters": 4, "kernel": 3}, [(2, 3, 6)], kernel=(3, 4, 3), bias=(4,))(
    transposed(1)
)
case(
    "conv_transpose with a stride",
    "conv_transpose",
    {"filters": 4, "kernel": [3, 2], "stride": 2, "padding": [1, 0], "output_padding": 1},
    [(2, 3, 4, 5)],
    kernel=(3, 4, 3, 2),
    bias=(4,),
)(transposed(2, stride=2, padding=(1, 0), output_padding=1))
case(
    "conv_transpose with groups and dilation",
    "conv_transpose",
    {"filters": 4, "kernel": 3, "groups": 2, "dilation": 2},
    [(2, 6, 4, 5)],
    kernel=(6, 2, 3, 3),
    bias=(4,),
)(transposed(2, groups=2, dilation=2))
case(
    "conv_transpose on three axes",
    "conv_transpose",
    {"filters": 2, "kernel": 2, "stride": 2},
    [(2, 3, 2, 3, 2)],
    kernel=(3, 2, 2, 2, 2),
    bias=(2,),
)(transposed(3, stride=2))


@case(
    "separable_conv",
    "separable_conv",
    {"filters": 5, "kernel": 3, "multiplier": 2, "stride": 2, "padding": 1},
    [(2, 3, 7, 6)],
    **{"depthwise/kernel": (6, 1, 3, 3), "pointwise/kernel": (5, 6, 1, 1), "pointwise/bias": (5,)},
)
def separable(t, f, x, w):
    y = f.conv2d(x[0], w["depthwise/kernel"], None, stride=2, padding=1, groups=3)
    return f.conv2d(y, w["pointwise/kernel"], w["pointwise/bias"])


for size, mode, torch_mode, shape in [
    (2, "nearest", "nearest", (2, 3, 5)),
    ([2, 3], "nearest", "nearest", (2, 3, 4, 5)),
    (2, "linear", "linear", (2, 3, 5)),
    ([2, 3], "linear", "bilinear", (2, 3, 4, 5)),
    (2, "linear", "trilinear", (2, 2, 3, 2, 2)),
]:

    @case(f"up_sample {torch_mode} {shape}", "up_sample", {"size": size, "interpolation": mode}, [shape])
    def up_sample(t, f, x, w, size=size, mode=torch_mode):
        how = {} if mode == "nearest" else {"align_corners": False}
        return f.interpolate(x[0], scale_factor=size, mode=mode, **how)


case("resize", "resize", {"size": [5, 7]}, [(2, 3, 6, 4)])(
    lambda t, f, x, w: f.interpolate(x[0], size=(5, 7), mode="bilinear", align_corners=False)
)
case("resize to nearest", "resize", {"size": [5, 7], "interpolation": "nearest"}, [(2, 3, 6, 4)])(
    lambda t, f, x, w: f.interpolate(x[0], size=(5, 7), mode="nearest-exact")
)
case("zero_pad", "zero_pad", {"padding": [1, 0, 2, 3]}, [(2, 3, 4, 5)])(
    lambda t, f, x, w: f.pad(x[0], (0, 3, 1, 2)),
)
case("crop", "crop", {"cropping": [1, 0, 2, 3]}, [(2, 3, 5, 6)])(lambda t, f, x, w: f.pad(x[0], (0, -3, -1, -2)))
case("depth_to_space", "depth_to_space", {"block_size": 2, "mode": "CRD"}, [(2, 12, 3, 2)])(
    lambda t, f, x, w: f.pixel_shuffle(x[0], 2)
)
case("space_to_depth", "space_to_depth", {"block_size": 2, "mode": "CRD"}, [(2, 3, 4, 6)])(
    lambda t, f, x, w: f.pixel_unshuffle(x[0], 2)
)
case("lp_pool", "lp_pool", {"size": 3, "stride": 2}, [(2, 3, 7, 6)])(lambda t, f, x, w: f.lp_pool2d(x[0], 2, 3, 2))

for size, shape in [
    (1, (2, 3, 5)),
    (2, (2, 3, 6)),
    ([2, 3], (2, 3, 5, 7)),
    ([3, 4], (2, 3, 7, 4)),
    (2, (2, 2, 3, 4, 5)),
]:
    for kind in ("avg", "max"):

        @case(f"adaptive_{kind}_pool {shape}", f"adaptive_{kind}_pool", {"size": size}, [shape])
        def adaptive(t, f, x, w, kind=kind, size=size):
            return getattr(f, f"adaptive_{kind}_pool{x[0].ndim - 2}d")(x[0], size)


@case("layer_norm", "layer_norm", {"epsilon": 1e-3}, [(3, 4, 5)], scale=(5,), bias=(5,))
def layer_norm(t, f, x, w):
    return f.layer_norm(x[0], (5,), w["scale"], w["bias"], 1e-3)


@case("layer_norm of samples", "layer_norm", {"axis": 1, "epsilon": 1e-5}, [(3, 4, 5)], scale=(4, 5), bias=(4, 5))
def layer_norm_of_samples(t, f, x, w):
    return f.layer_norm(x[0], (4, 5), w["scale"], w["bias"], 1e-5)


@case("layer_norm without weights", "layer_norm", {"center": False, "scale": False}, [(3, 6)])
def layer_norm_alone(t, f, x, w):
    return f.layer_norm(x[0], (6,), None, None, 1e-3)


@case("rms_norm", "rms_norm", {"epsilon": 1e-4}, [(3, 4, 5)], scale=(5,))
def rms_norm(t, f, x, w):
    return f.rms_norm(x[0], (5,), w["scale"], 1e-4)


for shape in [(3, 6), (3, 6, 4), (3, 6, 4, 2)]:

    @case(f"group_norm {shape}", "group_norm", {"groups": 3}, [shape], scale=(6,), bias=(6,))
    def group_norm(t, f, x, w):
        return f.group_norm(x[0], 3, w["scale"], w["bias"], 1e-3)


for shape in [(3, 4, 5), (3, 4, 5, 2), (2, 4, 3, 2, 2)]:

    @case(f"instance_norm {shape}", "instance_norm", {}, [shape], scale=(4,), bias=(4,))
    def instance_norm(t, f, x, w):
        return f.instance_norm(x[0], None, None, w["scale"], w["bias"], True, 0.0, 1e-3)


@case("local_response_norm", "local_response_norm", {"size": 5, "alpha": 0.5, "bias": 2}, [(2, 7, 3, 2)])
def local_response_norm(t, f, x, w):
    return f.local_response_norm(x[0], 5, alpha=0.5, beta=0.75, k=2.0)


@case("unit_norm", "unit_norm", {}, [(3, 4, 5)])
def unit_norm(t, f, x, w):
    return f.normalize(x[0], dim=-1)


@case("maxout", "maxout", {"units": 4, "pieces": 3}, [(3, 5)], kernel=(5, 12), bias=(12,))
def maxout(t, f, x, w):
    return (x[0] @ w["kernel"] + w["bias"]).reshape(3, 4, 3).amax(-1)


@case("bilinear", "bilinear", {"units": 4}, [(3, 2, 5), (3, 2, 6)], kernel=(5, 6, 4), bias=(4,))
def bilinear(t, f, x, w):
    return f.bilinear(x[0], x[1], w["kernel"].permute(2, 0, 1), w["bias"])


@case("cosine", "dot", {"normalize": True}, [(3, 5), (3, 5)])
def cosine(t, f, x, w):
    return f.cosine_similarity(x[0], x[1]).unsqueeze(1)


@case("dot", "dot", {"axes": [1, 2]}, [(3, 4, 2), (3, 5, 4)])
def dot(t, f, x, w):
    return t.einsum("nka,nbk->nab", x[0], x[1])


for operation in ("mean", "sum", "product", "l1", "l2", "log_sum_exp"):

    @case(f"reduce {operation}", "reduce", {"operation": operation, "axes": [1]}, [(3, 4, 2)])
    def reduce(t, f, x, w, operation=operation):
        return {
            "mean": lambda: x[0].mean(1),
            "sum": lambda: x[0].sum(1),
            "product": lambda: x[0].prod(1),
            "l1": lambda: x[0].abs().sum(1),
            "l2": lambda: x[0].norm(dim=1),
            "log_sum_exp": lambda: x[0].logsumexp(1),
        }[operation]()


@case(
    "time_distributed",
    "time_distributed",
    {"layer": {"type": "conv", "filters": 4, "kernel": 2}},
    [(2, 3, 2, 4, 5)],
    **{"conv/kernel": (4, 2, 2, 2), "conv/bias": (4,)},
)
def time_distributed(t, f, x, w):
    return t.stack([f.conv2d(frame, w["conv/kernel"], w["conv/bias"]) for frame in x[0].unbind(1)], 1)


@pytest.mark.parametrize("name", CASES)
def test_as_pytorch(assert_as_pytorch, name):
    """Outputs and all gradients agree to 1e-4."""
    assert_as_pytorch(*CASES[name])

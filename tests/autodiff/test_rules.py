"""The table of gradient rules: each row is one configuration of an operator, held against differences in float64."""

import math
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import onnx
import pytest

from declnet.autodiff import BUILT_IN
from declnet.autodiff.registry import Decomposition, Rule
from declnet.target import STANDARD, TRAINING, Costs
from declnet.testing import check_gradient

_random = np.random.default_rng(7)


def normal(*shape):
    """Values whose differences are well above the step of the reference."""
    return _random.normal(size=shape).astype(np.float32)


def distinct(*shape):
    """Values 0.1 apart, in random order: no ties, and no maximum changes within a step."""
    count = int(np.prod(shape))
    return ((_random.permutation(count) - count / 2 + 0.3) * 0.1).reshape(shape).astype(np.float32)


def positive(*shape):
    return _random.uniform(0.5, 2.0, size=shape).astype(np.float32)


def within(low, high, *shape):
    return _random.uniform(low, high, size=shape).astype(np.float32)


erf = np.vectorize(math.erf)


def of(function):
    """A reference from a function of the inputs to the one output."""
    return lambda arrays: [function(*(np.asarray(x, float) for x in arrays))]


def dequantize(arrays):
    x, scale, *zero = (np.asarray(array, float) for array in arrays if array is not None)
    return [(x - (zero[0] if zero else 0)) * (scale[:, None] if scale.ndim else scale)]


def celu(x, alpha=1.0):
    return np.maximum(x, 0) + np.minimum(alpha * np.expm1(x / alpha), 0)


def gelu(x):
    return x * (1 + erf(x / math.sqrt(2))) / 2


def shrink(x, threshold=0.5, bias=0.0):
    return np.where(np.abs(x) > threshold, x - np.sign(x) * bias, 0)


def hard_sigmoid(x, alpha=0.2, beta=0.5):
    return np.clip(alpha * x + beta, 0, 1)


def lp_norm(x, p):
    return np.sum(np.abs(x) ** p, axis=(2, 3), keepdims=True) ** (1 / p)


def layer_norm(x, scale, bias):
    mean, inverse = x.mean(-1, keepdims=True), 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return [(x - mean) * inverse * scale + bias, mean, inverse]


def lrn(x, size, alpha, beta, bias):
    half = size // 2
    near = [x[:, max(c - half, 0) : c + half + 1] for c in range(x.shape[1])]
    squares = np.stack([np.sum(part**2, axis=1) for part in near], axis=1)
    return x / (bias + alpha / size * squares) ** beta


@dataclass
class Row:
    """One call of ``check_gradient``; ``fused``: also in the form for training builds."""

    op: str
    inputs: list
    attributes: dict = field(default_factory=dict)
    how: dict = field(default_factory=dict)
    fused: bool = False


def row(op, *inputs, how=None, fused=False, **attributes):
    return Row(op, list(inputs), attributes, how or {}, fused)


def shaped(*shapes, **how):
    """The declared shapes of the first inputs."""
    return {"shapes": dict(enumerate(shapes)), **how}


X = normal(2, 3, 4)
SIGNED = np.array([[-2.7, -1.2, -0.3, 0.2], [0.7, 1.6, 2.4, 5.5]], np.float32)

ARITHMETIC = [
    row("Identity", X),
    row("Cast", X, to=onnx.TensorProto.FLOAT16, how={"forward": of(np.copy), "tolerance": 3e-3}),
    row("CastLike", X, np.zeros(1, np.float16), how={"wrt": [0], "forward": of(lambda x, _: x)}),
    *(row(op, normal(2, 3), positive(2, 3)) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum")),
    *(row(op, normal(2, 3), positive(3)) for op in ("Add", "Sub", "Mul", "Div")),
    *(row(op, normal(2, 1, 3), positive(4, 1)) for op in ("Add", "Mul", "Div", "Max")),
    row("Mul", normal(3), normal(2, 3), how=shaped(["M"], ["N", "M"])),
    row("Add", normal(1, 3), normal(2, 3), how=shaped(["A", 3], ["B", 3])),
    row("Mul", normal(1, 3), normal(2, 3), how=shaped([None, None], [None, None])),
    row("Mul", normal(3), normal(2, 3), how=shaped([None], [None, None])),
    row("Sub", np.float32(2.5), normal(2, 3)),
    row("Mod", positive(2, 3) * 5, positive(3), fmod=1),
    row("Neg", X),
    *(
        row("DequantizeLinear", np.array([[3, -7], [40, 2]], np.int8), scale, zero, axis=0, how={"forward": dequantize})
        for scale, zero in ((np.float32(0.1), np.int8(3)), (positive(2), None))
    ),
    row("Reciprocal", positive(2, 3)),
    row("Abs", SIGNED),
    row("Sqrt", positive(2, 3)),
    row("Exp", X),
    row("Log", positive(2, 3)),
    *(row("Pow", positive(2, 3), np.float32(p), how={"wrt": [0]}) for p in (0, 0.5, 1, 2, 3, -1.5)),
    row("Pow", SIGNED, np.int64(3), how={"wrt": [0]}),
    row("Pow", positive(2, 3), normal(3)),
    row("Pow", SIGNED, np.array([2, 3, 4, 2], np.int64), how={"wrt": [0]}),
    row("Max", distinct(2, 3), distinct(2, 3) + 0.04, distinct(3) + 0.07),
    row("Min", distinct(2, 3), distinct(2, 3) + 0.04, distinct(3) + 0.07),
    row("Range", np.float32(0.5), np.float32(3.2), np.float32(0.7)),
    row("Max", X),
    row("Sum", X),
    row("Sum", normal(2, 3), normal(3), normal(2, 1)),
    row("Mean", normal(2, 3), normal(3), normal(2, 1)),
    row("Clip", SIGNED, np.float32(-1), np.float32(2)),
    row("Clip", SIGNED, None, np.float32(2)),
    row("Clip", SIGNED, np.float32(-1), how=shaped(["N", 4])),
    row("Clip", SIGNED),
    row("Where", np.array([[True], [False]]), normal(2, 3), normal(3)),
    row("Where", np.array([True, False, True]), normal(2, 3), np.float32(1), how=shaped([3], ["N", 3], [])),
]

FUNCTIONS = [
    *(row(op, SIGNED) for op in ("Sin", "Cos", "Atan", "Sinh", "Cosh", "Tanh", "Asinh")),
    *(row(op, within(-0.8, 0.8, 2, 3)) for op in ("Asin", "Acos", "Atanh", "Tan")),
    row("Acosh", within(1.5, 3, 2, 3)),
    row("Erf", SIGNED, how={"forward": of(erf)}),
]

ACTIVATIONS = [
    *(
        row(op, SIGNED)
        for op in ("Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "HardSwish", "Softplus", "Softsign", "Mish")
    ),
    row("ThresholdedRelu", SIGNED),
    row("Celu", SIGNED, how={"forward": of(celu)}),
    row("HardSigmoid", SIGNED, how={"forward": of(hard_sigmoid)}),
    row("Shrink", SIGNED, how={"forward": of(shrink)}),
    row("Gelu", SIGNED, how={"forward": of(gelu)}),
    row("Gelu", SIGNED, approximate="tanh"),
    row("LeakyRelu", SIGNED, alpha=-0.2),
    row("Elu", SIGNED, alpha=0.6),
    row("Celu", SIGNED, alpha=2.0, how={"forward": of(lambda x: celu(x, 2.0))}),
    row("Selu", SIGNED, alpha=1.2, gamma=0.9),
    row("HardSigmoid", SIGNED, alpha=0.3, beta=0.4, how={"forward": of(lambda x: hard_sigmoid(x, 0.3, 0.4))}),
    row("ThresholdedRelu", SIGNED, alpha=-0.5),
    row("Shrink", SIGNED, lambd=1.0, bias=0.3, how={"forward": of(lambda x: shrink(x, 1.0, 0.3))}),
    row("PRelu", SIGNED, positive(4)),
    row("PRelu", distinct(2, 3, 4), positive(3, 1), how=shaped(["N", 3, 4])),
    *(row(op, X, axis=axis) for op in ("Softmax", "LogSoftmax") for axis in (0, 1, -1)),
]

REDUCTIONS = [
    *(
        row(f"Reduce{op}", distinct(2, 3, 4) + 3, axes, keepdims=keepdims)
        for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp")
        for axes, keepdims in (([1], 1), ([0, -1], 0), (None, 0))
    ),
    *(
        row(f"Reduce{op}", distinct(2, 3, 4), [0, 2], keepdims=0, how=shaped(["N", 3, 4]))
        for op in ("Sum", "Mean", "Max", "LogSumExp")
    ),
    row("ReduceMean", X, how=shaped(["N", "M", 4]), keepdims=0),
    row("ReduceMean", X, [1], how={"fed": [1]}),
    *(row(op, X, [1], how={"fed": [1]}, keepdims=0) for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2")),
    row("ReduceSum", X, np.array([], np.int64), noop_with_empty_axes=1),
    row("ReduceProd", np.array([[0, 2, 3], [0, 0, 4], [1, 2, 3]], np.float32), [1], how={"order": 1}),
    row("ReduceL1", SIGNED, [1]),
    *(row("CumSum", X, np.int64(1), exclusive=e, reverse=r) for e in (0, 1) for r in (0, 1)),
]

LINEAR = [
    *(
        row("MatMul", normal(*a), normal(*b))
        for a, b in (
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((2, 2, 3), (3, 4)),
            ((2, 2, 3), (2, 3, 4)),
            ((2, 1, 2, 3), (2, 3, 2)),
            ((3,), (2, 3, 4)),
            ((2, 2, 3), (3,)),
            ((2, 3), (2, 3, 2)),
        )
    ),
    row("MatMul", normal(2, 3), normal(3, 4), how=shaped(["N", 3])),
    row("MatMul", normal(2, 5, 3), normal(3, 4), how=shaped(["N", "T", 3])),
    row("MatMul", normal(2, 5, 3), normal(2, 3, 4), how=shaped(["N", "T", 3], ["N", 3, 4])),
    *(
        row(
            "Gemm", normal(*((3, 2) if a else (2, 3))), normal(*((4, 3) if b else (3, 4))), c, transA=a, transB=b, **how
        )
        for a in (0, 1)
        for b in (0, 1)
        for c, how in ((None, {}), (normal(4), {"alpha": 0.5, "beta": 2.0}))
    ),
    row("Gemm", normal(2, 3), normal(3, 4), normal(2, 1)),
    row("Gemm", normal(2, 3), normal(3, 4), np.float32(1)),
    row("Gemm", normal(2, 3), normal(3, 4), normal(4), how=shaped(["N", 3])),
]

EINSUM = [
    *(
        row("Einsum", *(normal(*shape) for shape in shapes), equation=equation)
        for equation, shapes in (
            ("ij,jk->ik", [(2, 3), (3, 4)]),
            ("ij,jk", [(2, 3), (3, 4)]),
            ("bij,bjk->bik", [(2, 3, 2), (2, 2, 3)]),
            ("...ij,...jk->...ik", [(2, 2, 3), (1, 3, 4)]),
            ("...i,...i", [(2, 3), (2, 3)]),
            ("ij->j", [(2, 3)]),
            ("ij->", [(2, 3)]),
            ("ij->ji", [(2, 3)]),
            ("ii->i", [(3, 3)]),
            ("i,j->ij", [(2,), (3,)]),
            ("ij,kj,kl->il", [(2, 3), (4, 3), (4, 2)]),
            ("bhid,bhjd->bhij", [(1, 2, 3, 2), (1, 2, 3, 2)]),
        )
    ),
    row("Einsum", normal(2, 3, 2), normal(2, 3), equation="bij,jk->bik", how=shaped(["N", "T", 2])),
]

SHAPES = [
    row("Compress", X, np.array([True, False, True]), axis=1),
    row("Compress", X, np.array([True, False, True, True])),
    row("ReverseSequence", normal(4, 3, 2), np.array([2, 4, 1])),
    row("ReverseSequence", normal(3, 4), np.array([2, 4, 1]), batch_axis=0, time_axis=1),
    row("Reshape", X, [4, 6]),
    row("Reshape", X, [0, -1], how=shaped(["N", 3, 4])),
    row("Flatten", X, axis=2),
    row("Flatten", X, how=shaped(["N", 3, 4])),
    row("Squeeze", normal(2, 1, 3, 1), [1, -1]),
    row("Squeeze", normal(2, 1, 3, 1)),
    row("Unsqueeze", X, [0, -1]),
    row("Transpose", X),
    row("Transpose", X, perm=[1, 2, 0]),
    row("Expand", normal(3, 1), [2, 3, 4]),
    row("Expand", normal(1, 3), [2, 3], how=shaped([None, 3], fed=[1])),
    row("Tile", normal(2, 3), [2, 3]),
    row("Tile", normal(2, 3), [1, 2], how=shaped(["N", 3])),
    row("Concat", normal(2, 1), normal(2, 3), axis=1),
    row("Concat", normal(2, 3), normal(1, 3), axis=-2, how=shaped(["N", 3], ["M", 3])),
    row("Concat", X, axis=0),
    row("Split", X, [1, 3], axis=2, how={"outputs": 2}),
    row("Split", X, [1, 1, 2], axis=2, how={"outputs": 3, "loss_of": [1]}),
    row("Split", X, axis=1, num_outputs=3, how={"outputs": 3, "loss_of": [0, 2]}),
    row("Slice", X, [1, 0], [3, 2], [1, 2]),
    row("Slice", X, [-2], [1000], [-1]),
    row("Slice", X, [3], [-100], [2], [-2]),
    row("Slice", X, [0], [4], [2], [2]),
    row("Slice", X, [0, 0, 0], [2, 2, 2]),
    row("Slice", X, [1], [3], [2], how=shaped(["N", 3, 4])),
    row("Slice", X, [1], [2], [0], how=shaped(["N", 3, 4])),
    row("Slice", X, [1], [3], [2], how={"fed": [1, 2]}),
    row("Pad", X, [0, 1, 2, 1, 0, 1]),
    row("Pad", X, [1, 2], np.float32(1.5), [1]),
    row("Pad", X, [0, -1, 2, 0, 0, -2]),
    *(row("Pad", X, [0, 1, 2, 0, 1, 1], mode=mode) for mode in ("reflect", "edge", "wrap")),
    row("Pad", X, [0, 1, 1, 0, 0, 1], how=shaped(["N", 3, 4])),
    row("DepthToSpace", normal(1, 8, 2, 3), blocksize=2),
    row("DepthToSpace", normal(2, 8, 2, 3), blocksize=2, mode="CRD", how=shaped(["N", 8, 2, 3])),
    row("SpaceToDepth", normal(1, 2, 4, 6), blocksize=2),
    row("Trilu", X, upper=0),
    row("Trilu", X, np.int64(1)),
]

INDEXING = [
    row("Gather", normal(5, 3), np.array([0, 3, 3, -1])),
    row("Gather", normal(300, 2), np.array([0, 299, -1, 7, 7])),
    row("Gather", normal(5, 3), np.array([[0, 3], [3, 1]]), axis=1 - 1),
    row("Gather", normal(2, 5, 3), np.array([[0, 3], [3, 1]]), axis=1, how=shaped(["N", 5, 3])),
    row("Gather", normal(2, 5), np.int64(2), axis=-1),
    row("Gather", normal(5), np.array([4, 0, 4])),
    row("Gather", normal(5, 3), np.array([[0, 3], [3, 1]]), how={"shapes": {1: ["N", "T"]}, "fed": [1]}),
    row("GatherElements", normal(3, 3), np.array([[0, 2, 2], [1, 1, 0]])),
    row("GatherElements", normal(2, 4), np.array([[0, 3, 3], [1, -1, 0]]), axis=1),
    row("GatherND", normal(2, 3, 4), np.array([[0, 1], [1, 2], [0, 1]])),
    row("GatherND", normal(2, 3, 4), np.array([[1], [2]]), batch_dims=1),
    row("ScatterElements", normal(3, 3), np.array([[1, 0, 2]]), normal(1, 3)),
    row("ScatterElements", normal(2, 4), np.array([[0, 2], [3, 1]]), normal(2, 2), axis=1),
    row("ScatterElements", normal(3, 3), np.array([[1, 0, 2], [1, 2, 2]]), normal(2, 3), reduction="add"),
    row("ScatterElements", positive(3, 3), np.array([[1, 0, 2], [1, 2, 2]]), positive(2, 3), reduction="mul"),
    *(
        row("ScatterElements", distinct(3, 3), np.array([[1, 0, 2], [1, 2, 2]]), distinct(2, 3) + 0.04, reduction=r)
        for r in ("max", "min")
    ),
    row("ScatterND", normal(4, 2), np.array([[1], [3]]), normal(2, 2)),
    row("ScatterND", normal(4, 2), np.array([[1], [3], [1]]), normal(3, 2), reduction="add"),
    row("ScatterND", positive(4, 2), np.array([[1], [3]]), positive(2, 2), reduction="mul"),
    row("ScatterND", distinct(4, 2), np.array([[1], [3]]), distinct(2, 2) + 0.04, reduction="max"),
    row("Unique", distinct(2, 3)),
    row("Unique", distinct(4, 2), axis=0, how={"outputs": 4}),
    row("OneHot", np.array([0, 2, 1]), np.int64(4), normal(2)),
    row("OneHot", np.array([[0, 2], [1, 1]]), np.int64(3), normal(2), axis=1),
    row("TopK", distinct(3, 5), [2], how={"outputs": 2}),
    row("TopK", distinct(3, 5), [2], axis=0, largest=0, how={"outputs": 2}),
]

# A second derivative would need a kernel as large as the image, which must then be of a known size.
ANY_SIZE = shaped(["N", 2, "H", "W"], order=1)
CONVOLUTION = [
    row("Conv", normal(2, 3, 7), normal(4, 3, 3), normal(4)),
    row("Conv", normal(2, 2, 8), normal(4, 2, 3), strides=[3], pads=[2, 1], dilations=[2]),
    row("Conv", normal(2, 3, 5, 5), normal(4, 3, 3, 3), normal(4), pads=[1, 1, 1, 1], how=shaped(["N", 3, 5, 5])),
    row("Conv", normal(2, 3, 6, 5), normal(4, 3, 3, 2), strides=[2, 2], pads=[1, 0, 1, 1], how=shaped(["N", 3, 6, 5])),
    row("Conv", normal(2, 3, 6, 7), normal(4, 3, 2, 2), strides=[3, 3], how=shaped(["N", 3, 6, 7])),
    row("Conv", normal(1, 2, 6, 5), normal(2, 2, 3, 2), strides=[2, 2], pads=[1, 0, 1, 1], how=ANY_SIZE),
    row("Conv", normal(1, 2, 5, 5), normal(2, 2, 3, 3), normal(2), pads=[1] * 4, how=shaped([None] * 4, order=1)),
    row("Conv", normal(2, 4, 5, 5), normal(6, 2, 3, 3), group=2, how=shaped(["N", 4, 5, 5])),
    row("Conv", normal(2, 3, 5, 5), normal(6, 1, 3, 3), group=3, pads=[1, 1, 1, 1], how=shaped(["N", 3, 5, 5])),
    row("Conv", normal(1, 2, 4, 4, 4), normal(2, 2, 2, 2, 2), strides=[2, 1, 2], pads=[0, 1, 0, 0, 0, 1]),
    row("Conv", normal(2, 3, 4, 4), normal(2, 3, 1, 1)),
    *(
        row("Conv", normal(1, 2, 6, 5), normal(2, 2, 3, 2), strides=[2, 1], auto_pad=mode, how=shaped(["N", 2, 6, 5]))
        for mode in ("SAME_UPPER", "SAME_LOWER", "VALID")
    ),
    row("Conv", normal(1, 2, 6, 5), normal(2, 2, 3, 3), auto_pad="SAME_LOWER", how=ANY_SIZE),
    *(
        row("ConvTranspose", normal(2, 3, 4, 3), normal(3, 2, 3, 2), normal(2), how=shaped(["N", 3, 4, 3]), **how)
        for how in (
            {},
            {"strides": [2, 3], "pads": [1, 0, 1, 1], "output_padding": [1, 0]},
            {"dilations": [2, 2]},
            {"strides": [2, 2], "output_shape": [8, 6]},
            {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
            {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
        )
    ),
    row("ConvTranspose", normal(2, 4, 3, 3), normal(4, 3, 3, 3), group=2),
    row("Col2Im", normal(2, 8, 4), [3, 3], [2, 2], how={"wrt": [0]}),
    row(
        "Col2Im",
        normal(1, 4, 12),
        [5, 5],
        [2, 2],
        pads=[1, 0, 0, 1],
        strides=[2, 1],
        dilations=[1, 2],
        how={"wrt": [0]},
    ),
    row("ConvTranspose", normal(2, 2, 5), normal(2, 3, 4), strides=[3], pads=[1, 2], output_padding=[2]),
    row("ConvTranspose", normal(1, 2, 2, 2, 2), normal(2, 1, 2, 2, 2), strides=[2, 2, 2]),
    row(
        "ConvTranspose", normal(2, 3, 4, 3), normal(3, 2, 3, 2), strides=[2, 2], how=shaped(["N", 3, "H", "W"], order=1)
    ),
]

# Of those without groups, the target says that all is wide; all of them also in the form with fused kernels.
WIDE_CONVOLUTIONS = [
    row(
        "Conv",
        normal(2, 32, 4, 4),
        normal(32, 32, 3, 3),
        normal(32),
        pads=[1] * 4,
        how=shaped(["N", 32, 4, 4]),
    ),
    row("Conv", normal(2, 32, 5, 5), normal(32, 32, 2, 2), strides=[2, 2], how=shaped(["N", 32, 5, 5])),
    row("Conv", normal(2, 32, 5, 5), normal(32, 32, 2, 2), dilations=[2, 1], how=shaped(["N", 32, 5, 5])),
    row(
        "Conv",
        normal(2, 32, 4, 4),
        normal(32, 1, 3, 3),
        group=32,
        pads=[1] * 4,
        how=shaped(["N", 32, 4, 4]),
    ),
    row("Conv", normal(1, 32, 5, 5), normal(32, 32, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    row("Conv", normal(2, 32, 3, 3), normal(32, 32, 1, 1), how=shaped(["N", 32, 3, 3])),
    row("Conv", normal(1, 64, 3), normal(64, 32, 2), group=2),
    row("Conv", normal(1, 32, 3, 3), normal(32, 32, 2, 2), pads=[3, 3, 0, 0]),
]

POOLING = [
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], how=shaped(["N", 2, 6, 6])),
    row("MaxPool", distinct(2, 2, 7, 6), kernel_shape=[2, 3], strides=[2, 3], how=shaped(["N", 2, 7, 6])),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, how=shaped(["N", 2, 6, 6])),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[2, 2], dilations=[2, 1]),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER"),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], storage_order=1),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[3, 3], how=shaped(["N", 2, "H", "W"])),
    row("MaxPool", distinct(2, 2, 6), kernel_shape=[2], strides=[2]),
    row("MaxPool", distinct(1, 2, 4, 4, 4), kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
    row("MaxPool", distinct(2, 2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], how={"outputs": 2}),
    row("MaxUnpool", normal(1, 1, 2, 2), np.array([[[[5, 7], [13, 15]]]]), kernel_shape=[2, 2], strides=[2, 2]),
    row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], how=shaped(["N", 2, 6, 6])),
    row("AveragePool", normal(2, 2, 7, 7), kernel_shape=[2, 3], strides=[2, 3], how=shaped(["N", 2, 7, 7])),
    row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], how=shaped(["N", 2, "H", "W"])),
    *(
        row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[3, 3], count_include_pad=include, how=shape, **how)
        for include in (0, 1)
        for shape in (shaped(["N", 2, 6, 6]), shaped(["N", "C", "H", "W"]))
        for how in ({}, {"strides": [2, 2], "pads": [1] * 4}, {"strides": [2, 1], "pads": [1, 0, 0, 1]})
    ),
    row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[2, 2], dilations=[2, 2]),
    row("AveragePool", normal(2, 2, 6, 6), kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    row("AveragePool", normal(2, 2, 7), kernel_shape=[3], strides=[2], pads=[1, 1]),
    row("AveragePool", normal(1, 2, 4, 4, 4), kernel_shape=[2, 2, 2], strides=[1, 2, 1]),
    *(row("LpPool", positive(2, 2, 6, 6), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, p=p) for p in (1, 2, 3)),
    *(row("GlobalLpPool", positive(2, 2, 3, 3), p=p, how={"forward": of(partial(lp_norm, p=p))}) for p in (1, 2, 3)),
    *(row(f"Global{op}Pool", distinct(2, 3, 4, 4), how=shaped(["N", 3, 4, 4])) for op in ("Average", "Max")),
    row("GlobalAveragePool", normal(2, 3, 4), how=shaped(["N", 3, "T"])),
    row("Resize", normal(1, 2, 3, 3), None, np.float32([1, 1, 2, 3]), mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor", how={"wrt": [0]}),
    *(
        row("Resize", normal(2, 2, 3, 4), None, np.float32([1, 1, 2, 1.5]), mode=mode,
            how=shaped(["N", 2, 3, 4], wrt=[0]))
        for mode in ("nearest", "linear", "cubic")
    ),
    *(
        row("Resize", normal(1, 2, 4, 4), None, None, [1, 2, 7, 3], mode="linear",
            coordinate_transformation_mode=how, how={"wrt": [0]})
        for how in ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel")
    ),
]  # fmt: skip

NORMALIZATION = [
    *(row("AffineGrid", normal(2, 2, 3), [2, 1, 3, 4], align_corners=align) for align in (0, 1)),
    row("AffineGrid", normal(1, 3, 4), [1, 1, 2, 3, 2]),
    *(
        row("BatchNormalization", x, positive(3), normal(3), normal(3), positive(3), how=how, fused=True, **attributes)
        for x, how in ((normal(4, 3), {}), (normal(2, 3, 2, 2), shaped(["N", 3, 2, 2])))
        for attributes in ({}, {"epsilon": 0.1})
    ),
    *(
        row("BatchNormalization", x, positive(3), normal(3), normal(3), positive(3), how={**how, "outputs": 3, **loss},
            training_mode=1, momentum=momentum, fused=True)
        for x, how in ((normal(4, 3), {}), (normal(2, 3, 2, 2), shaped(["N", 3, 2, 2])))
        for momentum in (0.0, 0.8)
        for loss in ({"loss_of": [0]}, {}, {"loss_of": [2]})
    ),
    row("LayerNormalization", normal(2, 3, 4), positive(4), normal(4), how=shaped(["N", 3, 4])),
    row("LayerNormalization", normal(2, 3, 4), positive(3, 4), axis=1),
    row("LayerNormalization", normal(2, 4), positive(4), normal(4),
        how={"outputs": 3, "forward": lambda arrays: layer_norm(*arrays)}),
    row("InstanceNormalization", normal(2, 3, 4, 2), positive(3), normal(3), how=shaped(["N", 3, 4, 2])),
    row("LpNormalization", normal(2, 4), p=2),
    row("LpNormalization", normal(2, 3, 4), p=1, axis=1),
    *(
        row("LRN", normal(2, 5, 2, 2), **how, how=shaped(["N", 5, 2, 2], forward=of(partial(lrn, **how))))
        for how in (
            {"size": 3, "alpha": 0.4, "beta": 0.6, "bias": 1.2},
            {"size": 5, "alpha": 0.9, "beta": 0.75, "bias": 2.0},
        )
    ),
    row("Dropout", X),
    row("Dropout", X, np.float32(0.3), np.array(False), how={"wrt": [0], "outputs": 2}),
    row("Dropout", normal(40, 3), np.float32(0.3), np.array(True), seed=3, how={"wrt": [0]}),
    row("Dropout", normal(40, 3), np.float32(0.3), np.array(True), seed=3, how={"wrt": [0], "fed": [1, 2]}),
    row("Dropout", normal(40, 3), None, np.array(True), seed=3, how={"wrt": [0], "outputs": 2}),
]  # fmt: skip

TRANSFORMS = [
    row("Det", normal(2, 3, 3)),
    row("DFT", normal(2, 5, 1), None, np.int64(1)),
    row("DFT", normal(2, 5, 1), None, np.int64(1), onesided=1),
    row("DFT", normal(2, 5, 2), None, np.int64(1), inverse=1),
    row("DFT", normal(2, 5, 2), np.int64(7), np.int64(1)),
    row("STFT", normal(1, 16, 1), np.int64(4), normal(6), np.int64(6), onesided=0),
    *(
        row(
            "GridSample",
            normal(1, 2, 3, 4),
            within(-0.9, 0.9, 1, 2, 2, 2),
            mode=mode,
            padding_mode=padding,
            how={"order": 1},
        )
        for mode in ("linear", "nearest", "cubic")
        for padding in ("zeros", "border", "reflection")
    ),
]

LABELS = np.array([2, 0, 1, 2])
PIXELS = np.array([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
LOSSES = [
    *(
        row(op, normal(*shape), labels, weight, reduction=reduction, how=how, **ignore)
        for op in ("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
        for reduction in ("mean", "sum", "none")
        for shape, labels, weight, ignore, how in (
            ((4, 3), LABELS, None, {}, shaped(["N", 3], ["N"], fed=[1])),
            ((4, 3), LABELS, positive(3), {"ignore_index": 1}, {}),
            ((2, 3, 2, 2), PIXELS, positive(3), {}, {}),
            ((4, 3), np.array([2, -5, 1, -5]), None, {"ignore_index": -5}, {}),
        )
    ),
    row("SoftmaxCrossEntropyLoss", normal(4, 3), LABELS, how={"outputs": 2}),
    row("SoftmaxCrossEntropyLoss", normal(2, 3, 2, 2), PIXELS, how={"outputs": 2, "loss_of": [1]}),
]

# A grid that is between the pixels, some of it outside the image.
GRID = within(-1.4, 1.4, 2, 3, 2, 2)
SAMPLING = [
    *(
        row("GridSample", normal(2, 2, 4, 5), GRID, mode=mode, padding_mode=padding, align_corners=align,
            how={"wrt": [0] if mode == "nearest" else None, "order": 1})
        for mode in ("nearest", "linear", "cubic")
        for padding in ("zeros", "border", "reflection")
        for align in (0, 1)
    ),
    row("GridSample", normal(2, 2, 3, 4), GRID, how=shaped(["N", 2, "H", "W"])),
    row("GridSample", normal(1, 2, 3, 4, 5), within(-1.2, 1.2, 1, 2, 2, 2, 3), how={"opset": 22, "order": 1}),
    row("AffineGrid", normal(2, 2, 3), [2, 3, 3, 4], align_corners=1),
    row("AffineGrid", normal(2, 3, 4), [2, 3, 2, 3, 4]),
    *(
        row("RoiAlign", normal(2, 2, 5, 6), np.float32([[1, 2, 7.1, 8.3], [-3.2, 0, 4, 20]]), np.array([1, 0]),
            output_height=2, output_width=3, sampling_ratio=2, spatial_scale=0.5, coordinate_transformation_mode=mode,
            how={"wrt": [0]})
        for mode in ("half_pixel", "output_half_pixel")
    ),
    *(
        row("DeformConv", normal(2, 4, 4, 5), normal(6, 2, 2, 2), within(-1, 1, 2, 16, 3, 4), *rest, group=2,
            offset_group=2, **windows, how={"opset": 22, "order": 1})
        for rest, windows in (
            ((), {}),
            ((normal(6), positive(2, 8, 3, 4)), {"strides": [2, 1], "pads": [1, 0, 1, 1], "dilations": [1, 2]}),
        )
    ),
]  # fmt: skip

SPECTRAL = [
    *(
        row("DFT", normal(2, 6, 3, parts), length, np.int64(1), onesided=onesided, inverse=inverse, how={"wrt": [0]})
        for length in (None, np.int64(4), np.int64(9))
        for parts, onesided, inverse in ((1, 0, 0), (2, 0, 0), (2, 0, 1), (1, 1, 0))
    ),
    row("DFT", normal(2, 6, 2)),
    *(
        row("DFT", normal(2, 4, 2), length, onesided=1, inverse=1, how={"wrt": [0], "opset": 22})
        for length in (None, np.int64(7))
    ),
    row("STFT", normal(2, 16, 1), np.int64(3), positive(8), np.int64(8), onesided=1, how={"wrt": [0, 2]}),
    row("STFT", normal(2, 16, 1), np.int64(3), None, np.int64(8), onesided=1, how={"wrt": [0]}),
    # onnxruntime 1.19 computes something else for a complex signal.
    row("STFT", normal(2, 16, 2), np.int64(4), positive(8), onesided=0, how={"wrt": [0, 2], "opset": 22}),
]

NEWER = [
    *(row("Det", normal(*shape)) for shape in ((3, 3), (2, 2, 2), (4, 1, 1))),
    row("Det", np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], np.float32)),
    *(
        row("CumProd", np.array([[1.2, 0, -0.7, 2], [0.4, 1.5, 0.3, -1]], np.float32), np.int64(1), exclusive=e,
            reverse=r, how={"opset": 26})
        for e in (0, 1)
        for r in (0, 1)
    ),
    *(
        row("TensorScatter", normal(2, 5, 3), normal(2, 2, 3), where, mode=mode, how={"opset": 24})
        for where, mode in ((None, "linear"), (np.array([1, 3]), "linear"), (np.array([1, 4]), "circular"))
    ),
]  # fmt: skip

ROWS = [
    *(ARITHMETIC + FUNCTIONS + ACTIVATIONS + REDUCTIONS + LINEAR + EINSUM + SHAPES + INDEXING),
    *(CONVOLUTION + POOLING + NORMALIZATION + TRANSFORMS + LOSSES),
    *(SAMPLING + SPECTRAL + NEWER),
]


def _name(case):
    if not isinstance(case, Row):
        return None
    shapes = "x".join(str(list(np.shape(value))) for value in case.inputs if value is not None)
    return f"{case.op}-{shapes}-{'-'.join(f'{k}={v}' for k, v in case.attributes.items())}".replace(" ", "")


@pytest.mark.parametrize("case", ROWS, ids=_name)
def test_rule(case, opset_of_runtime):
    """The gradient and the second derivative are those of the forward pass."""
    if case.how.get("opset", 21) > opset_of_runtime:
        pytest.skip("this onnxruntime does not read the opset")
    check_gradient(case.op, case.inputs, case.attributes, **case.how)


@pytest.mark.parametrize("case", WIDE_CONVOLUTIONS, ids=_name)
def test_rule_for_wide_convolutions(case):
    """So are those of the forms for windows that see much."""
    target = replace(STANDARD, costs=Costs(wide=0))
    check_gradient(case.op, case.inputs, case.attributes, **{**case.how, "order": 1, "target": target})


@pytest.mark.parametrize("case", CONVOLUTION + POOLING, ids=_name)
def test_rule_for_the_web(case):
    """So are those that do without what browsers lack."""
    check_gradient(case.op, case.inputs, case.attributes, **{**case.how, "order": 1, "target": "web"})


@pytest.mark.training_build
@pytest.mark.parametrize("case", [case for case in ROWS if case.fused] + WIDE_CONVOLUTIONS, ids=_name)
def test_fused_form(case):
    """The forms with fused kernels give the same gradients."""
    target = replace(TRAINING, costs=Costs(wide=0))
    check_gradient(case.op, case.inputs, case.attributes, **{**case.how, "order": 1, "target": target})


def test_every_rule_has_a_row():
    """No row, no rule. Loops and recurrent operators have tests of their own; onnx's node tests hold the newest."""
    tested = {case.op for case in ROWS} | {"If", "Loop", "Scan", "RNN", "GRU", "LSTM"}
    tested |= {"CumProd", "DeformConv", "TensorScatter"}
    held = {
        op for (_, op), entries in BUILT_IN.entries.items() if any(isinstance(e, Rule | Decomposition) for e in entries)
    }

    assert set() == held - tested

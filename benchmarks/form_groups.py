"""What forms.py races: for each group its forms, functions of a graph and its inputs, and the shapes of the inputs."""

import functools
import itertools
import math

import numpy as np

from declnet.lowering.random import Random

BATCH = 64
LENET = [[6, 1, 5, 5], [6], [16, 6, 5, 5], [16], [400, 256], [256], [256, 128], [128], [128, 10], [10]]
NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
TWO = {"kernel_shape": [2, 2], "strides": [2, 2]}


def max_pools() -> dict:
    """Maximum over 2x2 windows, forward and backward, at LeNet-5's two places."""
    forms = {
        "MaxPool with Indices, MaxUnpool": _unpool,
        "Equal, ranked: the first of equal ones": _ranked,
        "Equal, shared among equal ones": _shared,
        "SpaceToDepth, Equal, DepthToSpace": _blocks,
    }
    return {
        f"max pool 2x2 of (64, {c}, {n}, {n}), forward and backward": (
            forms,
            {"x": [BATCH, c, n, n], "dy": [BATCH, c, n // 2, n // 2]},
        )
        for c, n in ((6, 28), (16, 10))
    }


def _repeat(g, values):
    return g.Resize(values, None, np.float32([1, 1, 2, 2]), **NEAREST)


def _where_equal(g, a, b):
    return g.Cast(g.Equal(a, b), to=np.dtype("float32"))


def _unpool(g, x, dy):
    y, where = g.MaxPool(x, outputs=2, **TWO)
    return y, g.MaxUnpool(dy, where, g.Shape(x), **TWO)


def _ranked(g, x, dy):
    y = g.MaxPool(x, **TWO)
    ranks = np.float32([[4, 3], [2, 1]]).reshape(1, 1, 2, 2)
    rank = _where_equal(g, x, _repeat(g, y)) * g.Tile(ranks, [1, 1, *(n // 2 for n in x.shape[2:])])
    return y, _repeat(g, dy) * _where_equal(g, rank, _repeat(g, g.MaxPool(rank, **TWO)))


def _shared(g, x, dy):
    y = g.MaxPool(x, **TWO)
    equal = _where_equal(g, x, _repeat(g, y))
    return y, equal * _repeat(g, dy * 0.25 / g.AveragePool(equal, **TWO))


def _blocks(g, x, dy):
    y, rest, parts = g.MaxPool(x, **TWO), dy, []
    for part in g.Split(g.SpaceToDepth(x, blocksize=2), num_outputs=4, axis=1, outputs=4)[:3]:
        parts.append(rest * _where_equal(g, part, y))
        rest = rest - parts[-1]
    return y, g.DepthToSpace(g.Concat(*parts, rest, axis=1), blocksize=2)


def activations() -> dict:
    """Tanh and a max pool in either order, forward and backward."""
    shapes = {"x": [BATCH, 6, 28, 28], "dy": [BATCH, 6, 14, 14]}
    forms = {"Tanh, then MaxPool": _tanh_first, "MaxPool, then Tanh": _tanh_last}
    return {"Tanh and max pool of (64, 6, 28, 28), forward and backward": (forms, shapes)}


def _tanh_first(g, x, dy):
    y = g.Tanh(x)
    pooled, dx = _ranked(g, y, dy)
    return pooled, dx * (1.0 - y * y)


def _tanh_last(g, x, dy):
    y = g.Tanh(g.MaxPool(x, **TWO))
    return y, _ranked(g, x, dy * (1.0 - y * y))[1]


def conv_weights() -> dict:
    """The gradient of the weights of LeNet-5's two convolutions."""
    groups = {}
    for channels, filters, n, pad in ((1, 6, 28, 2), (6, 16, 14, 0)):
        out = n + 2 * pad - 4
        shapes = {"x": [BATCH, channels, n, n], "dy": [BATCH, filters, out, out], "w": [filters, channels, 5, 5]}
        forms = {
            "a convolution over swapped axes": _swapped,
            "products over shifted slices, by image": _by_image,
            "one product over shifted slices": _at_once,
            "one product over gathered rows, batch last": _gathered,
            "ConvGrad (onnxruntime-training)": _conv_grad,
        }
        name = f"dW of a 5x5 convolution, {channels} to {filters} channels, {n}x{n}"
        groups[name] = ({form: _of(function, pad) for form, function in forms.items()}, shapes)
    return groups


def _of(function, pad):
    return lambda g, x, dy, w: (function(g, x, dy, w, pad),)


def _swap(g, value):
    return g.Transpose(value, perm=[1, 0, 2, 3])


def _swapped(g, x, dy, w, pad):
    return _swap(g, g.Conv(_swap(g, x), _swap(g, dy), pads=[pad] * 4))


def _slices(g, x, size, pad):
    x = g.Pad(x, [0, 0, pad, pad, 0, 0, pad, pad]) if pad else x
    return [g.Slice(x, [i, j], [i + size, j + size], [2, 3]) for i, j in itertools.product(range(5), repeat=2)]


def _by_image(g, x, dy, w, pad):
    filters, channels = w.shape[:2]
    seen = g.Reshape(g.Concat(*_slices(g, x, dy.shape[2], pad), axis=1), [0, channels * 25, -1])
    products = g.MatMul(g.Reshape(dy, [0, filters, -1]), g.Transpose(seen, perm=[0, 2, 1]))
    total = g.Reshape(g.ReduceSum(products, [0], keepdims=0), [filters, 5, 5, channels])
    return g.Transpose(total, perm=[0, 3, 1, 2])


def _at_once(g, x, dy, w, pad):
    filters, channels = w.shape[:2]
    seen = g.Reshape(g.Concat(*_slices(g, _swap(g, x), dy.shape[2], pad), axis=0), [channels * 25, -1])
    total = g.Gemm(g.Reshape(_swap(g, dy), [filters, -1]), seen, transB=1)
    return g.Transpose(g.Reshape(total, [filters, 5, 5, channels]), perm=[0, 3, 1, 2])


def _gathered(g, x, dy, w, pad):
    filters, channels = w.shape[:2]
    x = g.Pad(x, [0, 0, pad, pad, 0, 0, pad, pad]) if pad else x
    rows = np.arange(math.prod(x.shape[1:])).reshape(x.shape[1:])
    rows = np.lib.stride_tricks.sliding_window_view(rows, dy.shape[2:], axis=(1, 2)).ravel()
    seen = g.Reshape(g.Gather(_batch_last(g, x), rows, axis=0), [channels * 25, -1])
    total = g.Gemm(seen, g.Reshape(_batch_last(g, dy), [filters, -1]), transB=1)
    return g.Transpose(g.Reshape(total, [channels, 5, 5, filters]), perm=[3, 0, 1, 2])


def _batch_last(g, value):
    return g.Transpose(g.Reshape(value, [0, -1]), perm=[1, 0])


def _conv_grad(g, x, dy, w, pad):
    types = [None, ("float32", list(w.shape)), ("float32", [w.shape[0]])]
    how = {"kernel_shape": [5, 5], "strides": [1, 1], "dilations": [1, 1], "pads": [pad] * 4, "group": 1}
    return g.op("ConvGrad", dy, x, w, domain="com.microsoft", types=types, **how)[1]


def conv_inputs() -> dict:
    """The gradient of the input of LeNet-5's second convolution."""
    forms = {
        "ConvTranspose": lambda g, dy, w: (g.ConvTranspose(dy, w, kernel_shape=[5, 5]),),
        "Conv with flipped weights": _flipped,
        "MatMul, Col2Im": _by_columns,
    }
    return {"dX of a convolution (64, 6, 14, 14) x (16, 6, 5, 5)": (forms, {"dy": [BATCH, 16, 10, 10], "w": LENET[2]})}


def _flipped(g, dy, w):
    turned = g.Transpose(g.Slice(w, [-1, -1], [-(2**31), -(2**31)], [2, 3], [-1, -1]), perm=[1, 0, 2, 3])
    return (g.Conv(dy, turned, pads=[4, 4, 4, 4], kernel_shape=[5, 5]),)


def _by_columns(g, dy, w):
    columns = g.Transpose(g.Reshape(w, [16, -1]), perm=[1, 0]) @ g.Reshape(dy, [0, 16, -1])
    return (g.Col2Im(columns, [14, 14], [5, 5]),)


def updates() -> dict:
    """Adam's update of LeNet-5's ten parameters: parameter, gradient and the two moments in, three tensors out."""
    shapes = {f"{kind}{k}": shape for k, shape in enumerate(LENET) for kind in "pgmv"}
    vectors = [k for k, shape in enumerate(LENET) if len(shape) == 1]
    forms = {
        "each parameter by itself": lambda g, **given: _update(g, given, []),
        "the same, its outputs through Identity": lambda g, **given: map(g.Identity, _update(g, given, [])),
        "the biases as one vector": lambda g, **given: _update(g, given, vectors),
        "all parameters as one vector": lambda g, **given: _update(g, given, list(range(len(LENET)))),
    }
    return {"Adam, LeNet-5's parameters": (forms, shapes)}


def _update(g, given, bucket):
    """The update with the parameters of *bucket* joined into one vector; the interface stays that of each by itself."""
    new = {}
    for k in range(len(LENET)):
        if k not in bucket:
            new[k] = _adam(g, *(given[f"{kind}{k}"] for kind in "pgmv"))
    if bucket:
        flat = {k: [_flat(g, given[f"{kind}{k}"]) for kind in "pgmv"] for k in bucket}
        joined = [g.Concat(*parts, axis=0) for parts in zip(*flat.values())]
        sizes = [math.prod(LENET[k]) for k in bucket]
        split = [g.Split(value, sizes, axis=0, outputs=len(sizes)) for value in _adam(g, *joined)]
        for k, parts in zip(bucket, zip(*split)):
            new[k] = [part if len(LENET[k]) == 1 else g.Reshape(part, LENET[k]) for part in parts]
    return [value for k in range(len(LENET)) for value in new[k]]


def _flat(g, value):
    return value if len(value.shape) == 1 else g.Reshape(value, [-1])


def _adam(g, p, grad, m, v):
    """As in plugins/declnet_optimizer, with its scalars as constants."""
    m, v = m * 0.9 + grad, g.Abs(v) * 0.999 + grad * grad
    return p - 0.001 * (m / (g.Sqrt(v) + 1e-8)), m, v


def dropouts() -> dict:
    """Dropout, forward and backward: the activations of a transformer for 64 passages of 24 words."""
    forms = {
        "each element hashed": lambda g, **given: _dropped(g, _hashed, **given),
        "products of hashed rows and columns": lambda g, **given: _dropped(g, _product, **given),
        "RandomUniformLike, which keeps a state": lambda g, **given: _dropped(g, _stateful, **given),
    }
    return {
        "dropout of (64, 24, 64), forward and backward": (forms, {"x": [64, 24, 64], "dy": [64, 24, 64], "n": []}, True)
    }


def _dropped(g, mask, x, dy, n):
    """Dropout of x and the gradient; *n* stands for seed and step."""
    place = g.Cast(n, to=np.dtype("int64"))
    scale = g.Where(mask(g, x, Random(g, place, place, "dropout")), 1.25, 0.0)
    return x * scale, dy * scale


def _hashed(g, x, random):
    return g.GreaterOrEqual(random.uniform(x), np.float32(0.2))


def _product(g, x, random):
    return random.bernoulli(x, 0.8)


def _stateful(g, x, random):
    return g.GreaterOrEqual(g.RandomUniformLike(x), np.float32(0.2))


def scores() -> dict:
    """The logarithm of the softmax over classes that are not on the last axis."""
    forms = {"LogSoftmax": lambda g, x: (g.LogSoftmax(x, axis=1),), "its formula": _log_softmax}
    return {f"log softmax over axis 1 of {tuple(shape)}": (forms, {"x": shape}) for shape in SCORES}


SCORES = ([16, 11, 48, 48], [32, 97, 64], [64, 10])


def _log_softmax(g, x):
    shifted = x - g.Ceil(g.ReduceMax(x, [1]))
    return (shifted - g.Log(g.ReduceSum(g.Exp(shifted), [1])),)


def masks() -> dict:
    """Scores of attention, of which some are masked."""
    forms = {"Where": _chosen, "product with the mask": _multiplied}
    return {
        f"masked scores {tuple(shape)}": (forms, {"x": shape, "m": [shape[0], 1, 1, shape[-1]]})
        for shape in ([64, 4, 24, 24], [32, 4, 64, 64])
    }


def _chosen(g, x, m):
    return (g.Where(g.Greater(m, 0.0), x, _LOWEST),)


def _multiplied(g, x, m):
    mask = g.Cast(g.Greater(m, 0.0), to=x.dtype)
    return (x * mask + (mask - 1.0) * -_LOWEST,)


_LOWEST = float(np.finfo(np.float32).min)


def tables() -> dict:
    """The gradient of an embedding: 2048 rows added up by index."""
    forms = {"ScatterElements": _scattered, "product with zeros and ones": _picked}
    given = {"dy": [2048, 96], "at": [2048]}
    return {
        f"gradient of a table of {rows} rows of 96": (
            {name: functools.partial(form, rows=rows) for name, form in forms.items()},
            given,
        )
        for rows in (97, 256, 2000)
    }


def _places(g, at, rows):
    """Indices from 0 to rows - 1, of numbers between -1 and 1."""
    return g.Cast(g.Floor((at * 0.5 + 0.5) * (rows - 1.0)), to=np.dtype("int64"))


def _scattered(g, dy, at, rows):
    where = g.Expand(g.Unsqueeze(_places(g, at, rows), [1]), [2048, 96])
    return (g.ScatterElements(np.zeros((rows, 96), "float32"), where, dy, axis=0, reduction="add"),)


def _picked(g, dy, at, rows):
    reads = g.Equal(np.arange(rows)[:, None], g.Unsqueeze(_places(g, at, rows), [0]))
    return (g.Gemm(g.Cast(reads, to=np.dtype("float32")), dy),)

"""Attention, positional encodings and transformer blocks against PyTorch and the papers' formulas."""

import numpy as np
import pytest

import declnet
from declnet import DeclnetError
from declnet.plugins import installed
from declnet.testing import check_layer, layer_gradients, run_layer

LAYERS = installed().components("layer")
QUERIES, KEYS, WIDTH = 4, 5, 6


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def compare(torch, name, properties, inputs, weights, reference):
    """Hold both results and all gradients of a layer against *reference* of (inputs, weights), in float64."""
    x = [torch.tensor(value.astype("float64") if value.dtype == "float32" else value) for value in inputs]
    w = {key: torch.tensor(value.astype("float64")) for key, value in weights.items()}
    tensors = {f"input_{k}": value for k, value in enumerate(x) if value.is_floating_point()} | w
    for tensor in tensors.values():
        tensor.requires_grad_()
    expected = reference(x, w)
    expected = expected if isinstance(expected, tuple) else (expected,)
    dys = [normal(*value.shape) for value in expected]
    sum((value * torch.tensor(dy)).sum() for value, dy in zip(expected, dys)).backward()

    outputs, gradients = layer_gradients(LAYERS[name], properties, inputs, dys, weights=weights)

    for wanted, found in zip(expected, outputs, strict=True):
        np.testing.assert_allclose(wanted.detach().numpy(), found, rtol=1e-4, atol=1e-5)
    for key, tensor in tensors.items():
        wanted = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        np.testing.assert_allclose(wanted, gradients[key], rtol=1e-4, atol=1e-4, err_msg=key)


def projections(names, width=WIDTH, key_width=WIDTH, prefix=""):
    """Weights of multi-head attention by the names of ours."""
    weights = {}
    for name in names:
        rows = key_width if name in ("key", "value") else width
        weights[f"{prefix}{name}/kernel"] = normal(rows, width) * 0.5
        weights[f"{prefix}{name}/bias"] = normal(width) + len(name)
    return weights


def packed(torch, w, prefix=""):
    """Ours as the parameters of torch.nn.MultiheadAttention."""
    kernels = [w[f"{prefix}{name}/kernel"].T for name in ("query", "key", "value")]
    biases = torch.cat([w[f"{prefix}{name}/bias"] for name in ("query", "key", "value")])
    packed = {"in_proj_bias": biases, "out_proj.weight": w[f"{prefix}output/kernel"].T}
    packed["out_proj.bias"] = w[f"{prefix}output/bias"]
    if len({kernel.shape for kernel in kernels}) == 1:
        return packed | {"in_proj_weight": torch.cat(kernels)}
    return packed | {f"{name}_proj_weight": kernel for name, kernel in zip("qkv", kernels)}


PROJECTIONS = ("query", "key", "value", "output")


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, "lengths", "keys", "pairs"])
def test_self_attention_as_pytorch(torch, mask, causal):
    """Self-attention with each form of mask."""
    lengths = np.array([2, 4, 1])
    keys = (np.arange(QUERIES) < lengths[:, None]).astype("int64")
    pairs = np.tril(np.ones((3, QUERIES, QUERIES), bool), k=1)
    pairs[1, :, 2] = False
    given = {None: None, "lengths": lengths, "keys": keys, "pairs": pairs}[mask]
    hidden = {None: False, "lengths": 1 - keys[:, None], "keys": 1 - keys[:, None], "pairs": ~pairs}[mask]
    hidden = np.broadcast_to(hidden, (3, QUERIES, QUERIES)).astype(bool)
    if causal:
        hidden = hidden | np.triu(np.ones((QUERIES, QUERIES), bool), k=1)

    def reference(x, w):
        module = torch.nn.MultiheadAttention(WIDTH, 2, batch_first=True, dtype=torch.float64)
        how = {"attn_mask": torch.tensor(np.repeat(hidden, 2, axis=0)), "average_attn_weights": False}
        return torch.func.functional_call(module, packed(torch, w), (x[0], x[0], x[0]), how)

    inputs = [normal(3, QUERIES, WIDTH), *([] if given is None else [given])]
    compare(torch, "multi_head_attention", {"heads": 2, "causal": causal}, inputs, projections(PROJECTIONS), reference)


def test_cross_attention_as_pytorch(torch):
    """Query, value and key of their own, of other lengths and widths."""
    weights = projections(PROJECTIONS, key_width=3)

    def reference(x, w):
        module = torch.nn.MultiheadAttention(WIDTH, 3, kdim=3, vdim=3, batch_first=True, dtype=torch.float64)
        how = {"average_attn_weights": False}
        return torch.func.functional_call(module, packed(torch, w), (x[0], x[2], x[1]), how)

    inputs = [normal(2, QUERIES, WIDTH), normal(2, KEYS, 3), normal(2, KEYS, 3) + 1]
    compare(torch, "multi_head_attention", {"heads": 3}, inputs, weights, reference)


@pytest.mark.parametrize("rotary", [False, True])
def test_grouped_heads_as_pytorch(torch, rotary):
    """Heads that share keys and values, turned by their positions or not."""
    heads, groups, size = 4, 2, 2
    weights = {
        f"{name}/kernel": normal(*shape)
        for name, shape in {"query": (3, 8), "key": (3, 4), "value": (3, 4), "output": (8, 5)}.items()
    }

    def turn(x):
        t = torch.arange(QUERIES, dtype=torch.float64)[:, None, None]
        a, b = x.chunk(2, dim=-1)
        turned = (torch.complex(a, b) * torch.polar(torch.ones_like(t), t)) if rotary else torch.complex(a, b)
        return torch.cat([turned.real, turned.imag], dim=-1)

    def reference(x, w):
        q, k, v = (
            (x[0] @ w[f"{name}/kernel"]).unflatten(-1, (count, size))
            for name, count in (("query", heads), ("key", groups), ("value", groups))
        )
        q, k, v = (part.transpose(1, 2) for part in (turn(q), turn(k), v))
        k, v = (part.repeat_interleave(heads // groups, dim=1) for part in (k, v))
        scores = q @ k.transpose(2, 3) / np.sqrt(size)
        y = (torch.softmax(scores, -1) @ v).transpose(1, 2).flatten(2) @ w["output/kernel"]
        return y, torch.softmax(scores, -1)

    properties = {"heads": heads, "kv_heads": groups, "size": size, "units": 5, "bias": False, "rotary": rotary}
    compare(torch, "multi_head_attention", properties, [normal(2, QUERIES, 3)], weights, reference)


def block_weights(parts, hidden):
    """Weights of a transformer block by the names of ours."""
    weights = {"hidden/kernel": normal(WIDTH, hidden), "hidden/bias": normal(hidden)}
    weights |= {"output/kernel": normal(hidden, WIDTH), "output/bias": normal(WIDTH)}
    for part in parts:
        weights |= projections(PROJECTIONS, prefix=f"{part}/")
    for part in (*parts, "output"):
        weights |= {f"{part}_norm/scale": normal(WIDTH) + 1, f"{part}_norm/bias": normal(WIDTH) + 0.5}
    return weights


def block(torch, w, parts):
    """Ours as the parameters of PyTorch's blocks."""
    theirs = {"linear1.weight": w["hidden/kernel"].T, "linear1.bias": w["hidden/bias"]}
    theirs |= {"linear2.weight": w["output/kernel"].T, "linear2.bias": w["output/bias"]}
    for part, name in zip(parts, ("self_attn", "multihead_attn")):
        theirs |= {f"{name}.{key}": value for key, value in packed(torch, w, f"{part}/").items()}
    for index, part in enumerate((*parts, "output"), start=1):
        theirs |= {f"norm{index}.weight": w[f"{part}_norm/scale"], f"norm{index}.bias": w[f"{part}_norm/bias"]}
    return theirs


def first_result(torch, name, properties, inputs, weights, reference):
    """As compare, for a block, whose attention weights PyTorch does not give."""
    keys = inputs[1].shape[1] if inputs[1:] and inputs[1].dtype == "float32" else QUERIES
    nothing = torch.zeros(len(inputs[0]), 2, QUERIES, keys, dtype=torch.float64)
    component = LAYERS[name]
    x = [
        torch.tensor(v.astype("float64"), requires_grad=True) if v.dtype == "float32" else torch.tensor(v)
        for v in inputs
    ]
    w = {key: torch.tensor(value.astype("float64"), requires_grad=True) for key, value in weights.items()}
    expected = reference(x, w)
    dy = normal(*expected.shape)
    (expected * torch.tensor(dy)).sum().backward()

    outputs, gradients = layer_gradients(component, properties, inputs, [dy, nothing.numpy()], weights=weights)

    np.testing.assert_allclose(expected.detach().numpy(), outputs[0], rtol=1e-4, atol=1e-4)
    wanted = {f"input_{k}": value for k, value in enumerate(x) if value.is_floating_point()} | w
    assert set(wanted) == set(gradients)
    for key, tensor in wanted.items():
        np.testing.assert_allclose(tensor.grad.numpy(), gradients[key], rtol=1e-4, atol=2e-4, err_msg=key)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_encoder_as_pytorch(torch, norm_first, activation):
    """The encoder block, normalized before or after its parts, with padding."""
    parts, lengths = ["attention"], np.array([3, 4])
    properties = {"heads": 2, "units": 7, "norm_first": norm_first, "activation": {"type": activation}}

    def reference(x, w):
        module = torch.nn.TransformerEncoderLayer(
            WIDTH, 2, 7, 0.0, activation, norm_first=norm_first, batch_first=True, dtype=torch.float64
        )
        padding = torch.arange(QUERIES) >= x[1][:, None]
        return torch.func.functional_call(module, block(torch, w, parts), (x[0],), {"src_key_padding_mask": padding})

    inputs = [normal(2, QUERIES, WIDTH), lengths]
    first_result(torch, "transformer_encoder", properties, inputs, block_weights(parts, 7), reference)


@pytest.mark.parametrize("norm_first", [False, True])
def test_decoder_as_pytorch(torch, norm_first):
    """The decoder block: causal self-attention, then attention to a memory."""
    parts = ["attention", "memory_attention"]
    properties = {"heads": 2, "units": 7, "norm_first": norm_first}

    def reference(x, w):
        module = torch.nn.TransformerDecoderLayer(
            WIDTH, 2, 7, 0.0, norm_first=norm_first, batch_first=True, dtype=torch.float64
        )
        later = torch.triu(torch.ones(QUERIES, QUERIES, dtype=torch.bool), 1)
        how = {"tgt_mask": later, "memory_key_padding_mask": torch.arange(KEYS) >= x[2][:, None]}
        return torch.func.functional_call(module, block(torch, w, parts), (x[0], x[1]), how)

    inputs = [normal(2, QUERIES, WIDTH), normal(2, KEYS, WIDTH), np.array([2, 5])]
    first_result(torch, "transformer_decoder", properties, inputs, block_weights(parts, 7), reference)


@pytest.mark.parametrize("scale", [True, False])
def test_dot_product_as_pytorch(torch, scale):
    """softmax(query keyᵀ) value, scaled or not; the key is the third input."""

    def reference(x, w):
        weights = torch.softmax(x[0] @ x[2].transpose(1, 2) * (3**-0.5 if scale else 1), -1)
        return weights @ x[1], weights

    inputs = [normal(2, QUERIES, 3), normal(2, KEYS, 2), normal(2, KEYS, 3)]
    compare(torch, "attention", {"scale": scale}, inputs, {}, reference)


@pytest.mark.parametrize("units", [None, 7])
def test_additive_as_pytorch(torch, units):
    """Bahdanau's score, with matrices or, as in Keras, without."""
    weights = {"scale": normal(units or 3, 1)}
    if units:
        weights |= {"query/kernel": normal(3, units), "key/kernel": normal(2, units)}

    def reference(x, w):
        query, key = (x[0] @ w["query/kernel"], x[1] @ w["key/kernel"]) if units else (x[0], x[1])
        scores = torch.tanh(query[:, :, None] + key[:, None]) @ w["scale"]
        return torch.softmax(scores[..., 0], -1) @ x[1], torch.softmax(scores[..., 0], -1)

    inputs = [normal(2, QUERIES, 3), normal(2, KEYS, 2 if units else 3)]
    compare(torch, "additive_attention", {"units": units}, inputs, weights, reference)


def test_attention_by_hand():
    """Padding gets no weight, and the past does not see the future."""
    x, lengths = normal(2, QUERIES, 3), np.array([2, 4])
    scores = np.einsum("nqd,nkd->nqk", x, x) / np.sqrt(3)
    seen = np.tril(np.ones((QUERIES, QUERIES))) * (np.arange(QUERIES) < lengths[:, None])[:, None]
    expected = softmax(np.where(seen, scores, -np.inf))

    [y, weights], _ = run_layer(LAYERS["attention"], {"causal": True}, [x, lengths])

    np.testing.assert_allclose(expected, weights, atol=1e-6)
    np.testing.assert_allclose(expected @ x, y, atol=1e-6)


def test_a_query_that_sees_nothing():
    """It attends equally to all, and is a number."""
    [_, weights], _ = run_layer(LAYERS["attention"], {}, [normal(1, 2, 3), np.zeros((1, 2), "int64")])

    np.testing.assert_allclose([[[0.5, 0.5], [0.5, 0.5]]], weights)


def test_sinusoidal_encoding():
    """The formula of Vaswani et al., feature by feature."""
    expected = np.zeros((QUERIES, WIDTH))
    for t in range(QUERIES):
        for i in range(WIDTH // 2):
            expected[t, 2 * i] = np.sin(t / 10000 ** (2 * i / WIDTH))
            expected[t, 2 * i + 1] = np.cos(t / 10000 ** (2 * i / WIDTH))

    [y], _ = run_layer(LAYERS["sinusoidal_encoding"], {}, [np.zeros((2, QUERIES, WIDTH), "float32")])

    np.testing.assert_allclose([expected] * 2, y, atol=1e-6)


def test_rotary_encoding():
    """Features i and i + d/2 of each head are a complex number that is multiplied by exp(i t base^(-2i/d))."""
    x = normal(2, QUERIES, 8)
    heads = x.reshape(2, QUERIES, 2, 2, 2).astype("float64")
    angles = np.arange(QUERIES)[:, None] * 10000.0 ** (-2 * np.arange(2) / 4)
    turned = (heads[..., 0, :] + 1j * heads[..., 1, :]) * np.exp(1j * angles)[:, None]
    expected = np.stack([turned.real, turned.imag], axis=3).reshape(2, QUERIES, 8)

    [y], _ = run_layer(LAYERS["rotary_encoding"], {"heads": 2}, [x])

    np.testing.assert_allclose(expected, y, atol=1e-6)


def test_rotated_products_depend_on_the_distance():
    """The same query and key give the same score wherever they stand, at the same distance."""
    q, k = (np.tile(normal(1, 1, size), (1, 6, 1))[..., :4] for size in (4, 5))
    q, k = (run_layer(LAYERS["rotary_encoding"], {}, [x])[0][0][0].astype("float64") for x in (q, k))
    scores = q @ k.T

    for distance in range(-5, 6):
        diagonal = np.diagonal(scores, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)


def test_position_embedding():
    """Each step gets the vector of its position."""
    x, table = normal(2, QUERIES, 3), normal(7, 3)

    [y], _ = run_layer(LAYERS["position_embedding"], {"maximum": 7}, [x], weights={"embedding": table})

    np.testing.assert_allclose(x + table[:QUERIES], y, rtol=1e-6)


SEQUENCE = ("N", 5, 8)


@pytest.mark.parametrize(
    ("name", "properties", "inputs", "outputs"),
    [
        ("attention", {}, [SEQUENCE], [SEQUENCE, ("N", 5, 5)]),
        ("attention", {"dropout": 0.3}, [SEQUENCE, ("N", 6, 8), ("int64", "N", 5, 6)], [SEQUENCE, ("N", 5, 6)]),
        ("additive_attention", {"units": 4}, [SEQUENCE, ("N", 6, 3)], [("N", 5, 3), ("N", 5, 6)]),
        ("multi_head_attention", {"heads": 2, "rotary": True}, [SEQUENCE], [SEQUENCE, ("N", 2, 5, 5)]),
        ("multi_head_attention", {"heads": 3, "size": 2}, [SEQUENCE, ("int64", "N")], [SEQUENCE, ("N", 3, 5, 5)]),
        ("multi_head_attention", {"heads": 4, "kv_heads": 1}, [SEQUENCE], [SEQUENCE, ("N", 4, 5, 5)]),
        ("sinusoidal_encoding", {}, [SEQUENCE], [SEQUENCE]),
        ("rotary_encoding", {"heads": 2}, [SEQUENCE], [SEQUENCE]),
        ("position_embedding", {}, [SEQUENCE], [SEQUENCE]),
        ("transformer_encoder", {"heads": 2, "units": 6, "causal": True}, [SEQUENCE], [SEQUENCE, ("N", 2, 5, 5)]),
        (
            "transformer_decoder",
            {"heads": 2, "units": 6, "norm_first": True, "dropout": 0.1},
            [SEQUENCE, ("N", 4, 3)],
            [SEQUENCE, ("N", 2, 5, 4)],
        ),
    ],
)
def test_shapes_and_gradients(name, properties, inputs, outputs):
    """The batch stays symbolic, and gradients agree with differences."""
    check_layer(LAYERS[name], properties, inputs=inputs, output=outputs)


@pytest.mark.parametrize(
    ("name", "properties", "shapes", "message"),
    [
        ("multi_head_attention", {"heads": 3}, [(2, 5, 8)], "3 heads do not divide the width.*8\n.*1, 2, 4, 8"),
        ("multi_head_attention", {"heads": 4, "kv_heads": 3}, [(2, 5, 8)], "3 heads of keys.*\n.*a divisor of 4"),
        ("multi_head_attention", {"heads": 2}, [(2, 8)], "sequences of vectors"),
        ("multi_head_attention", {"heads": 2}, [(2, 5, 8), (2, 4, 8), (2, 3, 8)], "different numbers of steps"),
        ("attention", {}, [(2, 5, 8), (2, 5, 7)], "found: 8 and 7"),
        ("additive_attention", {}, [(2, 5, 8), (2, 5, 7)], "(.|\n)*give units"),
        ("rotary_encoding", {"heads": 3}, [(2, 5, 8)], "3 heads of an even size"),
        ("rotary_encoding", {"heads": 2}, [(2, 5, 6)], "2 heads of an even size"),
        ("position_embedding", {"maximum": 4}, [(2, 5, 6)], "5 steps, and vectors for 4"),
    ],
)
def test_misfits_are_refused(name, properties, shapes, message):
    """What does not fit is refused, with what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(LAYERS[name], properties, [np.zeros(shape, "float32") for shape in shapes])


@pytest.mark.parametrize("shape", [(2, 4), (2, 5, 6), (2, 1, 5, 5)])
def test_masks_of_the_wrong_shape(shape):
    """A mask of another shape is refused, not broadcast."""
    with pytest.raises(DeclnetError, match=r"mask does not fit.*\n.*\(N, 5\) or \(N, 5, 5\)"):
        run_layer(
            LAYERS["multi_head_attention"], {"heads": 2}, [np.zeros((2, 5, 8), "float32"), np.ones(shape, "int64")]
        )


def test_a_spec_with_attention_weights():
    """The weights are a result that a spec can name, and heads that do not divide are shown at their place."""
    spec = {
        "inputs": {"x": {"shape": [5, 8]}},
        "layers": [{"type": "transformer_encoder", "heads": 2, "units": 16}],
        "outputs": {"y": "transformer_encoder_1", "attention": "transformer_encoder_1.weights"},
    }

    _, right = declnet.check(spec)
    spec["layers"][0]["heads"] = 3
    _, [wrong] = declnet.check(spec)

    assert [] == list(right)
    assert ("/layers/0/heads", "DN1402") == (wrong.pointer, wrong.code)

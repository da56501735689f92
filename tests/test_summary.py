"""The counts of a summary, against counting by hand."""

import pytest

import declnet
from declnet import Program

LENET = {
    "inputs": {"image": {"shape": [1, 28, 28]}},
    "layers": [
        {"type": "conv", "filters": 6, "kernel": 5, "padding": "same", "activation": "tanh"},
        {"type": "max_pool", "size": 2},
        {"type": "conv", "filters": 16, "kernel": 5, "activation": "tanh"},
        {"type": "max_pool", "size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 120},
        {"type": "dense", "units": 10},
    ],
}


def rows(spec):
    return {row.name: row for row in Program(declnet.load(spec)).summary().rows}


def test_lenet():
    """LeCun and others, 1998: the two convolutions and the matrices of LeNet-5."""
    found = rows(LENET)

    assert (5 * 5 * 6 + 6, 5 * 5 * 6 * 16 + 16) == (found["conv_1"].parameters, found["conv_2"].parameters)
    assert 28 * 28 * 6 * 25 == found["conv_1"].multiply_adds
    assert 10 * 10 * 16 * 6 * 25 == found["conv_2"].multiply_adds
    assert (400 * 120, 120 * 10) == (found["dense_1"].multiply_adds, found["dense_2"].multiply_adds)
    assert 400 * 120 + 120 == found["dense_1"].parameters
    assert ("N", 16, 10, 10) == found["conv_2"].shape
    assert 0 == found["max_pool_1"].multiply_adds
    # The convolution and its tanh, float32.
    assert 2 * 4 * 28 * 28 * 6 == found["conv_1"].activation_bytes


@pytest.mark.parametrize(("groups", "expected"), [(1, 4 * 6 * 9 * 36), (2, 4 * 3 * 9 * 36)])
def test_groups(groups, expected):
    """Each filter of a grouped convolution reads its own channels only."""
    layer = {"type": "conv", "filters": 4, "kernel": 3, "groups": groups, "name": "it"}

    assert expected == rows({"inputs": {"x": {"shape": [6, 8, 8]}}, "layers": [layer]})["it"].multiply_adds


@pytest.mark.parametrize(("kind", "gates"), [("simple_rnn", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent(kind, gates):
    """Two layers, both ways: at each step a gate reads the input, and the state that was."""
    layer = {"type": kind, "units": 6, "layers": 2, "direction": "bidirectional", "merge": "concat", "name": "it"}
    expected = 7 * gates * (2 * 6 * (5 + 6) + 2 * 6 * (12 + 6))

    assert expected == rows({"inputs": {"x": {"shape": [7, 5]}}, "layers": [layer]})["it"].multiply_adds


def test_steps_of_a_loop_count():
    """The convolution of the input at all steps, and that of the state, 3x3 at 4x4 places, at each of them."""
    layer = {"type": "conv_lstm", "filters": 3, "kernel": 3, "name": "it"}
    expected = 5 * (12 * 2 * 9 * 16 + 12 * 3 * 9 * 16)

    assert expected == rows({"inputs": {"x": {"shape": [5, 2, 6, 6]}}, "layers": [layer]})["it"].multiply_adds


def test_einsum():
    layer = {"type": "einsum_dense", "equation": "abc,cde->abde", "output_shape": [7, 4, 8], "name": "it"}

    assert 7 * 5 * 4 * 8 == rows({"inputs": {"x": {"shape": [7, 5]}}, "layers": [layer]})["it"].multiply_adds


def test_fixed_and_shared():
    """Frozen weights and running statistics are fixed; a layer that shares weights has none of its own."""
    layers = [
        {"type": "dense", "units": 3, "name": "first", "freeze": True},
        {"type": "batch_norm", "name": "norm"},
        {"type": "dense", "units": 3, "name": "second"},
        {"share": "second", "name": "third"},
    ]
    found = rows({"inputs": {"x": {"shape": [3]}}, "layers": layers})

    assert (0, 12) == (found["first"].parameters, found["first"].fixed)
    assert (6, 6) == (found["norm"].parameters, found["norm"].fixed)
    assert (12, 0) == (found["second"].parameters, found["third"].parameters)
    assert (9, 9) == (found["second"].multiply_adds, found["third"].multiply_adds)


@pytest.fixture(scope="module")
def nested():
    """Two uses of a block that holds another one, between two layers."""
    inner = {"layers": [{"type": "dense", "units": 3}, {"type": "batch_norm"}]}
    outer = {"layers": [{"block": "inner", "name": "first"}, {"type": "dense", "units": 3}]}
    layers = [{"type": "flatten"}, {"block": "outer", "repeat": 2}, {"type": "dense", "units": 2, "name": "out"}]
    blocks = {"inner": inner, "outer": outer}
    return Program(declnet.load({"blocks": blocks, "inputs": {"x": {"shape": [3]}}, "layers": layers})).summary()


def test_tree(nested):
    """A block stands before what is in it, one level above."""
    found = [(level, row.name) for level, row in nested.tree()]
    repeats = [
        [
            (0, f"outer_1_{k}"),
            (1, f"outer_1_{k}/first"),
            (2, f"outer_1_{k}/first/dense_1"),
            (2, f"outer_1_{k}/first/batch_norm_1"),
            (1, f"outer_1_{k}/dense_1"),
        ]
        for k in (1, 2)
    ]

    assert [(0, "flatten_1"), *repeats[0], *repeats[1], (0, "out")] == found


@pytest.mark.parametrize("depth", [1, 2, 3, 9])
def test_depth(nested, depth):
    """What lies deeper is left out, and its block stays as it was."""
    assert [(level, row) for level, row in nested.tree() if level < depth] == list(nested.tree(depth))


def test_blocks(nested):
    """A block has the sums of its layers, takes what enters the first and gives what leaves the last."""
    block = next(row for _, row in nested.tree() if row.name == "outer_1_2")
    layers = [row for row in nested.rows if row.name.startswith("outer_1_2/")]

    assert (None, ("outer_1_1/dense_1",), ("N", 3)) == (block.type, block.inputs, block.shape)
    assert 3 * 3 + 3 + (3 + 3) + 3 * 3 + 3 == block.parameters
    assert (3 + 3, 2 * 3 * 3) == (block.fixed, block.multiply_adds)
    assert sum(row.activation_bytes for row in layers) == block.activation_bytes
    assert ["outer_1_1", "outer_1_1/first"] == [row["name"] for row in nested.as_dict()["blocks"]][:2]


def test_totals():
    """Totals are the sums of the rows, and the dict holds the same."""
    summary = Program(declnet.load(LENET)).summary()

    assert sum(row.parameters for row in summary.rows) == summary.total.parameters
    assert summary.total.parameters == summary.as_dict()["total_parameters"]
    assert [row.name for row in summary.rows] == [row["name"] for row in summary.as_dict()["layers"]]

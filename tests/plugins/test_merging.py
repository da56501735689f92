"""Layers that reduce, join, cut or repeat, against numpy."""

import numpy as np
import pytest
from declnet_shape.average import average
from declnet_shape.dot import dot
from declnet_shape.expand_dims import expand_dims
from declnet_shape.maximum import maximum
from declnet_shape.minimum import minimum
from declnet_shape.reduce import reduce
from declnet_shape.repeat_vector import repeat_vector
from declnet_shape.slice import slice_
from declnet_shape.squeeze import squeeze
from declnet_shape.subtract import subtract

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 3, 4)).astype("float32")
Y = RANDOM.normal(size=(2, 3, 4)).astype("float32")
WIDE_X, WIDE_Y = X.astype("float64"), Y.astype("float64")
UNIT_X, UNIT_Y = (z / np.linalg.norm(z, axis=-1, keepdims=True) for z in (WIDE_X, WIDE_Y))


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "expected"),
    [
        (subtract, {}, [X, Y[:, :1]], X - Y[:, :1]),
        (maximum, {}, [X, Y, 0 * X], np.maximum(np.maximum(X, Y), 0)),
        (minimum, {}, [X, Y[:, :, :1]], np.minimum(X, Y[:, :, :1])),
        (average, {}, [X, Y, X], (2 * WIDE_X + Y) / 3),
        (dot, {}, [X[:, 0], Y[:, 0]], (WIDE_X[:, 0] * Y[:, 0]).sum(-1, keepdims=True)),
        (dot, {}, [X, Y[:, :2]], np.einsum("nak,nbk->nab", WIDE_X, Y[:, :2])),
        (dot, {"axes": 1}, [X, Y], np.einsum("nka,nkb->nab", WIDE_X, Y)),
        (dot, {"axes": [2, 1]}, [X, Y.transpose(0, 2, 1)], np.einsum("nak,nbk->nab", WIDE_X, Y)),
        (dot, {}, [X, Y[:, 0]], np.einsum("nak,nk->na", WIDE_X, Y[:, 0])),
        (dot, {}, [X[:, 0], Y], np.einsum("nk,nbk->nb", WIDE_X[:, 0], Y)),
        (dot, {"normalize": True}, [X, Y], np.einsum("nak,nbk->nab", UNIT_X, UNIT_Y)),
        (repeat_vector, {"times": 3}, [X[:, 0]], np.stack([X[:, 0]] * 3, 1)),
        (repeat_vector, {"times": 2}, [X], np.stack([X] * 2, 1)),
        (slice_, {"axis": 1, "start": -1}, [X], X[:, -1:]),
        (slice_, {"axis": -1, "start": 1, "end": -1}, [X], X[:, :, 1:-1]),
        (slice_, {"axis": 2, "step": 2}, [X], X[:, :, ::2]),
        (squeeze, {"axes": [1, -1]}, [X[:, :1, :, None]], X[:, 0]),
        (expand_dims, {"axis": 1}, [X], X[:, None]),
        (expand_dims, {"axis": -1}, [X], X[..., None]),
        (reduce, {"operation": "mean"}, [X], WIDE_X.mean((1, 2))),
        (reduce, {"operation": "sum", "axes": [-1]}, [X], WIDE_X.sum(-1)),
        (reduce, {"operation": "max", "axes": [1], "keep_dims": True}, [X], X.max(1, keepdims=True)),
        (reduce, {"operation": "min", "axes": [2, 1]}, [X], X.min((1, 2))),
        (reduce, {"operation": "product", "axes": [1]}, [X], WIDE_X.prod(1)),
        (reduce, {"operation": "l1", "axes": [1]}, [X], abs(WIDE_X).sum(1)),
        (reduce, {"operation": "l2", "axes": [1]}, [X], np.sqrt((WIDE_X**2).sum(1))),
        (reduce, {"operation": "sum_square", "axes": [1]}, [X], (WIDE_X**2).sum(1)),
        (reduce, {"operation": "log_sum_exp", "axes": [1]}, [X], np.log(np.exp(WIDE_X).sum(1))),
        (reduce, {"operation": "sum"}, [X[:, 0, 0]], X[:, 0, 0]),
    ],
)
def test_values(layer, properties, inputs, expected):
    """Values are those of numpy."""
    [y], _ = run_layer(layer, properties, inputs)

    np.testing.assert_allclose(expected, y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "output"),
    [
        (subtract, {}, [("N", 3, 4), ("N", 1, 4)], ("N", 3, 4)),
        (maximum, {}, [("N", 4), ("N", 4), ("N", 4)], ("N", 4)),
        (minimum, {}, [("N", 3), ("N", 3)], ("N", 3)),
        (average, {}, [("N", 3), ("N", 3), ("N", 1)], ("N", 3)),
        (dot, {}, [("N", 4), ("N", 4)], ("N", 1)),
        (dot, {"axes": [1, 2], "normalize": True}, [("N", 4, 3), ("N", 5, 4)], ("N", 3, 5)),
        (dot, {}, [("N", 3, 4), ("N", 4)], ("N", 3)),
        (dot, {}, [("N", 4), ("N", 3, 4)], ("N", 3)),
        (repeat_vector, {"times": 3}, [("N", 4)], ("N", 3, 4)),
        (slice_, {"axis": 1, "start": -1}, [("N", 4, 3)], ("N", 1, 3)),
        (slice_, {"axis": 1, "step": 2}, [("N", 5, 3)], ("N", 3, 3)),
        (squeeze, {"axes": [1]}, [("N", 1, 3)], ("N", 3)),
        (expand_dims, {"axis": 2}, [("N", 3)], ("N", 3, 1)),
        *[
            (reduce, {"operation": operation, "axes": [1]}, [("N", 4, 3)], ("N", 3))
            for operation in ("mean", "sum", "max", "min", "product", "l1", "l2", "sum_square", "log_sum_exp")
        ],
        (reduce, {"operation": "mean", "keep_dims": True}, [("N", 4, 3)], ("N", 1, 1)),
    ],
)
def test_shapes_and_gradients(layer, properties, inputs, output):
    """Shapes follow from the inputs, the batch stays symbolic, gradients agree with differences."""
    check_layer(layer, properties, inputs=inputs, output=output)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "message"),
    [
        (subtract, {}, [X, Y[:, :2]], "input 2 has another shape"),
        (average, {}, [X, X, X[:, 0]], "input 3 has another shape"),
        (dot, {}, [X, Y[:, :, :3]], r"differ in size[\s\S]*4 and 3"),
        (dot, {"axes": 0}, [X, Y], "no axis 0 after the batch"),
        (dot, {}, [X[..., None], Y], "two or three axes"),
        (slice_, {"axis": 0}, [X], "no axis 0 after the batch"),
        (slice_, {"axis": 1, "start": 3}, [X], "nothing is left of the 3 entries"),
        (squeeze, {"axes": [1]}, [X], "axis 1 has size 3"),
        (squeeze, {"axes": [1, -2]}, [X], "names an axis twice"),
        (expand_dims, {"axis": 0}, [X], "1 to 3, or -1 to -3"),
        (reduce, {"operation": "sum", "axes": [3]}, [X], "1 to 2, or -1 to -2"),
    ],
)
def test_misfits_are_refused(layer, properties, inputs, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, inputs)

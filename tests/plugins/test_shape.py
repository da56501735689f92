"""Layers that rearrange or join, against numpy."""

import numpy as np
import pytest
from declnet_shape.add import add
from declnet_shape.concat import concat
from declnet_shape.flatten import flatten
from declnet_shape.multiply import multiply
from declnet_shape.permute import permute
from declnet_shape.reshape import reshape

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

X = np.arange(2 * 3 * 4, dtype="float32").reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "output"),
    [
        (flatten, {}, [("N", 3, 4)], ("N", 12)),
        (flatten, {}, [("N", 5)], ("N", 5)),
        (flatten, {}, [("N",)], ("N", 1)),
        (reshape, {"shape": [2, 6]}, [("N", 3, 4)], ("N", 2, 6)),
        (reshape, {"shape": [2, -1, 1]}, [("N", 3, 4)], ("N", 2, 6, 1)),
        (reshape, {"shape": [-1]}, [("N",)], ("N", 1)),
        (permute, {"axes": [3, 1, 2]}, [("N", 4, 5, 3)], ("N", 3, 4, 5)),
        (add, {}, [("N", 3), ("N", 3)], ("N", 3)),
        (add, {}, [("N", 3, 4), ("N", 3, 1), ("N", 1, 4)], ("N", 3, 4)),
        (multiply, {}, [("N", 3), ("N", 3), ("N", 3)], ("N", 3)),
        (multiply, {}, [("N", 3, 4), ("N", 3, 1)], ("N", 3, 4)),
        (concat, {}, [("N", 3), ("N", 2)], ("N", 5)),
        (concat, {"axis": -1}, [("N", 3, 4), ("N", 3, 1), ("N", 3, 2)], ("N", 3, 7)),
    ],
)
def test_shapes_and_gradients(layer, properties, inputs, output):
    """Shapes follow from the inputs, the batch stays symbolic, gradients agree with differences."""
    check_layer(layer, properties, inputs=inputs, output=output)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "expected"),
    [
        (flatten, {}, [X], X.reshape(2, 12)),
        (reshape, {"shape": [-1, 2]}, [X], X.reshape(2, 6, 2)),
        (permute, {"axes": [2, 1]}, [X], X.transpose(0, 2, 1)),
        (add, {}, [X, X[:, :1], 2 * X], X + X[:, :1] + 2 * X),
        (multiply, {}, [X, X[:, :, :1], X], X * X[:, :, :1] * X),
        (concat, {}, [X, X[:, :2]], np.concatenate([X, X[:, :2]], 1)),
        (concat, {"axis": -1}, [X, X[:, :, :2]], np.concatenate([X, X[:, :, :2]], 2)),
    ],
)
def test_values(layer, properties, inputs, expected):
    """Values are those of numpy."""
    [y], _ = run_layer(layer, properties, inputs)

    np.testing.assert_array_equal(expected, y)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "message"),
    [
        (reshape, {"shape": [5, 5]}, [X], r"12 values of a sample into shape \[5, 5\]"),
        (reshape, {"shape": [5, -1]}, [X], "product divides 12"),
        (reshape, {"shape": [-1, -1]}, [X], "at most one -1"),
        (reshape, {"shape": [0, 12]}, [X], "sizes of at least 1"),
        (permute, {"axes": [1, 1]}, [X], r"\[1, 2\] in any order"),
        (permute, {"axes": [2, 1, 3]}, [X], "each axis after the batch once, not"),
        (add, {}, [X, X[:, :2]], "input 2 has another shape"),
        (add, {}, [X, X, X[:, 0]], "input 3 has another shape"),
        (multiply, {}, [X[:, 0], X], "equal numbers of axes"),
        (concat, {}, [X, X[:, :, :2]], "equal sizes on every axis but axis 1"),
        (concat, {"axis": 0}, [X, X], "cannot join along axis 0"),
        (concat, {"axis": 3}, [X, X], "1 to 2, or -1 to -2"),
        (concat, {}, [X[:, 0, 0], X[:, 0, 0]], "only the batch"),
    ],
)
def test_misfits_are_refused(layer, properties, inputs, message):
    """What does not fit is refused with the shapes and what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, inputs)

"""Regularizers: scalars of one weight that are added to the loss, to keep the weight small or its parts apart."""

import math

import numpy as np

from declnet import Net, Value, regularizer


@regularizer("regularizers.schema.json#l1")
def l1(net: Net, weight: Value, *, rate: float) -> Value:
    """Lasso penalty: rate times the sum of the absolute weights (Tibshirani, 1996)."""
    return rate * net.ReduceSum(net.Abs(weight), keepdims=0)


@regularizer("regularizers.schema.json#l2")
def l2(net: Net, weight: Value, *, rate: float) -> Value:
    """Ridge penalty: rate times the sum of the squared weights, without a factor 1/2, as in Keras."""
    return rate * net.ReduceSum(weight * weight, keepdims=0)


@regularizer("regularizers.schema.json#l1_l2")
def l1_l2(net: Net, weight: Value, *, l1: float, l2: float) -> Value:
    """Elastic-net penalty: l1 times the sum of the absolute weights plus l2 times that of the squared weights.

    Zou and Hastie (2005); the rates are Keras' ones.
    """
    return net.ReduceSum(l1 * net.Abs(weight) + l2 * (weight * weight), keepdims=0)


@regularizer("regularizers.schema.json#orthogonal")
def orthogonal(net: Net, weight: Value, *, rate: float) -> Value:
    """Soft orthogonality: rate times the sum of the squares of W W' - I (Bansal et al., 2018, equation 1).

    W is the weight as a matrix, the axes after the first as one, turned so that it is no higher than wide: its rows can
    then be orthonormal, and the penalty be 0.

    Raises:
        LayerError: the weight is a vector.
    """
    shape = weight.shape
    if len(shape) < 2:
        raise net.error("an orthogonal weight has two axes or more")
    rows, columns = shape[0], math.prod(shape[1:])
    matrix = net.Reshape(weight, [rows, columns]) if len(shape) > 2 else weight
    matrix, size = (matrix, rows) if rows <= columns else (net.Transpose(matrix, perm=[1, 0]), columns)
    excess = matrix @ net.Transpose(matrix, perm=[1, 0]) - np.eye(size, dtype=np.float32)
    return rate * net.ReduceSum(excess * excess, keepdims=0)

"""Regularizers: scalars of one weight that are added to the loss, to keep the weight small."""

from declnet import hookimpl, regularizer


@regularizer("regularizers.schema.json#l1")
def l1(net, weight, *, rate):
    """Lasso penalty: rate times the sum of the absolute weights (Tibshirani, 1996)."""
    return rate * net.ReduceSum(net.Abs(weight), keepdims=0)


@regularizer("regularizers.schema.json#l2")
def l2(net, weight, *, rate):
    """Ridge penalty: rate times the sum of the squared weights, without a factor 1/2, as in Keras."""
    return rate * net.ReduceSum(weight * weight, keepdims=0)


@regularizer("regularizers.schema.json#l1_l2")
def l1_l2(net, weight, *, l1, l2):
    """Elastic-net penalty: l1 times the sum of the absolute weights plus l2 times that of the squared weights.

    Zou and Hastie (2005); the rates are Keras' ones.
    """
    return net.ReduceSum(l1 * net.Abs(weight) + l2 * (weight * weight), keepdims=0)


@hookimpl
def declnet_regularizers():
    return [l1, l1_l2, l2]

"""Losses of predicted distributions: of counts, and over classes."""

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count


@loss("likelihoods.schema.json#kl_divergence", expects="logits")
def kl_divergence(net: LossNet, prediction: Value) -> Value:
    """Mean Kullback-Leibler divergence of the predicted distribution from the target: (N, classes, ...) for both.

    sum_c t_c (log t_c - log softmax(prediction)_c) over axis 1, with 0 log 0 = 0. The prediction holds logits, as
    PyTorch's kl_div has log-probabilities; Keras' takes probabilities. Its gradient is that of the cross entropy; its
    value is 0 when the distributions are equal.

    Raises:
        LayerError: the prediction has no axis of classes.
    """
    class_count(net, prediction, "kl_divergence")
    target = net.target("float32", list(prediction.shape))
    surprise = net.Log(net.Max(target, 1e-30)) - net.LogSoftmax(prediction, axis=1)
    return net.ReduceSum(target * surprise, [1], keepdims=0)


@loss("likelihoods.schema.json#poisson")
def poisson(net: LossNet, prediction: Value, *, log_rate: bool) -> Value:
    """Mean negative log-likelihood of counts under Poisson distributions, both of shape (N, ...).

    exp(x) - t x if the prediction x is the logarithm of the rate (PyTorch's default), else x - t log(x + 1e-8)
    (Keras'); the term log t!, which no prediction changes, is left out.
    """
    target = net.target("float32", list(prediction.shape))
    if log_rate:
        return net.Exp(prediction) - target * prediction
    return prediction - target * net.Log(prediction + 1e-8)

"""Connectionist temporal classification: labels in order, without a word on when."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count

# The logarithm of a probability of 0, still far from the end of float32 when several are added up.
_NEVER = -1e30


@loss("ctc.schema.json", expects="logits")
def ctc(net: LossNet, prediction: Value, *, labels: int) -> tuple[Value, Value]:
    """Mean of -log p(labels) over the rows, p summed over all ways to time them (Graves et al., 2006).

    From logits (N, classes, steps), where class 0 is the blank, against class numbers (N, labels), which zeros fill
    up at the end. Every step counts. Computed by the forward recursion in logarithms, one step after another, so that
    the graph grows with the steps. A row whose labels do not fit into the steps does not count (in PyTorch:
    zero_infinity).

    Raises:
        LayerError: the prediction has not one axis of steps, or fewer steps than labels.
    """
    classes = class_count(net, prediction, "ctc")
    batch, _, *steps = prediction.shape
    if len(steps) != 1 or not isinstance(steps[0], int) or steps[0] < labels:
        raise net.error(
            "ctc needs at least one step for each label",
            allowed=f"(N, classes, steps) with {labels} steps or more",
            property="labels",
        )
    (steps,), size = steps, 2 * labels + 1
    target = net.target("int64", [batch, labels], below=classes)
    states = _with_blanks(net, target, labels)
    emissions = net.GatherElements(
        net.LogSoftmax(prediction, axis=1), net.Expand(net.Unsqueeze(states, [2]), [1, 1, steps]), axis=1
    )
    first, *others = net.Split(emissions, axis=2, num_outputs=steps, outputs=steps) if steps > 1 else (emissions,)
    back = np.maximum(np.arange(size)[:, None] - np.arange(3), 0)
    ways = _ways(net, states, back)
    begin = np.where(np.arange(size) < 2, 0, _NEVER).astype(np.float32)
    forward = net.Squeeze(first, [2]) + begin
    for emission in others:
        arrived = net.ReduceLogSumExp(net.Gather(forward, back, axis=1) + ways, [2], keepdims=0)
        forward = arrived + net.Squeeze(emission, [2])
    total = _last(net, forward, target)
    fits = net.Greater(total, _NEVER / 2)
    return net.Where(fits, -total, np.float32(0)), net.Cast(fits, to=np.dtype("float32"))


def _with_blanks(net: LossNet, target: Value, labels: int) -> Value:
    """The states of the recursion, (N, 2 labels + 1): a blank before, between and after the labels."""
    pairs = net.Reshape(net.Pad(net.Unsqueeze(target, [2]), [0, 0, 1, 0, 0, 0]), [0, 2 * labels])
    return net.Pad(pairs, [0, 0, 0, 1])


def _ways(net: LossNet, states: Value, back: np.ndarray) -> Value:
    """Into each state, (N, states, 3), log 1 or log 0: staying, from the one before, and from the label before that.

    A blank is left out only between two labels that differ.
    """
    there = np.arange(len(back))[:, None] >= np.arange(3)
    earlier = net.Gather(states, back[:, 2], axis=1)
    barred = net.Cast(net.Or(net.Equal(states, 0), net.Equal(states, earlier)), to=np.dtype("float32"))
    skips = net.Unsqueeze(barred, [2]) * np.array([0, 0, _NEVER], np.float32)
    return skips + np.where(there, 0, _NEVER).astype(np.float32)


def _last(net: LossNet, forward: Value, target: Value) -> Value:
    """The log-probability, (N), of the two states that a row may end in: its last label, or the blank after it."""
    count = net.ReduceSum(net.Cast(net.Not(net.Equal(target, 0)), to=np.dtype("int64")), [1])
    ends = net.GatherElements(forward, net.Concat(count * 2, net.Max(count * 2 - 1, 0), axis=1), axis=1)
    # Without labels there is the blank alone.
    empty = net.Cast(net.Equal(count, 0), to=np.dtype("float32")) * np.array([0, _NEVER], np.float32)
    return net.ReduceLogSumExp(ends + empty, [1], keepdims=0)

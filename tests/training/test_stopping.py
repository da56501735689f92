"""Early stopping, epoch by epoch."""

import pytest

from declnet import DataError
from declnet.training.stopping import Monitor


def follow(monitor, values):
    """For each value: is it the best, and is patience exhausted?"""
    trace = []
    for epoch, value in enumerate(values, 1):
        trace.append((monitor.update({"epoch": epoch, "figure": value}), monitor.exhausted))
    return trace


def test_training_stops_after_patience_epochs_without_improvement():
    trace = follow(Monitor("figure", patience=2), [3.0, 2.0, 2.5, 2.1])

    assert [(True, False), (True, False), (False, False), (False, True)] == trace


def test_higher_may_be_better():
    assert [True, True, False] == [best for best, _ in follow(Monitor("figure", higher=True), [0.1, 0.3, 0.2])]


def test_a_gain_below_minimum_delta_is_none():
    assert [True, False, True] == [best for best, _ in follow(Monitor("figure", minimum_delta=0.5), [3.0, 2.6, 2.4])]


def test_nan_is_never_the_best():
    assert [False, True] == [best for best, _ in follow(Monitor("figure"), [float("nan"), 1.0])]


def test_state_survives_a_checkpoint():
    """A resumed monitor goes on as the undisturbed one."""
    first = Monitor("figure", patience=3)
    follow(first, [2.0, 3.0])
    second = Monitor("figure", patience=3)
    second.restore(first.state())

    assert (first.best, first.best_epoch, first.waited) == (second.best, second.best_epoch, second.waited)


def test_an_unknown_figure_is_refused():
    with pytest.raises(DataError, match=r"no figure 'figure'"):
        Monitor("figure").update({"epoch": 1, "loss": 1.0})

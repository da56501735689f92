"""Early stopping, epoch by epoch."""

from declnet.training.observers import EarlyStopping


class Training:
    """What early stopping asks of a trainer."""

    def __init__(self):
        self.reason = None

    def weights(self):
        return {"w": "of this epoch"}

    def stop(self, reason):
        self.reason = reason


def follow(stopping, values):
    """For each value: is it the best, and does training stop?"""
    trace = []
    for epoch, value in enumerate(values, 1):
        training = Training()
        stopping.epoch_ended(training, {"epoch": epoch, "figure": value})
        trace.append((stopping.improved, training.reason == "early stopping"))
    return trace


def test_training_stops_after_patience_epochs_without_improvement():
    trace = follow(EarlyStopping("figure", patience=2), [3.0, 2.0, 2.5, 2.1])

    assert [(True, False), (True, False), (False, False), (False, True)] == trace


def test_higher_may_be_better():
    assert [True, True, False] == [best for best, _ in follow(EarlyStopping("figure", higher=True), [0.1, 0.3, 0.2])]


def test_a_gain_below_minimum_delta_is_none():
    assert [True, False, True] == [
        best for best, _ in follow(EarlyStopping("figure", minimum_delta=0.5), [3.0, 2.6, 2.4])
    ]


def test_nan_is_never_the_best():
    assert [False, True] == [best for best, _ in follow(EarlyStopping("figure"), [float("nan"), 1.0])]


def test_state_survives_a_checkpoint():
    """A resumed monitor goes on as the undisturbed one."""
    first = EarlyStopping("figure", patience=3)
    follow(first, [2.0, 3.0])
    second = EarlyStopping("figure", patience=3)
    second.restore(first.state())

    assert {"best": 2.0, "best_epoch": 1, "waited": 1} == second.state()
    assert [(False, False), (False, True)] == follow(second, [2.5, 2.5])


def test_a_run_that_had_stopped_stops_again():
    """A checkpoint whose patience was exhausted is not trained on."""
    stopping, training = EarlyStopping("figure", patience=1), Training()
    follow(stopping, [2.0, 3.0])
    stopping.started(training)

    assert "early stopping" == training.reason


def test_the_weights_are_those_of_the_best_epoch():
    stopping = EarlyStopping("figure")
    follow(stopping, [3.0, 2.0, 2.5])

    assert (2, {"w": "of this epoch"}) == (stopping.best_epoch, stopping.weights)

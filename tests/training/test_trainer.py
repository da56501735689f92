"""The loop itself: who is told what, what a checkpoint keeps of observers, and what the record of an epoch holds."""

import json
from pathlib import Path

import numpy as np
import pytest

import declnet
from declnet import Observer
from declnet.run import conformed, read_table, split_table
from declnet.training.folder import RunFolder
from declnet.training.trainer import Trainer

SPEC = json.loads(Path(__file__).with_name("iris.json").read_text())


class Counting(Observer):
    """Has a state, and fails where it is told to."""

    def __init__(self, failing=()):
        self.steps, self.told, self.failing = 0, [], failing

    def started(self, trainer):
        self._hear("started")

    def stepped(self, trainer):
        self.steps += 1
        if self.steps == 3:
            trainer.stop("three steps")

    def ended(self, trainer, reason):
        self._hear("ended")

    def state(self):
        return {"steps": self.steps}

    def restore(self, state):
        self.steps = state["steps"]

    def _hear(self, event):
        self.told.append(event)
        if event in self.failing:
            raise ValueError(f"failed when {event}")


def test_an_observer_that_fails_in_the_end_costs_no_checkpoint(tmp_path):
    observers = [Counting(failing=["ended"]), Counting()]

    with pytest.raises(ValueError, match="failed when ended"):
        declnet.train(SPEC, out=tmp_path / "run", observers=observers)
    assert ["started", "ended"] == observers[1].told
    assert 3 == RunFolder.open(tmp_path / "run").last().tensors["step"]


def test_only_who_was_told_of_the_start_is_told_of_the_end():
    """And what went wrong first is what is raised."""
    observers = [Counting(failing=["ended"]), Counting(failing=["started"]), Counting()]

    with pytest.raises(ValueError, match="failed when started") as caught:
        declnet.train(SPEC, observers=observers)
    assert [["started", "ended"], ["started", "ended"], []] == [each.told for each in observers]
    assert "failed when ended" in caught.value.__notes__[0]


def test_a_state_needs_the_observer_that_kept_it(tmp_path):
    run = declnet.train(SPEC, out=tmp_path / "run", observers=[Counting()])

    assert ("three steps", 3) == (run.reason, run.provenance["ended"]["steps"])
    with pytest.raises(declnet.RunError, match="resume with the observers that it was started with"):
        declnet.train(SPEC, out=tmp_path / "run", resume=True)


def test_a_run_says_why_it_ended_and_what_was_different_when_it_went_on(tmp_path, monkeypatch):
    declnet.train(SPEC, out=tmp_path / "run", observers=[Counting()])
    monkeypatch.setattr(declnet, "__version__", "another")
    run = declnet.train(SPEC, out=tmp_path / "run", resume=True, observers=[Counting()])

    assert ("epochs", 4) == (run.reason, run.provenance["ended"]["epochs"])
    assert [{"step": 3, "declnet": "another"}] == run.provenance["resumed"]
    assert "another" != run.provenance["declnet"]
    assert run.provenance == declnet.open_run(tmp_path / "run").provenance


def test_what_a_model_draws_is_drawn_in_validation_as_when_it_is_served():
    """With a noise that is always there, an epoch's validation loss is what the weights of that epoch give."""
    layers = [
        {"type": "dense", "units": 3, "name": "mean", "inputs": "features"},
        {"type": "dense", "units": 3, "name": "log_variance", "inputs": "features"},
        {"type": "sampling", "inputs": ["mean", "log_variance"], "when": "always", "name": "logits"},
    ]
    run = declnet.train({**SPEC, "layers": layers})

    assert min(record["validation_loss"] for record in run.history) == pytest.approx(
        run.evaluate(split="validation")["loss"], rel=1e-6
    )


@pytest.mark.parametrize("state", [{"seen": {1, 2}}, {"seen": np.float32(1)}, {1: 2}, {"worst": float("nan")}])
def test_a_state_that_json_does_not_give_back_is_refused(tmp_path, state):
    observer = Counting()
    observer.state = lambda: state

    with pytest.raises(declnet.RunError, match=r"observer .*Counting has a state that cannot be kept"):
        declnet.train(SPEC, out=tmp_path / "run", observers=[observer])


def test_a_record_is_read_only():
    class Forging(Observer):
        def epoch_ended(self, trainer, record):
            record["loss"] = 0.0

    with pytest.raises(TypeError, match="does not support item assignment"):
        declnet.train(SPEC, observers=[Forging()])


def test_a_trainer_needs_a_program_and_rows():
    program = declnet.compile(SPEC)
    trainer = Trainer(program, conformed(program, split_table(program.spec, read_table(program.spec, None), False)))

    assert "epochs" == trainer.run()
    assert declnet.train(program).history == trainer.history

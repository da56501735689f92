"""Training end to end on a small table: it learns, resumes exactly, stops early, and refuses bad input."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import declnet
from declnet import Interrupted, Observer
from declnet.runtime.onnxruntime import OnnxRuntime
from declnet.training.folder import RunFolder

SPEC = json.loads(Path(__file__).with_name("iris.json").read_text())
STEPS_PER_EPOCH = 6  # 90 rows


def spec_with(**training):
    return {**SPEC, "training": {**SPEC["training"], **training}}


class StopAt(Observer):
    """Sends the process a SIGINT in the middle of training, as Ctrl-C does."""

    def __init__(self, step):
        self.step = step

    def stepped(self, trainer):
        if trainer.steps_done == self.step:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return declnet.train(SPEC, out=tmp_path_factory.mktemp("runs") / "undisturbed")


def same(first, second):
    """Whether two runs hold the same weights and history, bit for bit."""
    weights = all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)
    return weights and first.history == second.history


def test_it_learns_iris(undisturbed):
    """A small net separates the three species."""
    run = declnet.train(spec_with(epochs=30))

    assert run.evaluate()["accuracy"] >= 0.9
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_two_runs_are_the_same_bit_for_bit(undisturbed):
    """In memory or in a folder, the same spec gives the same weights."""
    assert same(undisturbed, declnet.train(SPEC))


def test_another_seed_gives_other_weights(undisturbed):
    assert not same(undisturbed, declnet.train(spec_with(seed=1)))


def test_an_interrupted_run_resumes_exactly(undisturbed, tmp_path):
    """Ctrl-C leaves a checkpoint in the middle of an epoch; the resumed run ends where the undisturbed one ends."""
    with pytest.raises(Interrupted):
        declnet.train(SPEC, out=tmp_path / "run", observers=[StopAt(2 * STEPS_PER_EPOCH + 1)])
    stopped = RunFolder.open(tmp_path / "run").last()
    resumed = declnet.train(SPEC, out=tmp_path / "run", resume=True)

    assert (2, 1) == (stopped.state["epoch"], stopped.state["batch"])
    assert same(undisturbed, resumed)
    assert same(undisturbed, declnet.open_run(tmp_path / "run"))


KILLED = """
import os, sys, declnet, json

class Dying(declnet.Observer):
    def stepped(self, trainer):
        if trainer.steps_done == int(sys.argv[3]):
            os.kill(os.getpid(), 9)

declnet.train(json.loads(sys.argv[1]), out=sys.argv[2], observers=[Dying()])
"""


@pytest.mark.parametrize("steps", [2, 7, 17])
def test_a_killed_run_resumes_exactly(undisturbed, tmp_path, steps):
    """kill -9 at any step: the last checkpoint is whole, and training from there gives the same bits."""
    import json

    command = [sys.executable, "-c", textwrap.dedent(KILLED), json.dumps(SPEC), str(tmp_path / "run"), str(steps)]
    killed = subprocess.run(command, capture_output=True, check=False)
    resumed = declnet.train(SPEC, out=tmp_path / "run", resume=True)

    assert -signal.SIGKILL == killed.returncode
    assert same(undisturbed, resumed)


def test_a_run_folder_is_not_overwritten(undisturbed, tmp_path):
    """Only --force does, and only where a run is."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("years of work")

    with pytest.raises(declnet.RunError, match="exists already"):
        declnet.train(SPEC, out=undisturbed.folder)
    with pytest.raises(declnet.RunError, match="not a run"):
        declnet.train(SPEC, out=tmp_path / "notes", force=True)
    assert "years of work" == (tmp_path / "notes" / "thesis.txt").read_text()
    assert same(undisturbed, declnet.open_run(undisturbed.folder))


def test_force_starts_anew(tmp_path):
    declnet.train(spec_with(epochs=1), out=tmp_path / "run")
    declnet.train(spec_with(epochs=2), out=tmp_path / "run", force=True)

    assert 2 == len(declnet.open_run(tmp_path / "run").history)


def test_resuming_with_another_spec_is_refused(undisturbed):
    with pytest.raises(declnet.RunError, match="trained by another spec"):
        declnet.train(spec_with(epochs=9), out=undisturbed.folder, resume=True)


def test_resuming_with_other_data_is_refused(undisturbed, tmp_path):
    random = np.random.default_rng(0)
    data = {"features": random.random((60, 4), "float32"), "label": random.integers(0, 3, 60)}

    with pytest.raises(declnet.RunError, match="other data"):
        declnet.train(SPEC, out=undisturbed.folder, data=data, resume=True)


def test_resuming_nothing_is_refused(tmp_path):
    with pytest.raises(declnet.RunError, match="not a run folder"):
        declnet.train(SPEC, out=tmp_path / "nothing", resume=True)


def test_resuming_for_another_target_is_refused(undisturbed):
    with pytest.raises(declnet.RunError, match="was trained for another target"):
        declnet.train(SPEC, out=undisturbed.folder, resume=True, target="web")


@pytest.mark.parametrize("restore_best", [True, False])
def test_a_run_that_is_opened_has_the_weights_of_the_run_in_hand(tmp_path, restore_best):
    """Those of the best epoch, or of the last one, as the spec says; begun with, too."""
    spec = spec_with(
        epochs=12,
        optimizer={"type": "sgd", "learning_rate": 1.5},
        early_stopping={"monitor": "validation_loss", "patience": 9, "restore_best": restore_best},
    )
    run = declnet.train(spec, out=tmp_path / "run")

    assert same(run, declnet.open_run(tmp_path / "run"))
    assert all(
        np.array_equal(run.weights[name], value)
        for name, value in RunFolder.open(run.folder).kept().tensors.items()
        if name in run.weights
    )
    last = np.array_equal(RunFolder.open(run.folder).last().tensors["logits/kernel"], run.weights["logits/kernel"])
    assert last is not restore_best


def test_the_weights_of_the_best_epoch_are_not_replaced_by_others(tmp_path):
    declnet.train(SPEC, out=tmp_path / "run")
    (tmp_path / "run" / "checkpoints" / "best.safetensors").unlink()

    with pytest.raises(declnet.RunError, match="is missing, the weights of the best epoch"):
        declnet.open_run(tmp_path / "run")


def test_resuming_with_a_split_more_is_refused(tmp_path):
    spec = {**SPEC, "data": {"source": SPEC["data"]["source"]}}
    rows = {"features": np.ones((8, 4), "f"), "label": np.arange(8) % 3}
    declnet.train(spec, out=tmp_path / "run", data={"train": rows})

    with pytest.raises(declnet.RunError, match="the validation split differs"):
        declnet.train(spec, out=tmp_path / "run", data={"train": rows, "validation": rows}, resume=True)


@pytest.mark.parametrize("content", ["[]", "{", '{"format": true}', '{"format": 1, "target": "standard"}'])
def test_a_damaged_record_is_refused(tmp_path, content):
    declnet.train(SPEC, out=tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text(content)

    with pytest.raises(declnet.RunError, match=r"run\.json"):
        declnet.open_run(tmp_path / "run")


def test_a_finished_run_resumes_to_itself(undisturbed):
    assert same(undisturbed, declnet.train(SPEC, out=undisturbed.folder, resume=True))


def test_early_stopping_gives_the_best_weights(tmp_path):
    """With a wild learning rate the best epoch is not the last one."""
    spec = spec_with(
        epochs=40,
        optimizer={"type": "sgd", "learning_rate": 1.5},
        early_stopping={"monitor": "validation_loss", "patience": 3},
    )
    run = declnet.train(spec, out=tmp_path / "run")
    losses = [record["validation_loss"] for record in run.history]

    assert len(losses) < 40
    assert len(losses) - 3 == int(np.argmin(losses)) + 1
    assert min(losses) == pytest.approx(run.evaluate(split="validation")["loss"], rel=1e-6)


def test_the_training_loss_is_the_mean_over_the_rows():
    """With no learning to speak of it is the loss of the untrained model, partial batches weighted by rows."""
    layers = [{"type": "dense", "units": 3, "name": "logits"}]
    run = declnet.train({**spec_with(epochs=1, optimizer={"type": "sgd", "learning_rate": 1e-30}), "layers": layers})

    assert run.evaluate(split="train")["loss"] == pytest.approx(run.history[0]["loss"], rel=1e-5)


def test_divergence_is_an_error_and_keeps_the_last_good_checkpoint(tmp_path):
    """Infinite weights are never written."""
    loss = {"type": "mean_squared_error", "target": "features", "from": "out"}
    layers = [{"type": "dense", "units": 4, "name": "out"}]
    training = spec_with(loss=loss, optimizer={"type": "sgd", "learning_rate": 1e20}, epochs=5, metrics=[])
    spec = {**training, "layers": layers, "outputs": {"out": "out"}, "data": {"source": SPEC["data"]["source"]}}

    with pytest.raises(declnet.RunError, match="training diverged") as error:
        declnet.train(spec, out=tmp_path / "run")
    assert "DN5004" == error.value.diagnostics[0].code
    assert all(np.isfinite(value).all() for value in RunFolder.open(tmp_path / "run").last().tensors.values())


def test_a_frozen_layer_keeps_its_weights(undisturbed):
    """freeze: the optimizer has no slots for it, and its values do not move."""
    layers = [dict(layer) for layer in SPEC["layers"]]
    layers[1]["freeze"] = True
    run = declnet.train({**SPEC, "layers": layers})
    initial = run.program.initial_weights()

    assert np.array_equal(initial["dense_1/kernel"], run.weights["dense_1/kernel"])
    assert not np.array_equal(initial["logits/kernel"], run.weights["logits/kernel"])


def test_transfer_begins_with_the_weights_of_another_run(undisturbed):
    """initialize_from: with no learning to speak of the weights are those of the other run."""
    spec = spec_with(
        epochs=1,
        optimizer={"type": "sgd", "learning_rate": 1e-30},
        initialize_from={"path": str(undisturbed.folder)},
    )
    run = declnet.train(declnet.load(spec, trusted=True))

    assert np.array_equal(undisturbed.weights["logits/kernel"], run.weights["logits/kernel"])


def test_statistics_are_those_of_the_training_split(undisturbed):
    """standardize holds the mean and standard deviation of the training rows, and of no others."""
    rows = undisturbed.splits.train["features"].astype("float64")
    weights = undisturbed.weights

    assert np.allclose(rows.mean(0), weights["standardize_1/mean"].ravel(), rtol=1e-5)
    assert np.allclose(rows.std(0), weights["standardize_1/standard_deviation"].ravel(), rtol=1e-5)


@pytest.mark.training_build
def test_both_forms_of_the_step_agree():
    """The fused kernels of onnxruntime-training and the standard operators give the same first steps."""
    standard = declnet.train(spec_with(epochs=1), target="standard")
    fused = declnet.train(spec_with(epochs=1), target="training")

    for name, value in standard.weights.items():
        assert np.allclose(value, fused.weights[name], rtol=1e-4, atol=1e-5)


def test_cuda_without_cuda_names_the_extra():
    """Where the build has no such provider, the error says which extra brings it."""
    if "cuda" in OnnxRuntime.devices():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(declnet.BackendError, match=r"declnet\[cuda\]"):
        declnet.train(SPEC, device="cuda:0")


@pytest.mark.cuda
def test_cuda_takes_the_same_first_steps():
    """The same graphs on the CUDA execution provider: the losses of the first epoch agree."""
    host = declnet.train(spec_with(epochs=1), target="standard")
    device = declnet.train(spec_with(epochs=1), target="standard", device="cuda")

    assert host.history[0]["loss"] == pytest.approx(device.history[0]["loss"], rel=1e-3)

"""Steppers: the step graph in two buffers against plain runs of it, and steps in halves against steps as a whole."""

import threading

import numpy as np
import pytest

import declnet
from declnet import Accumulate, Halves, Whole
from declnet.data import ArrayRows
from declnet.runtime import open_runtime
from declnet.runtime.onnxruntime import OnnxRuntime, OrtTensor
from declnet.training.first_values import first_values

SGD = {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}
LINE = {
    "name": "line",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 1, "name": "out"}],
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": SGD,
        "epochs": 1,
        "batch_size": 4,
    },
}
# Running statistics, dropout and a penalty: what lies between a step and the mean of its parts.
RICH = {
    **LINE,
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh", "kernel_regularizer": "l2"},
        {"type": "batch_norm"},
        {"type": "dropout", "rate": 0.3},
        {"type": "dense", "units": 1, "name": "out"},
    ],
}
# Two objectives that take turns; the second one's has two losses.
TURNS = {
    **LINE,
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh", "name": "first"},
        {"type": "dense", "units": 1, "name": "out"},
    ],
    "training": {
        "objectives": [
            {
                "name": "near",
                "layers": ["first"],
                "optimizer": SGD,
                "loss": {"type": "mean_squared_error", "target": "y"},
            },
            {
                "name": "far",
                "layers": ["out"],
                "optimizer": {"type": "adam", "learning_rate": 0.01},
                "loss": [{"type": "mean_absolute_error", "target": "y"}, {"type": "huber", "target": "y"}],
            },
        ],
        "epochs": 1,
        "batch_size": 4,
    },
}
# Three objectives that all train everything.
SHARED = {
    **TURNS,
    "training": {
        **TURNS["training"],
        "objectives": [
            {"name": name, "optimizer": optimizer, "loss": {"type": loss, "target": "y"}}
            for name, optimizer, loss in [
                ("near", SGD, "mean_squared_error"),
                ("far", {"type": "sgd", "learning_rate": 0.01}, "mean_absolute_error"),
                ("wide", {"type": "sgd", "learning_rate": 0.1}, "huber"),
            ]
        ],
    },
}
INDICES = (np.arange(4), np.array([7, 3, 9, 1]), np.array([5, 2]), np.array([0, 19, 4, 4]), np.array([8, 6]))


def rows():
    random = np.random.default_rng(0)
    return ArrayRows({"x": random.random((20, 3), "float32"), "y": random.random((20, 1), "float32")})


def begun(program, stepper):
    """*stepper*, ready to train on these rows."""
    values = {**first_values(program, rows(), open_runtime()), "seed": np.array(7), "total_steps": np.array(5)}
    stepper.begin(program, rows(), values, open_runtime())
    return stepper


def test_bound_buffers_give_what_plain_runs_give():
    """Batches of different sizes, an odd number of steps."""
    program = declnet.compile(LINE)
    stepper, session = begun(program, Whole()), open_runtime().session(program.step)
    state = stepper.state()
    for index in INDICES:
        stepper.step(index)
        result = session.run({**state, **rows().take(index)})
        state |= {name.removesuffix("_next"): value for name, value in result.items() if name.endswith("_next")}

        assert {"loss": float(result["loss"].reshape(()))} == stepper.losses()
    found = stepper.state()
    assert set(program.carried) == set(found)
    assert all(np.array_equal(state[name], found[name]) for name in found)


@pytest.mark.parametrize("stepper", [Whole, Halves, lambda: Accumulate(2)])
def test_the_caller_s_arrays_are_not_touched(stepper):
    """Initial weights are copied: a second run can begin with them."""
    program = declnet.compile(LINE)
    values = {**first_values(program, rows(), open_runtime()), "seed": np.array(7), "total_steps": np.array(5)}
    before = {name: value.copy() for name, value in values.items()}
    made = stepper()
    made.begin(program, rows(), values, open_runtime())
    for _ in range(3):
        made.step(np.arange(4))

    assert all(np.array_equal(before[name], values[name]) for name in values)


@pytest.mark.parametrize("stepper", [Whole, Halves])
def test_a_carried_tensor_can_be_set(stepper):
    made = begun(declnet.compile(LINE), stepper())
    made.step(np.arange(4))
    made.set("loss_total", np.zeros((), "float32"))

    assert 0.0 == made.state()["loss_total"]


@pytest.mark.parametrize("spec", [LINE, RICH, TURNS, SHARED], ids=["line", "rich", "turns", "shared"])
@pytest.mark.parametrize("stepper", [Halves, lambda: Accumulate(1)], ids=["halves", "accumulate"])
def test_the_halves_make_the_step_of_the_whole(spec, stepper):
    """Weights, slots, statistics, losses and counters agree, also where objectives take turns."""
    program = declnet.compile(spec)
    whole, halves = begun(program, Whole()), begun(program, stepper())
    for index in INDICES:
        for each in (whole, halves):
            each.step(index)

        assert whole.losses() == pytest.approx(halves.losses(), rel=1e-5)
    expected, found = whole.state(), halves.state()
    assert list(expected) == list(found)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_accumulated_gradients_are_those_of_the_batch(parts):
    """The mean of the parts' gradients, by their shares, also where parts differ in size or a batch has fewer rows."""
    program = declnet.compile(LINE)
    whole, accumulated = begun(program, Whole()), begun(program, Accumulate(parts))
    for index in INDICES:
        for each in (whole, accumulated):
            each.step(index)

        assert whole.losses() == pytest.approx(accumulated.losses(), rel=1e-5)
    for name, value in whole.state().items():
        np.testing.assert_allclose(accumulated.state()[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_parts_draw_different_random_numbers():
    """Dropout does not drop the same places in each part: the same rows twice give two masks."""
    drop = [{"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 1, "bias": False, "name": "out"}]
    program = declnet.compile({**LINE, "layers": drop})
    both, one = begun(program, Accumulate(2)), begun(program, Halves())
    both.step(np.array([0, 1, 2, 3, 0, 1, 2, 3]))
    one.step(np.array([0, 1, 2, 3]))

    assert not np.array_equal(both.state()["out/kernel"], one.state()["out/kernel"])


class AllReduce:
    """The sum over workers that are threads, in the order of their numbers: what MPI does between processes."""

    def __init__(self, workers):
        self._parts, self._barrier = [None] * workers, threading.Barrier(workers, timeout=60)

    def of(self, worker):
        def reduce(flat):
            self._parts[worker] = flat
            self._barrier.wait()
            total = sum(self._parts[1:], self._parts[0])
            self._barrier.wait()
            return total

        return reduce


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("spec", [RICH, TURNS], ids=["rich", "turns"])
def test_workers_end_where_one_process_ends_bit_for_bit(spec, workers):
    """N workers, each with its part of every batch, and one process that accumulates N parts."""
    program, reduction = declnet.compile(spec), AllReduce(workers)
    steppers = [begun(program, Halves(reduction.of(k), worker=k, workers=workers)) for k in range(workers)]
    alone = begun(program, Accumulate(workers))

    def work(stepper):
        for index in INDICES:
            stepper.step(index)

    threads = [threading.Thread(target=work, args=(stepper,)) for stepper in steppers]
    for thread in threads:
        thread.start()
    work(alone)
    for thread in threads:
        thread.join()

    for stepper in steppers:
        assert alone.losses() == stepper.losses()
        assert all(np.array_equal(value, stepper.state()[name]) for name, value in alone.state().items())


@pytest.mark.parametrize(
    "make",
    [lambda: Accumulate(0), lambda: Halves(worker=2, workers=2), lambda: Halves(worker=-1), lambda: Halves(workers=0)],
)
def test_impossible_parts_are_refused(make):
    with pytest.raises(declnet.RunError):
        make()


def test_workers_without_a_sum_are_refused():
    """Each would train on half of every batch, and nobody would know."""
    with pytest.raises(declnet.RunError, match="nothing adds up") as caught:
        Halves(workers=2)
    assert "Accumulate" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize("reduce", [lambda flat: None, lambda flat: flat[1:], lambda flat: flat.astype("float64")])
def test_a_reduction_that_is_no_sum_is_refused(reduce):
    """One that works in place and returns nothing, a part, another type: none becomes a gradient."""
    stepper = begun(declnet.compile(LINE), Halves(reduce))

    with pytest.raises(declnet.RunError, match="reduce does not return a sum"):
        stepper.step(np.arange(4))


class Watched(OnnxRuntime):
    """It counts how often a tensor is read by the host, or written by it."""

    def tensor(self, array):
        made = super().tensor(array)

        class Counted(OrtTensor):
            moves = 0

            def numpy(self):
                self.moves += 1
                return super().numpy()

            def set(self, array):
                self.moves += 1
                super().set(array)

        return Counted(made.value, array, shared=True)


@pytest.mark.parametrize("spec", [RICH, TURNS], ids=["rich", "turns"])
@pytest.mark.parametrize("stepper", [Whole, Halves, lambda: Accumulate(2)], ids=["whole", "halves", "accumulate"])
def test_parameters_and_slots_stay_on_the_device(spec, stepper):
    """What the host sees of a step are rows, losses and what a reduction adds up."""
    program, runtime, made = declnet.compile(spec), Watched(), stepper()
    values = {**first_values(program, rows(), runtime), "seed": np.array(7), "total_steps": np.array(5)}
    made.begin(program, rows(), values, runtime)
    tensors = [made.tensors()]
    for index in INDICES[:2]:
        made.step(index)
        tensors.append(made.tensors())

    stay = [*program.tensors.parameters, *program.slots, "step"]
    assert {0} == {each[name].moves for each in tensors for name in stay}


def test_a_run_goes_on_with_the_stepper_that_it_began_with(tmp_path):
    """The parts of another stepper have other masks and other means."""
    data = {name: rows()[name] for name in ("x", "y")}
    declnet.train(LINE, data=data, out=tmp_path / "run", stepper=Accumulate(2))

    with pytest.raises(declnet.RunError, match="steps of another kind") as caught:
        declnet.train(LINE, data=data, out=tmp_path / "run", resume=True)
    assert ("whole", "parts 2") == (caught.value.diagnostics[0].found, caught.value.diagnostics[0].allowed)


def test_a_run_may_be_trained_in_parts(tmp_path):
    """Training takes any stepper, and resumes with it."""
    data = {name: rows()[name] for name in ("x", "y")}
    spec = {**RICH, "training": {**RICH["training"], "epochs": 4}}
    undisturbed = declnet.train(spec, data=data, stepper=Accumulate(2))

    class Stop(declnet.Observer):
        def stepped(self, trainer):
            if trainer.steps_done == 7:
                trainer.stop("enough")

    declnet.train(spec, data=data, stepper=Accumulate(2), out=tmp_path / "run", observers=[Stop()])
    resumed = declnet.train(spec, data=data, stepper=Accumulate(2), out=tmp_path / "run", resume=True)

    assert undisturbed.history == resumed.history
    assert all(np.array_equal(value, resumed.weights[name]) for name, value in undisturbed.weights.items())

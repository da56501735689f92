"""Learning-rate schedules against their formulas in float64."""

import math

import pytest
from declnet_schedule import (
    constant,
    cosine,
    cosine_restarts,
    exponential,
    inverse_square_root,
    inverse_time,
    one_cycle,
    piecewise,
    polynomial,
    warmup,
)

from declnet import DeclnetError
from declnet.testing import run_schedule

STEPS = [0, 1, 2, 5, 9, 10, 99, 150]


def test_constant():
    """One rate for ever."""
    rates = run_schedule(constant, {"value": 0.25}, STEPS, 100)

    assert [0.25] * len(STEPS) == rates


@pytest.mark.parametrize("staircase", [False, True])
def test_exponential(staircase):
    """A factor for every stretch of steps, at once or little by little."""
    properties = {"initial": 0.5, "decay_rate": 0.9, "decay_steps": 5, "staircase": staircase}

    rates = run_schedule(exponential, properties, STEPS, 100)

    exponents = [step // 5 if staircase else step / 5 for step in STEPS]
    assert rates == pytest.approx([0.5 * 0.9**exponent for exponent in exponents], rel=1e-5)


@pytest.mark.parametrize("steps", [None, 20])
def test_cosine(steps):
    """From initial to final, over all the steps or over some, and no further."""
    rates = run_schedule(cosine, {"initial": 0.5, "final": 0.1, "steps": steps}, STEPS, 100)

    progress = [min(step / (steps or 100), 1) for step in STEPS]
    assert rates == pytest.approx([0.1 + 0.4 * (1 + math.cos(math.pi * part)) / 2 for part in progress], rel=1e-5)


@pytest.mark.parametrize("factor, height", [(1, 1.0), (1, 0.5), (2, 1.0), (3, 0.5)])
def test_cosine_restarts(factor, height):
    """Each wave is factor times as long and height times as high as the one before; the first takes 10 steps."""
    steps = [0, 1, 9, 10, 11, 29, 30, 31, 40, 69, 70, 129, 130, 1000]
    properties = {"initial": 0.5, "final": 0.1, "period": 10, "period_factor": factor, "height_factor": height}

    rates = run_schedule(cosine_restarts, properties, steps, 100)

    expected = []
    for step in steps:
        top, length = 0.5, 10
        while step >= length:
            top, step, length = top * height, step - length, length * factor
        expected.append(0.1 + (top - 0.1) * (1 + math.cos(math.pi * step / length)) / 2)
    assert rates == pytest.approx(expected, rel=1e-4)


def test_cosine_restarts_agrees_with_torch(torch):
    """PyTorch's schedule, where it is installed."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 7, T_mult=2, eta_min=0.01)
    theirs = []
    for _ in range(60):
        theirs.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()

    ours = run_schedule(
        cosine_restarts, {"initial": 0.5, "final": 0.01, "period": 7, "period_factor": 2}, range(60), 60
    )

    assert ours == pytest.approx(theirs, rel=1e-5)


def test_cosine_with_warmup():
    """The rate rises in a straight line, is at its top after the warm-up, and ends at 0."""
    rates = run_schedule(cosine, {"initial": 1.0, "warmup_steps": 4}, [0, 1, 2, 3, 4, 12, 20], 20)

    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 0.5, 0.0], abs=1e-6)


def test_cosine_in_a_training_shorter_than_its_warmup():
    """The rate still rises; nothing is divided by 0."""
    rates = run_schedule(cosine, {"initial": 1.0, "warmup_steps": 4}, [0, 1, 2], 3)

    assert rates == pytest.approx([0.2, 0.4, 0.6], rel=1e-5)


def test_cosine_refuses_a_warmup_without_descent():
    """A warm-up that takes all the steps is a mistake."""
    with pytest.raises(DeclnetError, match="leaves no step"):
        run_schedule(cosine, {"initial": 1.0, "steps": 10, "warmup_steps": 10}, STEPS, 100)


def test_piecewise():
    """A rate for each stretch; it changes at the boundary itself."""
    rates = run_schedule(piecewise, {"boundaries": [2, 10], "values": [1.0, 0.5, 0.125]}, STEPS, 100)

    assert [1.0, 1.0, 0.5, 0.5, 0.5, 0.125, 0.125, 0.125] == rates


@pytest.mark.parametrize(
    "properties, words",
    [
        ({"boundaries": [5], "values": [1, 2, 3]}, "3 values for 1 boundaries"),
        ({"boundaries": [5, 5], "values": [1, 2, 3]}, "must rise"),
    ],
)
def test_piecewise_refuses(properties, words):
    """What does not fit together is a mistake."""
    with pytest.raises(DeclnetError, match=words):
        run_schedule(piecewise, properties, STEPS, 100)


@pytest.mark.parametrize("steps, power", [(None, 1), (20, 2), (20, 0.5)])
def test_polynomial(steps, power):
    """A power of what is left, and the final rate for ever after."""
    properties = {"initial": 0.5, "final": 0.1, "steps": steps, "power": power}

    rates = run_schedule(polynomial, properties, STEPS, 100)

    left = [1 - min(step / (steps or 100), 1) for step in STEPS]
    assert rates == pytest.approx([0.1 + 0.4 * part**power for part in left], rel=1e-5)


@pytest.mark.parametrize("staircase", [False, True])
def test_inverse_time(staircase):
    """One over a straight line, or over stairs."""
    properties = {"initial": 0.5, "decay_rate": 0.3, "decay_steps": 5, "staircase": staircase}

    rates = run_schedule(inverse_time, properties, STEPS, 100)

    stretches = [step // 5 if staircase else step / 5 for step in STEPS]
    assert rates == pytest.approx([0.5 / (1 + 0.3 * stretch) for stretch in stretches], rel=1e-5)


def test_inverse_square_root():
    """The paper's formula, 1 / sqrt(d) * min(1 / sqrt(t), t * w ** -1.5), for a width d and a warm-up of w steps."""
    width, warm = 64, 10

    rates = run_schedule(inverse_square_root, {"peak": 1 / math.sqrt(width * warm), "warmup_steps": warm}, STEPS, 100)

    paper = [width**-0.5 * min(t**-0.5, t * warm**-1.5) for t in (step + 1 for step in STEPS)]
    assert rates == pytest.approx(paper, rel=1e-5)


def test_warmup():
    """Any schedule can be warmed up; with a start above 0 the line begins there."""
    polynomial_rate = {"type": "polynomial", "initial": 1.0, "steps": 10}

    rates = run_schedule(warmup, {"steps": 3, "start": 0.5, "schedule": polynomial_rate}, [0, 1, 2, 3, 5, 10], 10)

    assert rates == pytest.approx([0.625, 0.75 * 0.9, 0.875 * 0.8, 0.7, 0.5, 0], abs=1e-6)


@pytest.mark.parametrize("steps", [None, 40])
def test_one_cycle(steps):
    """Up to the peak within 30 % of the steps, and down to almost nothing."""
    length = steps or 100
    top = 0.3 * length - 1

    rates = run_schedule(one_cycle, {"peak": 1.0, "steps": steps}, [0, int(top), length - 1, 1000], 100)

    assert rates == pytest.approx([1 / 25, 1.0, 1 / 25e4, 1 / 25e4], rel=1e-2)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_one_cycle_in_a_short_training(total):
    """Nothing is divided by 0."""
    rates = run_schedule(one_cycle, {"peak": 1.0}, range(total), total)

    assert [True] * total == [0 < rate <= 1 for rate in rates]


def test_one_cycle_agrees_with_torch(torch):
    """PyTorch's schedule, where it is installed."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=50, cycle_momentum=False), []
    for _ in range(50):
        theirs.append(scheduler.get_last_lr()[0])
        optimizer.step()
        if len(theirs) < 50:
            scheduler.step()

    ours = run_schedule(one_cycle, {"peak": 0.5}, range(50), 50)

    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-7)

"""Learning-rate schedules against their formulas in float64."""

import math

import pytest
from declnet_schedule import constant, cosine, exponential

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

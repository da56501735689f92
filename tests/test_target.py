"""Targets: what they have, and their names."""

import pytest

from declnet.errors import BackendError
from declnet.target import STANDARD, TARGETS, TRAINING, WEB, Target, named


def test_a_target_meets_what_it_has_kernels_for():
    assert STANDARD.meets(())
    assert TRAINING.meets({"com.microsoft"})
    assert not STANDARD.meets({"com.microsoft"})
    assert not TRAINING.meets({"com.microsoft", "com.example"})


def test_targets_have_names():
    """A Target that is handed over is taken as it is."""
    mine = Target("mine", domains=frozenset({"com.example"}))

    assert [STANDARD, TRAINING, WEB] == [named(name) for name in ("standard", "training", "web")]
    assert [*TARGETS.values()] == [named(target) for target in TARGETS.values()]
    assert mine is named(mine)


def test_an_unknown_name_is_refused():
    with pytest.raises(BackendError, match="unknown target 'phone'") as refusal:
        named("phone")

    assert "'standard', 'training', 'web'" in str(refusal.value)


def test_names_are_a_set():
    """One text would be a set of letters; a list will do."""
    assert frozenset({"com.example"}) == Target("mine", domains=["com.example"]).domains
    with pytest.raises(BackendError, match="domains of a target is a set of names"):
        Target("mine", domains="com.example")

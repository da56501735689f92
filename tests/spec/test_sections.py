"""The sections of a right spec are frozen objects."""

from dataclasses import FrozenInstanceError

import pytest

from declnet.spec import (
    Checkpointing,
    Data,
    EarlyStopping,
    InitializeFrom,
    LossSpec,
    MetricSpec,
    Objective,
    Output,
    Split,
    Training,
)

RATE = {"type": "constant", "value": 0.01}
LOSS = LossSpec(
    name="cross_entropy",
    type="cross_entropy",
    source="logits",
    target="kind",
    weight=1.0,
    weights={},
    properties={"smoothing": 0.0},
    pointer="/training/loss/0",
)


def test_outputs(parsed, spec):
    """By name; without labels there are none."""
    spec["outputs"]["scores"] = "logits"

    expected = {"kind": Output("logits", "class", ("a", "b", "c")), "scores": Output("logits", "value", None)}
    assert expected == parsed(spec).outputs


def test_data(parsed, spec):
    """The source stays a component with its properties."""
    result = parsed(spec)

    source = {"type": "csv", "path": str(result.folder / "iris.csv"), "header": True}
    assert Data(source, Split(validation=0.1, test=0.2, stratify=False, seed=0)) == result.data


def test_training(parsed, spec):
    """Its own loss and optimizer are the only objective; what the schema has no default for is None."""
    expected = Training(
        epochs=5,
        batch_size=16,
        seed=0,
        objectives=(Objective("", (LOSS,), {"type": "adam", "learning_rate": RATE}, None, "/training"),),
        metrics=(MetricSpec("accuracy", None, "logits", "kind", {}),),
        observers=(),
        early_stopping=None,
        checkpoint=Checkpointing(keep=1, every_epochs=1),
        gradient_clip_norm=None,
        initialize_from=None,
    )

    assert expected == parsed(spec).training


def test_optional_parts_of_training(parsed, spec):
    """Given in part, they get the defaults of the schema."""
    spec["training"] |= {
        "early_stopping": {"patience": 3},
        "checkpoint": {"keep": 4},
        "gradient_clip_norm": 0.5,
        "initialize_from": {"path": "first.safetensors"},
    }
    result = parsed(spec)
    training = result.training

    assert EarlyStopping("validation_loss", 3, minimum_delta=0.0, restore_best=True) == training.early_stopping
    assert Checkpointing(keep=4, every_epochs=1) == training.checkpoint
    assert 0.5 == training.gradient_clip_norm
    assert InitializeFrom(result.folder / "first.safetensors", strict=True) == training.initialize_from


def test_several_objectives(parsed, spec):
    """Each has its own losses, optimizer and layers, and its name before those of its losses."""
    part = {key: spec["training"].pop(key) for key in ("loss", "optimizer")}
    spec["training"]["objectives"] = [{"name": "a", **part}, {"name": "b", "layers": ["logits"], **part}]
    result = parsed(spec)

    assert result.training.objectives == result.objectives
    assert [("a", None), ("b", ("logits",))] == [(each.name, each.layers) for each in result.objectives]
    assert ["a/cross_entropy", "b/cross_entropy"] == [each.losses[0].name for each in result.objectives]
    assert "/training/objectives/1/loss/0" == result.objectives[1].losses[0].pointer


@pytest.mark.parametrize("name, figure", [(None, "accuracy"), ("share", "share")])
def test_the_figure_of_a_metric(parsed, spec, name, figure):
    """Its name, or else its type."""
    spec["training"]["metrics"] = [{"type": "accuracy", **({"name": name} if name else {})}]
    (metric,) = parsed(spec).training.metrics

    assert (name, figure) == (metric.name, metric.figure)


def test_sections_are_frozen(parsed, spec):
    """A normalised spec does not change: run folders and files hold its document."""
    spec["training"]["early_stopping"] = {"patience": 3}
    result = parsed(spec)
    training, data = result.training, result.data
    parts = (training, training.metrics[0], training.early_stopping, training.checkpoint, data, data.split)

    for part in (*parts, result.outputs["kind"]):
        with pytest.raises(FrozenInstanceError):
            setattr(part, next(iter(vars(part))), None)


@pytest.mark.parametrize("broken", [None, 3, "x", [], {}, [None], {"x": None}, {"epochs": {}, "split": [], "from": 1}])
@pytest.mark.parametrize("section", ["outputs", "data", "training"])
def test_a_broken_section_is_none(parsed, spec, section, broken):
    """Of whatever form it is: parsing tells the mistake, and the spec has no sections."""
    spec[section] = broken
    result = parsed(spec)

    assert result.errors
    assert ({}, None, None, ()) == (result.outputs, result.data, result.training, result.objectives)


@pytest.mark.parametrize(
    "path, value",
    [
        ("metrics", [{"name": "x"}]),
        ("metrics", [3]),
        ("early_stopping", {"patence": 3}),
        ("checkpoint", {"keep": "all", "every": 2}),
        ("initialize_from", {}),
        ("initialize_from", "path"),
        ("loss", []),
        ("objectives", [{"name": "a"}]),
        ("batch_size", "${unknown}"),
    ],
)
def test_a_broken_part_breaks_no_parsing(parsed, spec, path, value):
    """Keys that are missing, unknown or of a wrong type."""
    spec["training"][path] = value
    result = parsed(spec)

    assert result.errors
    assert result.training is None


def test_a_mistake_elsewhere_leaves_no_sections(parsed, spec):
    """Only what is right as a whole is normalised, so that sections need no checks of their own."""
    spec["layers"][0]["units"] = 0
    result = parsed(spec)

    assert ({}, None, None) == (result.outputs, result.data, result.training)
    assert 5 == result.document["training"]["epochs"]

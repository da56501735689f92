"""--set PATH=VALUE: values from outside, checked like those of the file."""

import pytest


@pytest.mark.parametrize("overrides", [["training.epochs=7"], {"training.epochs": 7}])
def test_a_value_is_replaced(parsed, spec, overrides):
    """From the command line or from Python."""
    assert 7 == parsed(spec, overrides).training.epochs


def test_lists_go_by_index_and_by_layer_name(parsed, spec):
    """A number picks an item, a name the layer of that name."""
    layers = parsed(spec, ["layers.0.units=5", "layers.logits.bias=false"]).layers

    assert 5 == layers[0].properties["units"]
    assert layers[2].properties["bias"] is False


def test_a_value_is_json_or_a_string(parsed, spec):
    """What is no JSON is text."""
    result = parsed(spec, ["description=a small one", "training.metrics=[]", 'outputs.kind.labels=["x", "y"]'])

    assert "a small one" == result.document["description"]
    assert () == result.training.metrics
    assert ("x", "y") == result.outputs["kind"].labels


def test_a_key_that_may_be_there_is_added(parsed, spec):
    """The schema knows early_stopping, so it need not stand in the file."""
    assert 3 == parsed(spec, ["training.early_stopping.patience=3"]).training.early_stopping.patience


def test_a_shorthand_is_opened(parsed, spec):
    """ "adam" stands for {"type": "adam"}."""
    spec["training"]["optimizer"] = "adam"
    (objective,) = parsed(spec, ["training.optimizer.learning_rate=0.5"]).objectives

    assert {"type": "adam", "learning_rate": {"type": "constant", "value": 0.5}} == objective.optimizer


@pytest.mark.parametrize(
    "override, message",
    [
        ("layers.9.units=5", "there is no item '9' in 'layers'"),
        ("layers.logit.units=5", "there is no item 'logit' in 'layers'; did you mean 'logits'?"),
        ("variables.widht=5", "there is no 'widht' in 'variables'; did you mean 'width'?"),
        ("name.x=5", "'name' has the wrong type of value"),
        ("trainning.epochs=5", "unknown key 'trainning'; did you mean 'training'? (given already)"),
        ("training.epochs.x=5", "'training.epochs' has no keys"),
        ("training.epochs", "an override is PATH=VALUE"),
        ("=5", "an override is PATH=VALUE"),
    ],
)
def test_a_path_that_leads_nowhere(parsed, spec, override, message):
    """The nearest name, and the override as the place."""
    spec["variables"] = {"width": 8}
    spec["layers"][0]["units"] = "${width}"
    (told,) = parsed(spec, [override]).errors

    assert f"--set {override}" == told.file
    assert told.message.startswith(message)


@pytest.mark.parametrize(
    "override, code",
    [("training.epochs=0", "DN1104"), ("training.epochs=many", "DN1103"), ("layers.0.type=dens", "DN1105")],
)
def test_a_wrong_value_is_told_at_the_override(mistake, spec, override, code):
    """With the code that it would have in the file."""
    told = mistake(spec, [override])

    assert (code, f"--set {override}") == (told.code, told.file)


def test_nan_does_not_come_in_by_an_override(mistake, spec):
    """Nor by a Python float."""
    assert "DN1003" == mistake(spec, ["layers.1.rate=NaN"]).code
    assert "DN1003" == mistake(spec, {"layers.1.rate": float("nan")}).code

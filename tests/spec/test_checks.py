"""Names, numbers of inputs, and warnings."""

import pytest


@pytest.mark.parametrize(
    "inputs, message",
    [
        ("dens_1", "unknown layer or input 'dens_1'; did you mean 'dense_1'?"),
        (["logits"], "'logits' is declared later"),
        ("zzz.state", "unknown layer or input 'zzz'"),
    ],
)
def test_an_unknown_name(parsed, spec, inputs, message):
    """The nearest one, or that it comes later."""
    spec["layers"].insert(1, {"type": "dense", "units": 2, "inputs": inputs})
    told = parsed(spec).errors[0]

    assert ("DN1301", message) == (told.code, told.message)


@pytest.mark.parametrize("name", ["x", "dense_1", "logits"])
def test_a_name_is_used_once(mistake, spec, name):
    """Among layers and inputs."""
    spec["layers"].insert(0, {"type": "dense", "units": 4, "name": "dense_1"})
    spec["layers"].append({"type": "dense", "units": 4, "name": name})
    told = mistake(spec)

    assert ("DN1302", f"the name {name!r} is used twice") == (told.code, told.message)
    assert "it is used first at" in told.hint


@pytest.mark.parametrize(
    "key, figures, name",
    [
        ("metrics", ["accuracy", {"type": "accuracy", "from": "logits"}], "accuracy"),
        ("metrics", [{"type": "accuracy", "name": "loss"}], "loss"),
        ("loss", [{"type": "cross_entropy", "target": "label", "name": "l"}] * 2, "l"),
        (
            "loss",
            [{"type": "cross_entropy", "target": "label", **named} for named in ({}, {"name": "cross_entropy_1"})],
            "cross_entropy_1",
        ),
    ],
)
def test_a_figure_has_a_name_of_its_own(mistake, spec, key, figures, name):
    """Two metrics, or two losses of a list, are not reported under one name; nor is a metric as the loss."""
    spec["training"][key] = [dict(each) if isinstance(each, dict) else each for each in figures]
    told = mistake(spec)

    assert ("DN1302", f"two figures would be called {name!r}") == (told.code, told.message)
    assert f"/training/{key}/{len(figures) - 1}" == told.pointer


@pytest.mark.parametrize("name", ["1st", "a b", "", "a.b", 3, None, []])
def test_a_name_is_a_name(mistake, spec, name):
    """Letters, digits, _ and -."""
    spec["layers"][0]["name"] = name

    assert mistake(spec).code in ("DN1103", "DN1104")


@pytest.mark.parametrize("inputs, allowed", [(["x"], "2"), (["x", "x", "x"], "2")])
def test_the_number_of_inputs(mistake, spec, inputs, allowed):
    """What the layer's function takes."""
    spec["layers"][1] = {"type": "multiply", "inputs": inputs, "name": "product"}
    told = mistake(spec)

    assert ("DN1303", allowed) == (told.code, told.allowed)


def test_the_first_of_several_inputs_must_be_chosen(parsed, spec):
    """With two inputs, the first layer says which."""
    spec["inputs"]["y"] = {"shape": [4]}

    assert "DN1303" == parsed(spec).errors[0].code


def test_a_result_that_nothing_uses(mistake, spec):
    """A dead layer is a warning."""
    spec["layers"].insert(1, {"type": "dense", "units": 2, "name": "dead"})
    spec["layers"][2]["inputs"] = "dense_1"
    told = mistake(spec)

    assert ("DN1501", "warning", "/layers/1") == (told.code, told.severity, told.pointer)


def test_an_input_and_a_block_that_nothing_uses(parsed, spec):
    """Warnings at their keys."""
    spec["inputs"]["y"] = {"shape": [4]}
    spec["layers"][0]["inputs"] = "x"
    spec["blocks"] = {"body": {"layers": [{"type": "dense", "units": 2}]}}

    warnings = parsed(spec).warnings

    assert {"/inputs/y", "/blocks/body"} == {warning.pointer for warning in warnings}


def test_early_stopping_without_validation_rows(mistake, spec):
    """It would watch a figure that is never taken."""
    spec["data"]["split"]["validation"] = 0
    spec["training"]["early_stopping"] = {"patience": 3}

    assert "DN1503" == mistake(spec).code


def test_a_loss_needs_a_target(mistake, spec):
    """Unless the loss says that it takes none."""
    del spec["training"]["loss"]["target"]
    told = mistake(spec)

    assert ("DN1102", "/training/loss") == (told.code, told.pointer)


@pytest.mark.parametrize("loss", [{"type": "spread"}, {"type": "cross_entropy", "target": 1}])
def test_a_metric_needs_a_target(mistake, spec, loss):
    """It takes that of the first loss, if this is a column."""
    spec["training"]["loss"] = loss
    del spec["outputs"]
    told = mistake(spec)

    assert ("DN1102", "/training/metrics/0") == (told.code, told.pointer)


@pytest.mark.parametrize("key", ["mask", "sample_weight"])
def test_a_layer_may_weigh_a_loss(parsed, spec, key):
    """Its result is then used."""
    spec["layers"].insert(2, {"type": "dense", "units": 1, "name": "weigher"})
    spec["layers"][3]["inputs"] = "dense_1"
    spec["training"]["loss"] = {"type": "spread", key: "weigher"}
    spec["training"]["metrics"] = []
    result = parsed(spec)

    assert () == result.diagnostics
    assert {key: "weigher"} == result.objectives[0].losses[0].weights


@pytest.mark.parametrize("key", ["mask", "sample_weight"])
def test_a_column_that_weighs_is_not_called_as_declnet_calls_its_own(mistake, spec, key):
    """The step graph has an input of that name."""
    spec["training"]["loss"] |= {"target": "label", key: "step"}
    told = mistake(spec)

    assert ("DN1302", f"/training/loss/{key}") == (told.code, told.pointer)

"""The normal form: one spelling, every default, absolute paths."""

import json
from pathlib import Path

import pytest

from declnet.spec import Output, parse

HERE = Path(__file__).parent


def test_the_normal_form_is_golden(parsed, spec):
    """What normal.json says, but for the folder."""
    result = parsed(spec)
    document = json.loads(json.dumps(result.document).replace(str(result.folder), "FOLDER"))

    assert json.loads((HERE / "normal.json").read_text()) == document


def test_the_normal_form_is_its_own(parsed, spec, plugins):
    """Parsed again it gives itself: that is how a run is opened."""
    once = parsed(spec)
    again = parse(once.document, trusted=True, plugins=plugins)

    assert () == again.diagnostics
    assert once.document == again.document
    assert once.layers == again.layers


def test_an_output_by_default(parsed, spec):
    """The last layer, under the name output."""
    del spec["outputs"]

    assert {"output": Output("logits", "value", None)} == parsed(spec).outputs


def test_shorthands(parsed, spec):
    """Names for objects, one loss for a list."""
    spec["outputs"] = {"kind": "logits"}
    spec["training"]["loss"] = {"type": "cross_entropy", "target": "kind"}
    spec["layers"][0]["kernel_regularizer"] = "l2"
    result = parsed(spec)

    assert {"kind": Output("logits", "value", None)} == result.outputs
    assert ["cross_entropy"] == [loss.type for each in result.objectives for loss in each.losses]
    assert {"type": "l2", "factor": 0.01} == result.layers[0].properties["kernel_regularizer"]


def test_stratify_means_the_target(parsed, spec):
    """true stands for the column of the first loss."""
    spec["data"]["split"]["stratify"] = True

    assert "kind" == parsed(spec).data.split.stratify


def test_stratify_means_no_number(parsed, spec):
    """A loss against a constant names no column: true stays true, the only column that holds classes."""
    spec["training"] |= {"loss": {"type": "cross_entropy", "target": 1}, "metrics": []}
    spec["data"]["split"]["stratify"] = True

    assert parsed(spec).data.split.stratify is True


def test_a_number_of_rows_is_an_integer(parsed, spec):
    """However it is written: 20.0 rows are 20, a share stays a share."""
    spec["data"]["split"] = {"validation": 20.0, "test": 0.25}
    split = parsed(spec).data.split

    assert (20, int, 0.25) == (split.validation, type(split.validation), split.test)


def test_data_and_training_may_be_absent(parsed, spec):
    """A spec that is only compiled."""
    del spec["data"], spec["training"]
    result = parsed(spec)

    assert ((), None, None) == (result.diagnostics, result.data, result.training)


@pytest.mark.parametrize("path", ["../iris.csv", "/data/iris.csv", "a\0b"])
def test_a_path_stays_in_the_folder(mistake, spec, path):
    """A spec from somewhere cannot name the reader's other files."""
    spec["data"]["source"]["path"] = path

    assert "DN1006" == mistake(spec).code


def test_an_override_may_lead_out_of_the_folder(parsed, spec):
    """Directly, or by a variable: whoever runs the command knows what they name."""
    direct = parsed(spec, ["data.source.path=/data/iris.csv"])
    spec["variables"] = {"folder": "data"}
    spec["data"]["source"]["path"] = "${folder}/iris.csv"
    by_variable = parsed(spec, ["variables.folder=/data"])

    assert ((), "/data/iris.csv") == (direct.diagnostics, direct.data.source["path"])
    assert ((), "/data/iris.csv") == (by_variable.diagnostics, by_variable.data.source["path"])

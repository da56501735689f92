"""What a mistake in a spec looks like: the bar that every message has to pass."""

import json

import pytest


def test_all_mistakes_are_told_in_one_run(parsed, spec):
    """One run tells every mistake, in the order of the file."""
    spec["inputs"]["x"]["shape"] = [0]
    spec["layers"][0]["units"] = 0
    spec["layers"][1]["rate"] = 2
    spec["outputs"]["kind"]["from"] = "logit"
    spec["training"]["epochs"] = "five"
    codes = [mistake.code for mistake in parsed(spec).errors]

    assert ["DN1104", "DN1104", "DN1104", "DN1301", "DN1103"] == codes


def test_a_mistake_says_where_it_stands(parsed, tmp_path):
    """File, line, column, pointer, the source line and a caret."""
    text = '{"inputs": {"x": {"shape": [4]}},\n "layers": [\n  {"type": "dense", "units": 0}\n ]\n}'
    (mistake,) = parsed(text).errors
    lines = str(mistake).splitlines()

    assert (3, 30, 1) == (mistake.line, mistake.column, mistake.width)
    assert f"{tmp_path}/spec.json:3:30 /layers/0/units error[DN1104]" == lines[0]
    assert "0" == lines[1][lines[2].index("^")]


def test_a_missing_and_an_unknown_key_are_one_mistake(mistake, spec):
    """The required key that is missing was misspelt here."""
    spec["layers"][0]["unts"] = spec["layers"][0].pop("units")
    told = mistake(spec)

    assert "DN1101" == told.code
    assert "unknown key 'unts'; did you mean 'units'? (required here and missing)" == told.message
    assert "/layers/0/unts" == told.pointer
    assert len('"unts"') == told.width


def test_defaults_are_not_given(mistake, spec):
    """A key that only the schema has filled in is neither called given nor found."""
    spec["layers"][0]["biass"] = False
    told = mistake(spec)
    del spec["layers"][0]["biass"], spec["layers"][0]["units"]

    assert "unknown key 'biass'; did you mean 'bias'?" == told.message
    assert "keys 'type', 'activation'" == mistake(spec).found


def test_of_many_keys_the_nearest_are_shown(mistake, spec):
    """And their number, with the command that lists those of a component."""
    spec["layers"][0]["biass"] = False
    layer = mistake(spec).allowed
    spec["layers"][0].pop("biass")
    spec["training"]["epohcs"] = 5

    assert "'bias', 'units', 'inputs' and 7 more: `declnet layers dense`" == layer
    assert "'epochs', 'metrics', 'loss' and 9 more" == mistake(spec).allowed


def test_of_many_layers_the_nearest_are_shown(mistake, spec):
    """Six are shown whole, seven are not."""
    named = [{"type": "dense", "units": 3, "name": f"hidden_{k}"} for k in range(5)]
    spec["layers"] = [*named, {"type": "dense", "units": 3, "inputs": "hiden_4", "name": "logits"}]
    six = mistake(spec).allowed
    spec["layers"].insert(0, {"type": "dropout", "name": "first"})

    assert "'x', 'hidden_0', 'hidden_1', 'hidden_2', 'hidden_3', 'hidden_4'" == six
    assert "'hidden_4', 'hidden_3', 'hidden_2' and 4 more" == mistake(spec).allowed


def test_a_value_is_asked_for_too(mistake, spec):
    """The nearest of those that a key may have; all of them are listed, for they are few."""
    spec["inputs"]["x"]["dtype"] = "float64"
    told = mistake(spec)

    assert "'dtype' has a value that is not allowed; did you mean 'float32'?" == told.message
    assert "'float32', 'int64', 'int32', 'uint8', 'bool'" == told.allowed


def test_a_misspelt_type_key_is_one_mistake(mistake, spec):
    """Even the key that decides which keys are known."""
    spec["layers"][0]["typ"] = spec["layers"][0].pop("type")

    assert "unknown key 'typ'; did you mean 'type'? (required here and missing)" == mistake(spec).message


def test_found_and_allowed_are_told(mistake, spec):
    """A wrong value stands beside what would have been right."""
    spec["layers"][1]["rate"] = 1.5
    told = mistake(spec)

    assert ("1.5", "a number, at least 0, less than 1") == (told.found, told.allowed)


def test_an_unknown_type_is_answered_with_the_nearest_and_all_names(mistake, spec):
    """The nearest name, and the set to choose from."""
    spec["layers"][1]["type"] = "dropuot"
    told = mistake(spec)

    assert "unknown layer type 'dropuot'; did you mean 'dropout'?" == told.message
    assert "'add', 'dense', 'dropout', 'multiply'" == told.allowed


def test_a_component_of_another_kind_is_recognised(mistake, spec):
    """An activation among the layers: say what it is and how it is written."""
    spec["layers"][1]["type"] = "relu"
    told = mistake(spec)

    assert "'relu' is no layer but an activation" == told.message
    assert ("a layer: `declnet layers`", 'write it as "activation": "relu"') == (told.allowed, told.hint)


def test_a_missing_plugin_is_named(mistake, spec):
    """The spec says who brings the type; the message says how to get it."""
    spec["plugins"] = {"swirl": "declnet-swirl-that-nobody-has"}
    spec["layers"][1]["type"] = "swirl"
    told = mistake(spec)

    assert "DN1105" == told.code
    assert "`pip install declnet-swirl-that-nobody-has`" in told.hint


def test_a_plugin_without_the_type_is_named(mistake, spec):
    """The distribution is there, but offers no such layer."""
    spec["plugins"] = {"swirl": "pytest"}
    spec["layers"][1]["type"] = "swirl"

    assert "is installed but offers no layer 'swirl'" in mistake(spec).hint


def test_every_mistake_has_at_most_six_lines(parsed, spec):
    """Also with long lines, long values and long lists."""
    spec["layers"][0]["units"] = ["x" * 500] * 50
    spec["layers"][1] = {"type": "dense", "u" * 500: 1}
    spec["layers"][2]["inputs"] = ["nobody"] * 3
    mistakes = parsed(json.dumps(spec)).errors

    assert len(mistakes) >= 4
    assert all(str(mistake).count("\n") < 6 for mistake in mistakes)
    assert all(len(line) < 700 for mistake in mistakes for line in str(mistake).splitlines())


def test_a_mistake_is_data_too(mistake, spec):
    """For ``--json``: the same facts, by stable names."""
    spec["training"]["epochs"] = 0
    told = mistake(spec).as_dict()

    assert {"code": "DN1104", "severity": "error", "pointer": "/training/epochs", "found": "0"}.items() <= told.items()


def test_an_override_gets_the_same_treatment(mistake, spec):
    """A misspelt override is no invitation to add the misspelt key."""
    told = mistake(spec, ["training.epohcs=5"])

    assert "DN1106" == told.code
    assert "--set training.epohcs=5" == told.file
    assert "unknown key 'epohcs'; did you mean 'epochs'? (given already)" == told.message


def test_what_can_be_run_but_is_hardly_meant_is_a_warning(mistake, spec):
    """A softmax before a loss that applies its own."""
    spec["layers"][2]["activation"] = "softmax"
    told = mistake(spec)

    assert ("DN1503", "warning", "/layers/2/activation") == (told.code, told.severity, told.pointer)
    assert "loss 'cross_entropy' expects logits, but 'softmax' gives probabilities" == told.message


@pytest.mark.parametrize("units", [10**9 * 3, 10**30, 1e300])
def test_absurd_sizes_are_refused(mistake, spec, units):
    """No size needs more than 31 bits."""
    spec["layers"][0]["units"] = units

    assert "DN1104" == mistake(spec).code


def test_a_later_phase_places_its_mistakes(parsed, spec):
    """A shape error leads to the layer, or to the property, of the normalised document."""
    spec["blocks"] = {"body": {"layers": [{"type": "dense", "units": 8}]}}
    spec["layers"][0] = {"block": "body", "repeat": 2}
    result = parsed(json.dumps(spec, indent=1))
    layer = result.layers[1]
    told = result.diagnostic("DN1401", layer.pointer + "/bias", "shapes do not fit", found="(N, 3)")

    assert "body_1_2/dense_1" == layer.name
    assert "/blocks/body/layers/0" == told.pointer
    assert told.line is not None

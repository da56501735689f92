"""variables and ${...} in a spec."""

import pytest


def test_variables_reach_every_place(parsed, spec):
    """Numbers, strings, lists; variables may use each other."""
    spec["variables"] = {"width": 4, "wide": "${width * 2}", "folder": "data", "shape": [4]}
    spec["inputs"]["x"]["shape"] = "${shape}"
    spec["layers"][0]["units"] = "${wide}"
    spec["data"]["source"]["path"] = "${folder}/iris.csv"
    result = parsed(spec)

    assert () == result.diagnostics
    assert (4,) == result.inputs["x"].shape
    assert 8 == result.layers[0].properties["units"]
    assert str(result.folder / "data" / "iris.csv") == result.data.source["path"]


@pytest.mark.parametrize(
    "text, code, message",
    [
        ("${widht}", "DN1202", "unknown variable 'widht'; did you mean 'width'?"),
        ("${width +}", "DN1201", "this is no arithmetic"),
        ("${width / 0}", "DN1201", "division by zero"),
        ("${width", "DN1201", "'${' without its '}'"),
    ],
)
def test_a_wrong_expression_is_one_mistake(parsed, spec, text, code, message):
    """The value that it would have given is not missed a second time."""
    spec["variables"] = {"width": 4}
    spec["layers"][0]["units"] = text
    (told,) = parsed(spec).errors

    assert (code, message, "/layers/0/units") == (told.code, told.message, told.pointer)


def test_a_layer_with_a_wrong_expression_is_broken(parsed, spec):
    """Later phases pass over it."""
    spec["layers"][0]["units"] = "${nobody}"

    assert [True, False, False] == [layer.broken for layer in parsed(spec).layers]


def test_variables_that_need_each_other(mistake, spec):
    """The cycle is shown once."""
    spec["variables"] = {"a": "${b}", "b": "${a}"}
    spec["layers"][0]["units"] = "${a}"

    assert "a → b → a" == mistake(spec).found


def test_variables_that_multiply_are_stopped(mistake, spec):
    """Ten lists of ten of each other would be 10^10 values."""
    spec["variables"] = {f"v{index}": [f"${{v{index + 1}}}"] * 10 for index in range(10)} | {"v10": 1}

    assert "DN1005" == mistake(spec).code


def test_variables_that_grow_are_stopped(parsed, spec):
    """Strings that double thirty times."""
    spec["variables"] = {f"v{index}": f"${{v{index + 1}}}${{v{index + 1}}}" for index in range(30)} | {"v30": "xx"}

    assert "the string grows too long" == parsed(spec).errors[0].message


def test_unused_variables_are_a_warning(mistake, spec):
    """At the key that could go."""
    spec["variables"] = {"width": 8}
    told = mistake(spec)

    assert ("DN1502", "/variables/width", "warning") == (told.code, told.pointer, told.severity)

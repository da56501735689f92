"""Reading JSON: what no spec may be, and where everything stands."""

import json

import pytest

from declnet.spec import parse


@pytest.mark.parametrize(
    "text, line, column, message",
    [
        ("", 1, 1, "not JSON: expected a value"),
        ('{"a": 1,}', 1, 9, "not JSON: expected a key in double quotes"),
        ('{"a": [1,]}', 1, 10, "not JSON: expected a value"),
        ("{\n 'a': 1}", 2, 2, "not JSON: expected a key in double quotes"),
        ('{"a" 1}', 1, 6, "not JSON: expected ':' after the key"),
        ('{"a": 1 "b": 2}', 1, 9, "not JSON: expected ',' or '}'"),
        ('{"a": True}', 1, 7, "not JSON: expected a value"),
        ('{"a": 1} x', 1, 10, "not JSON: expected the end of the file"),
        ('{"a": "b', 1, 7, "not JSON: unterminated string starting at"),
        ('{"a": "\\ud800"}', 1, 7, "not JSON: half of a surrogate pair in a string"),
        ("// hello\n{}", 1, 1, "not JSON: expected a value"),
    ],
)
def test_what_is_not_json(mistake, text, line, column, message):
    """Line, column, and what was expected there."""
    told = mistake(text)

    assert ("DN1001", line, column, message) == (told.code, told.line, told.column, told.message)


def test_both_places_of_a_duplicate_key(parsed):
    """The second is refused and the first is named."""
    told = next(mistake for mistake in parsed('{"name": "a",\n "name": "b"}').errors if "duplicate" in mistake.message)

    assert ("DN1002", 2, 2, "/name") == (told.code, told.line, told.column, told.pointer)
    assert "it is given first at 1:2; remove one of them" == told.hint


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_no_number_is_infinite(mistake, spec, number):
    """Nor does the value count as wrong a second time."""
    spec["layers"][1]["rate"] = 0.125

    assert "DN1003" == mistake(json.dumps(spec).replace("0.125", number)).code


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf{}", b'{"name": "\xff"}', '{"name": "a"}'.encode("utf-16")])
def test_a_spec_is_utf_8_without_byte_order_mark(plugins, tmp_path, data):
    """Other encodings are refused by name."""
    path = tmp_path / "spec.json"
    path.write_bytes(data)

    assert "DN1004" == parse(path, plugins=plugins).errors[0].code


@pytest.mark.parametrize("path", ["nothing.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read(plugins, tmp_path, path):
    """It is not there, is a folder, or has no possible name."""
    (told,) = parse(tmp_path / path, plugins=plugins).errors

    assert "DN1004" == told.code


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"layers": ' + "[" * 70 + "]" * 70 + "}"])
def test_nesting_has_a_limit(mistake, text):
    """No depth ends in a RecursionError."""
    assert "DN1005" == mistake(text).code


def test_size_has_a_limit(mistake):
    """Eight megabytes."""
    assert "DN1005" == mistake('{"name": "' + "x" * 2**23 + '"}').code


@pytest.mark.parametrize("text", ["[]", "3", '"spec"', "null"])
def test_a_spec_is_an_object(mistake, text):
    """Other JSON values are none."""
    assert "DN1103" == mistake(text).code


def test_a_dict_is_a_spec(plugins, spec, tmp_path):
    """It gives the same as its text, without lines."""
    spec["layers"][0]["units"] = 0
    (told,) = parse(spec, plugins=plugins, folder=tmp_path).errors

    assert ("<spec>", None, "/layers/0/units") == (told.file, told.line, told.pointer)


def test_a_dict_holds_what_json_can_say(plugins, spec):
    """Other values and keys are refused; a dict that contains itself is too deep."""
    spec["description"] = object()
    spec[3] = 4
    told = parse(spec, plugins=plugins).errors
    spec["layers"].append(spec)
    endless = parse(spec, plugins=plugins).errors

    assert ["DN1103", "DN1103"] == [mistake.code for mistake in told]
    assert "DN1005" in [mistake.code for mistake in endless]

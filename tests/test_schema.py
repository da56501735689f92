"""The composed schema, for the plugins that are installed."""

import pytest
from jsonschema import Draft202012Validator

from declnet import schema
from declnet.kinds import KINDS
from declnet.plugins import installed
from declnet.schema.__main__ import text


@pytest.fixture(scope="module")
def composed():
    return schema.compose()


@pytest.fixture(scope="module")
def editor(composed):
    return schema.editor(composed)


def subschemas(node):
    """All schemas within *node*."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from subschemas(child)


def test_both_forms_are_schemas(composed, editor):
    """Of Draft 2020-12."""
    Draft202012Validator.check_schema(composed)
    Draft202012Validator.check_schema(editor)


def test_the_committed_schema_is_fresh():
    """``python -m declnet.schema`` writes it."""
    assert (schema.schema_dir() / "declnet.schema.json").read_text(encoding="utf-8") == text()


def test_every_component_is_a_closed_object(composed):
    """With the keys that declnet reads, and its own."""
    for kind in KINDS:
        for type, component in installed().components(kind).items():
            definition = composed["$defs"][f"{kind}.{type}"]

            assert definition["additionalProperties"] is False
            assert set(component.properties) <= set(definition["properties"])


def test_declnets_own_keys_are_those_of_the_kinds(composed):
    """What no property may be called is what declnet reads."""
    own = {
        kind: set(composed["$defs"][f"{kind}.{type}"]["properties"]) - set(component.properties)
        for kind in KINDS
        for type, component in installed().components(kind).items()
    }

    assert {kind: set(KINDS[kind].keys) - {"share", "block"} for kind in own} == own


def test_nothing_hides_a_mistake(composed):
    """oneOf, anyOf and unevaluatedProperties give useless or false messages."""
    keys = {key for node in subschemas(composed) for key in node}

    assert set() == keys & {"oneOf", "anyOf", "unevaluatedProperties"}


def test_every_key_is_described(composed):
    """From the descriptions docs and editors are fed."""
    undescribed = [
        key
        for node in subschemas(composed)
        if node.get("additionalProperties") is False
        for key, value in node.get("properties", {}).items()
        if "const" not in value and not value.get("description")
    ]

    assert [] == undescribed


def test_every_default_is_allowed(composed):
    """Filling in defaults makes no mistakes."""
    validator = Draft202012Validator(composed)
    wrong = [
        (name, key)
        for name, node in composed["$defs"].items()
        for key, value in node.get("properties", {}).items()
        if "default" in value and not validator.evolve(schema=value).is_valid(value["default"])
    ]
    # The default of an optional object is {}, whose keys have defaults of their own.

    assert [] == wrong


def test_the_editor_form_accepts_what_is_resolved_later(editor):
    """${...} for any value, $include for any object, blocks with parameters."""
    spec = {
        "variables": {"n": 3},
        "blocks": {"body": {"parameters": {"units": {}}, "layers": [{"type": "dense", "units": "${units}"}]}},
        "inputs": {"x": {"shape": ["${n}"]}},
        "layers": [{"$include": "stem.json"}, {"block": "body", "units": 4, "repeat": "${n}"}, {"share": "body"}],
        "training": {"$include": "training.json", "epochs": 3},
    }

    assert [] == [error.message for error in Draft202012Validator(editor).iter_errors(spec)]


def test_the_editor_form_refuses_mistakes(editor):
    """Also those in blocks."""
    spec = {
        "blocks": {"body": {"layers": [{"type": "dense", "unts": 3}]}},
        "inputs": {"x": {"shape": ["3 by 3"]}},
        "layers": [{"type": "dense", "units": "many"}],
    }
    places = {error.json_path for error in Draft202012Validator(editor).iter_errors(spec)}

    assert {"$.blocks.body.layers[0]", "$.inputs.x.shape[0]", "$.layers[0].units"} == places


def test_fill_makes_objects_and_numbers_what_they_stand_for():
    """A name, a number, and an integer that was written with a point."""
    document = {
        "inputs": {},
        "layers": [{"type": "dense", "units": 4.0, "activation": "relu"}],
        "training": {"optimizer": {"type": "adam", "learning_rate": 0.5}},
    }
    schema.fill(document)
    (layer,) = document["layers"]

    assert (4, int) == (layer["units"], type(layer["units"]))
    assert {"type": "relu"} == layer["activation"]
    assert {"type": "constant", "value": 0.5} == document["training"]["optimizer"]["learning_rate"]


def test_validate_points_into_the_document():
    """All mistakes, each with its pointer."""
    document = {"inputs": {"x": {"shape": [3], "dtype": "float32"}}, "layers": [{"type": "dense", "unts": 3}, 5]}
    mistakes = schema.validate(document)

    assert [("DN1101", "/layers/0/unts"), ("DN1103", "/layers/1")] == sorted((m.code, m.pointer) for m in mistakes)

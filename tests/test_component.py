"""A component is a function and a schema that agree."""

import json

import pytest

from declnet import PluginError, activation, layer, loss, metric
from declnet.component import Kind, Option

UNITS = {"type": "integer", "minimum": 1, "description": "Size of the last axis."}


WEIGHTS = {
    "kernel": "ones",
    "bias": {"initializer": {"type": "normal"}, "regularizer": "l2", "description": "the offsets"},
}


def schema(**properties):
    return {"type": "object", "properties": properties}


def test_a_component_is_its_function():
    """The decorated name is the component; calling it calls the function."""

    @layer(schema(units=UNITS))
    def twice(net, x, *, units):
        """Double a value.

        Nothing else.
        """
        return x * 2 + units

    assert ("layer", "twice", "Double a value.") == (twice.kind, twice.type, twice.summary)
    assert 11 == twice(None, 5, units=1)
    assert {"units": UNITS} == twice.properties


def test_a_declared_weight_brings_three_properties():
    """Those of all weights by kind; the function takes none of them."""

    @layer({"properties": {"units": UNITS}, "weights": WEIGHTS})
    def affine(net, x, *, units):
        """Two weights."""

    assert ("kernel", "bias") == affine.weights
    assert [
        ("units", None, "Size of the last axis."),
        ("kernel_initializer", "ones", "First values of the kernel."),
        ("bias_initializer", {"type": "normal"}, "First values of the offsets."),
        ("kernel_regularizer", None, "Penalty on the kernel that is added to the loss; null: none."),
        ("bias_regularizer", "l2", "Penalty on the offsets that is added to the loss; null: none."),
        ("kernel_constraint", None, "Condition on the kernel that is restored after each step; null: none."),
        ("bias_constraint", None, "Condition on the offsets that is restored after each step; null: none."),
    ] == [(name, value.get("default"), value["description"]) for name, value in affine.properties.items()]
    assert "#/$defs/regularizer" == affine.properties["bias_regularizer"]["$ref"]
    assert {"type", "properties"} >= set(affine.schema)


def test_a_trailing_underscore_is_no_part_of_the_type():
    """A type may be the name of something in Python: def sum_()."""

    @metric(schema(), better="lower")
    def sum_(prediction, target):
        """Sum."""

    assert "sum" == sum_.type


def test_the_schema_may_stand_in_a_file_beside_the_module(tmp_path):
    """As a whole file, or as one entry of a file that several components share."""
    (tmp_path / "one.schema.json").write_text(json.dumps(schema(units=UNITS)))
    (tmp_path / "many.schema.json").write_text(json.dumps({"other": schema(units=UNITS), "one": schema()}))
    module = compiled(
        tmp_path / "module.py",
        """
        @layer("one.schema.json")
        def one(net, x, *, units):
            "From a file."

        @layer("many.schema.json#other")
        def other(net, x, *, units):
            "From an entry."
        """,
    )

    assert {"units": UNITS} == module["one"].properties
    assert {"units": UNITS} == module["other"].properties


@pytest.mark.parametrize(
    "source, inputs",
    [
        ("def one(net, x): 'One.'", (1, 1)),
        ("def two(net, a, b): 'Two.'", (2, 2)),
        ("def optional(net, x, mask=None): 'One or two.'", (1, 2)),
        ("def many(net, *values): 'One or more.'", (1, None)),
        ("def more(net, a, b, *values): 'Two or more.'", (2, None)),
    ],
)
def test_the_signature_says_how_many_inputs_a_layer_takes(tmp_path, source, inputs):
    """None stands for any number."""
    module = compiled(tmp_path / "module.py", f"@layer({{}})\n{source}")

    assert inputs == module[source.split("(")[0].removeprefix("def ")].inputs


@pytest.mark.parametrize(
    "source, message",
    [
        (
            "@layer({'properties': {'units': {'description': 'Size.'}}})\ndef gated(net, x, *, unit): 'Gate.'",
            "the function takes ['unit'], its schema declares ['units']",
        ),
        (
            "@layer({'properties': {'units': {'type': 'integer'}}})\ndef gated(net, x, *, units): 'Gate.'",
            "no description for ['units']",
        ),
        (
            "@layer({'properties': {'units': {'description': 'Size.'}}})\ndef gated(net, x, *, units=3): 'Gate.'",
            "defaults belong into the schema",
        ),
        ("@layer({})\ndef gated(net, x): pass", "the function has no docstring"),
        ("@layer({})\ndef gated(net): 'Gate.'", "a layer takes at least one input after net"),
        ("@activation({})\ndef gated(net): 'Gate.'", "its positional arguments must be ('net', 'x')"),
        ("@activation({})\ndef gated(net, x, y): 'Gate.'", "its positional arguments must be ('net', 'x')"),
        (
            "@layer({'properties': {'name': {'description': 'A name.'}}})\ndef gated(net, x, *, name): 'Gate.'",
            "declnet itself reads the keys ['name']",
        ),
        ("@layer({'required': ['units']})\ndef gated(net, x): 'Gate.'", "required, but not among the properties"),
        ("@layer({'oneOf': []})\ndef gated(net, x): 'Gate.'", "not ['oneOf']"),
        ("@activation({'weights': {'slope': 'ones'}})\ndef gated(net, x): 'Gate.'", "not ['weights']"),
        (
            "@layer({'properties': {'a_constraint': {'description': 'A.'}}, 'weights': {'a': 'ones'}})\n"
            "def gated(net, x, *, a_constraint): 'Gate.'",
            "properties that its weights bring too: ['a_constraint']",
        ),
        (
            "@layer({'required': ['a_initializer'], 'weights': {'a': 'ones'}})\ndef gated(net, x): 'Gate.'",
            "required, but not among the properties: ['a_initializer']",
        ),
        (
            "@layer({'weights': {'a': 'ones'}})\ndef gated(net, x, *, a_initializer): 'Gate.'",
            "the function takes ['a_initializer'], its schema declares []",
        ),
        ("@layer({'weights': {'a b': 'ones', 'c': 'ones'}})\ndef gated(net, x): 'Gate.'", "not {'a b': 'ones'}"),
        ("@layer({'weights': {'a': None}})\ndef gated(net, x): 'Gate.'", "not {'a': None}"),
        ("@layer({'weights': {'a': {}}})\ndef gated(net, x): 'Gate.'", "not {'a': {}}"),
        (
            "@layer({'weights': {'a': {'initializer': 'ones', 'fans': 3}}})\ndef gated(net, x): 'Gate.'",
            "not {'a': {'initializer': 'ones', 'fans': 3}}",
        ),
        ("@layer({'weights': ['a']})\ndef gated(net, x): 'Gate.'", "weights map a name to an initializer"),
        ("@layer('missing.schema.json')\ndef gated(net, x): 'Gate.'", "'missing.schema.json' cannot be read"),
        ("@layer('broken.schema.json')\ndef gated(net, x): 'Gate.'", "'broken.schema.json' cannot be read"),
        ("@layer('empty.schema.json#gated')\ndef gated(net, x): 'Gate.'", "'empty.schema.json#gated' cannot be read"),
    ],
)
def test_what_does_not_agree_is_refused_at_import(tmp_path, source, message):
    """The error names the component and the line of its function, and what is wrong."""
    (tmp_path / "broken.schema.json").write_text("{")
    (tmp_path / "empty.schema.json").write_text("{}")

    with pytest.raises(PluginError) as refusal:
        compiled(tmp_path / "module.py", source)

    assert message in str(refusal.value)
    assert "'gated'" in str(refusal.value)
    assert "module.py:" in str(refusal.value)
    assert "DN2001" == refusal.value.diagnostics[0].code


def test_all_disagreements_are_told_at_once(tmp_path):
    """One run of the author's tests shows them all."""
    with pytest.raises(PluginError) as refusal:
        compiled(tmp_path / "module.py", "@layer({'properties': {'units': {}}})\ndef gated(net): pass")

    for part in ("declares ['units']", "no description", "no docstring", "at least one input"):
        assert part in str(refusal.value)


def test_a_component_has_every_option_of_its_kind(tmp_path):
    """Those that the decorator does not say have the kind's defaults."""
    source = "@loss({}, expects='logits')\ndef worst(net, prediction): 'The largest.'"
    component = compiled(tmp_path / "module.py", source)["worst"]

    assert {"target": True, "expects": "logits"} == component.options


@pytest.mark.parametrize(
    "options, message",
    [
        ("", "option 'better' is missing: which way early stopping and the best epoch go; allowed: 'higher', 'lower'"),
        ("better='lower', beter='higher'", "there is no option 'beter'; did you mean 'better'?; allowed: 'better'"),
        ("better='hihger'", "option 'better' is 'hihger'; did you mean 'higher'?; allowed: 'higher', 'lower'"),
        ("better=None", "option 'better' is None; allowed: 'higher', 'lower'"),
    ],
)
def test_a_wrong_option_is_refused_at_import(tmp_path, options, message):
    """The error names the component, the option, what is allowed and the nearest name."""
    with pytest.raises(PluginError) as refusal:
        compiled(tmp_path / "module.py", f"@metric({{}}, {options})\ndef worst(prediction, target): 'The largest.'")

    assert f"): {message}" in str(refusal.value)
    assert "metric 'worst'" in str(refusal.value)


def test_a_kind_without_options_takes_none(tmp_path):
    """The message says so."""
    with pytest.raises(PluginError, match=r"there is no option 'yields'; allowed: none"):
        compiled(tmp_path / "module.py", "@layer({}, yields='logits')\ndef gated(net, x): 'Gate.'")


COMPLETE = {
    "name": "watcher",
    "plural": "watchers",
    "arguments": ("folder",),
    "returns": "to one that watches",
    "examples": ("bird",),
    "written": '"watchers": ["{}"] in training',
}


@pytest.mark.parametrize(
    "piece, lacks",
    [
        *(({key: type(value)()}, key) for key, value in COMPLETE.items()),
        ({"written": "in training"}, "'{}' in written"),
        ({"keys": ("name",)}, "'type' in keys"),
        ({"options": {"way": Option("", ("up", "down"))}}, "a description of option 'way'"),
        ({"options": {"way": Option("which way it goes", ())}}, "values of option 'way'"),
    ],
)
def test_a_kind_that_lacks_a_piece_is_refused(piece, lacks):
    """Where it is declared, so at the import of that module; a piece that is not given at all is Python's to refuse."""
    assert Kind(**COMPLETE).hook == "declnet_watchers"

    with pytest.raises(PluginError) as refusal:
        Kind(**COMPLETE | piece)

    assert lacks in str(refusal.value)


def compiled(path, source):
    """Run *source* as the module at *path*; return its names."""
    import textwrap

    path.write_text(textwrap.dedent(source))
    names = {"layer": layer, "loss": loss, "activation": activation, "metric": metric}
    exec(compile(path.read_text(), path, "exec"), names)
    return names

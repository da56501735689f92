"""Random changes of a right spec: they end in diagnostics, never in an exception."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declnet.spec import parse

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["dense", "dense_1", "input", "x", "body", "${a}", "${a + index}", "${", "$${", "../x", "relu", "1e999"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.text(max_size=4), children, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        ["type", "name", "inputs", "block", "repeat", "share", "freeze", "$include", "units", "from", "variables"]
    ),
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["set", "add", "drop", "double"]), KEYS, VALUES), max_size=5
)


def start(spec):
    """A spec in which every feature is used."""
    spec["variables"] = {"a": 4, "b": "${a * 2}"}
    spec["blocks"] = {"body": {"parameters": {"n": {"default": 3}}, "layers": [{"type": "dense", "units": "${n}"}]}}
    spec["layers"].insert(1, {"block": "body", "n": "${b}", "repeat": 2, "name": "stage"})
    spec["layers"].insert(2, {"share": "dense_1", "name": "again"})
    return spec


def spots(node):
    """All containers in *node*, itself first."""
    yield node
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            yield from spots(child)


def change(spec, index, how, key, value):
    """Change one container of *spec*, in place."""
    containers = list(spots(spec))
    node = containers[index % len(containers)]
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    old = keys[index % len(keys)] if keys else None
    if how == "drop" and keys:
        del node[old]
    elif how == "double" and keys and isinstance(node, list):
        node.append(copy.deepcopy(node[old]))
    elif how == "set" and keys:
        node[old] = value
    elif isinstance(node, dict):
        node[key] = value
    else:
        node.append(value)


FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FUZZ
@given(changes=CHANGES)
def test_no_change_raises(spec, plugins, changes):
    """Each diagnostic can be printed and is short; a spec without errors gives itself again."""
    spec = start(copy.deepcopy(spec))
    for step in changes:
        change(spec, *step)
    result = parse(spec, plugins=plugins)

    for mistake in result.diagnostics:
        str(mistake).encode()
        assert str(mistake).count("\n") < 6
    if not result.errors:
        assert result.document == parse(result.document, plugins=plugins, trusted=True).document


@FUZZ
@given(data=st.data())
def test_no_text_raises(spec, plugins, tmp_path, data):
    """Texts with characters put in, left out or repeated."""
    text = json.dumps(start(copy.deepcopy(spec)))
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 6))
    middle = data.draw(
        st.one_of(st.text(max_size=3), st.sampled_from(['"', "{", "]", ",", "\\u", "NaN", "-", "1e9999", "\\ud800"]))
    )
    (tmp_path / "spec.json").write_bytes(
        (text[:place] + middle + text[place + length :]).encode("utf-8", "surrogatepass")
    )
    result = parse(tmp_path / "spec.json", plugins=plugins)

    for mistake in result.diagnostics:
        str(mistake).encode()
        assert str(mistake).count("\n") < 6


@FUZZ
@given(
    overrides=st.dictionaries(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["layers.0", "layers.0.units", "training.loss.type", "outputs.kind", "inputs.x.shape.0"]),
        ),
        VALUES,
        max_size=3,
    )
)
def test_no_override_raises(spec, plugins, overrides):
    """Whatever stands left and right of the equals sign."""
    for given_as in (overrides, [f"{path}={json.dumps(value)}" for path, value in overrides.items()]):
        for mistake in parse(copy.deepcopy(spec), given_as, plugins=plugins).diagnostics:
            str(mistake).encode()

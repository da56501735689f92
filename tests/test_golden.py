"""The graphs of the specs are what they were: a change shows as a diff to be read.

`make golden` rewrites the texts; they are never edited by hand.
"""

import math
import re

import onnx
import pytest

import declnet

SPECS = ["lenet5", "lenet5_fashion", "mlp"]
GRAPHS = ["forward", "step", "inference"]
LARGE = 16


@pytest.fixture(scope="module")
def programs(root):
    """Each spec, compiled to standard operators, which are the same on every runtime."""
    specs = {name: declnet.load(root / "specs" / f"{name}.json") for name in SPECS}
    return {name: declnet.compile(spec, target="standard") for name, spec in specs.items()}


def text_of(model):
    """A model as text, a fact a line: without versions, metadata and node names, and of large tensors only the type."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    types = {value.name: type_of(value.type.tensor_type) for value in graph.value_info}
    large = [tensor for tensor in graph.initializer if math.prod(tensor.dims) > LARGE]
    held = [f"# holds {tensor.name}: {DTYPE[tensor.data_type]}{list(tensor.dims)}" for tensor in large]
    model.ClearField("producer_version")
    del model.metadata_props[:], graph.value_info[:]
    for tensor in large:
        graph.initializer.remove(tensor)
    for node in graph.node:
        node.ClearField("name")
    lines = re.sub(r", (?=[a-z]+\d*(?:\[|\s))", ",\n    ", onnx.printer.to_text(model)).splitlines()
    return "\n".join([*held, *(with_types(line, types).rstrip() for line in lines), ""])


DTYPE = {number: name.lower() for name, number in onnx.TensorProto.DataType.items()}


def type_of(type):
    dims = [dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else "?") for dim in type.shape.dim]
    return f"{DTYPE[type.elem_type]}[{', '.join(map(str, dims))}]"


def with_types(line, types):
    """A line of a node, with the types of what it gives."""
    outputs, equals, _ = line.partition(" = ")
    names = [name.strip().strip('"') for name in outputs.split(",")]
    known = [types[name] for name in names if name in types]
    return f"{line}  # {', '.join(known)}" if equals and known and line.startswith("   ") else line


@pytest.mark.skipif(
    tuple(map(int, onnx.__version__.split(".")[:2])) < (1, 23),
    reason="older versions of onnx write numbers in another way",
)
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("spec", SPECS)
def test_graph_is_the_golden_one(root, request, programs, spec, graph):
    """Every operator, name and shape."""
    path = root / "tests" / "golden" / f"{spec}.{graph}.txt"
    found = text_of(getattr(programs[spec], graph))
    if request.config.getoption("update_golden"):
        path.write_text(found, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == found


def test_there_is_no_golden_without_a_graph(root):
    """What no spec gives any more is removed."""
    expected = {f"{spec}.{graph}.txt" for spec in SPECS for graph in GRAPHS}

    assert expected == {path.name for path in (root / "tests" / "golden").iterdir()}

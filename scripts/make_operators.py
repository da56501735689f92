"""Write declnet/graph/operators.pyi: the ONNX operators of the opset in which declnet writes graphs, as typed methods.

    python scripts/make_operators.py

Types, names and defaults are those of ``onnx.defs``.
"""

import math
from pathlib import Path

import onnx
from onnx.defs import OpSchema

from declnet.target import OPSET

ROOT = Path(__file__).parent.parent
STUB = ROOT / "declnet" / "graph" / "operators.pyi"

HEAD = f'''\
"""The ONNX operators of opset {OPSET} as methods. Written by `make docs` from onnx.defs."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import onnx_ir as ir

from declnet.graph.graph import Graph
from declnet.graph.value import Value

# What stands for an input: a value, or numbers that become a constant.
Constant: TypeAlias = bool | int | float | str | np.generic | np.ndarray | Sequence[Constant]
Input: TypeAlias = ir.Value | Constant

# What stands for an attribute: also one of another node.
Integer: TypeAlias = int | ir.Attr
Integers: TypeAlias = Sequence[int] | ir.Attr
Float: TypeAlias = float | ir.Attr
Floats: TypeAlias = Sequence[float] | ir.Attr
Text: TypeAlias = str | ir.Attr
Texts: TypeAlias = Sequence[str] | ir.Attr
Tensor: TypeAlias = np.ndarray | ir.TensorProtocol | ir.Attr
Body: TypeAlias = Graph | ir.Graph | ir.Attr
DType: TypeAlias = np.dtype | ir.DataType | int | ir.Attr

class Operators:
'''

TYPES = {
    "INT": "Integer",
    "INTS": "Integers",
    "FLOAT": "Float",
    "FLOATS": "Floats",
    "STRING": "Text",
    "STRINGS": "Texts",
    "TENSOR": "Tensor",
    "GRAPH": "Body",
}
# The attributes that are numbers of a data type.
DTYPES = {"to", "dtype", "output_dtype", "output_datatype"}


def stub() -> str:
    """The content that the file is to have."""
    names = sorted({schema.name for schema in onnx.defs.get_all_schemas_with_history() if not schema.domain})
    schemas = [onnx.defs.get_schema(name, OPSET, "") for name in names if onnx.defs.has(name, OPSET, "")]
    return HEAD + "\n".join(form for schema in schemas if not schema.deprecated for form in _forms(schema))


def _forms(schema: OpSchema) -> list[str]:
    """The signatures of an operator: what it gives unasked, and for each number of results that it is asked for."""
    least, most = max(1, schema.min_output), schema.max_output
    if most == least:
        return [_signature(schema, [], _results(least))]
    outputs = {"outputs: None = None": _results(least)}
    outputs |= {f"outputs: Literal[{count}]": _tuple(count) for count in range(least + 1, min(most, 4) + 1)}
    if most > 4:
        outputs["outputs: int"] = "tuple[Value, ...]"
    return [f"    @overload\n{_signature(schema, [given], result)}" for given, result in outputs.items()]


def _results(count: int) -> str:
    return "Value" if count == 1 else _tuple(count)


def _tuple(count: int) -> str:
    return f"tuple[{', '.join(['Value'] * count)}]"


def _signature(schema: OpSchema, outputs: list[str], result: str) -> str:
    parameters = ["self", *_inputs(schema)]
    named = [*outputs, *sorted(map(_attribute, schema.attributes.values()))]
    if not parameters[-1].startswith("*"):
        parameters += ["/", "*"] if named else ["/"]
    parameters += named
    manual = f'        """https://onnx.ai/onnx/operators/onnx__{schema.name}.html"""\n'
    line = f"    def {schema.name}({', '.join(parameters)}) -> {result}:\n"
    if len(line) > 121:
        inner = "".join(f"        {parameter},\n" for parameter in parameters)
        line = f"    def {schema.name}(\n{inner}    ) -> {result}:\n"
    return line + manual


def _inputs(schema: OpSchema) -> list[str]:
    option = OpSchema.FormalParameterOption
    forms = {
        option.Single: "{}: Input",
        option.Optional: "{}: Input | None = None",
        option.Variadic: "*{}: Input",
    }
    return [forms[each.option].format(each.name) for each in schema.inputs]


def _attribute(attribute: OpSchema.Attribute) -> str:
    type = "DType" if attribute.name in DTYPES else TYPES.get(attribute.type.name, "Any")
    if attribute.required:
        return f"{attribute.name}: {type}"
    return f"{attribute.name}: {type} | None = {_default(attribute)}"


def _default(attribute: OpSchema.Attribute) -> str:
    """A default as the manual writes it: 0.01, which a float32 holds but nearly."""
    if not attribute.default_value.name:
        return "None"
    value = onnx.helper.get_attribute_value(attribute.default_value)
    if isinstance(value, float):
        return f"{value:.6g}" if not math.isinf(value) else "None"
    if isinstance(value, bytes):
        return f'"{value.decode()}"'
    return str(value) if isinstance(value, int) else "..."


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")

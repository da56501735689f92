"""What a type checker and an editor know of declnet: its public names, plugins, a run, the ONNX operators."""

import os
import re
import subprocess
import sys

import pytest

import declnet

RIGHT = f"""
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

import declnet
from declnet import Choice, Field, LossNet, Net, Node, Observer, Rows, Runtime, Session, Target, Trainer, Value
from declnet.graph import Graph

public = [{", ".join(f"declnet.{name}" for name in declnet.__all__)}]

run: declnet.Run = declnet.train(declnet.load("spec.json", ["training.epochs=5"]), out="run")
figure: float = run.evaluate()["loss"]


@declnet.layer({{}})
def gated(net: Net, x: Value, *others: Value, units: int, activation: Choice) -> dict[str, Value]:
    \"\"\"Use what a net has.\"\"\"
    if x.rank < 2 or not isinstance(x.shape[-1], int):
        raise net.error("it reads rows", found=net.shown(x.shape), allowed="(N, features)")
    kernel = net.weight("kernel", [x.shape[-1], units], fans=(1, 2), incoming=range(1))
    values, indices = net.TopK(x @ kernel, [1], axis=-1)
    normal, mean, deviation = net.LayerNormalization(x, [1.0, 1.0], outputs=3, epsilon=1e-5)
    first, *rest = net.Split(net.activation(normal, activation), axis=1, outputs=units)
    (last,), results = net.scan(lambda net, states, items: ([states[0] + items[0]], states), [mean], [x])
    every = net.Concat(values, net.Cast(indices, to=1), last, first, net.Clip(deviation, None, 6), *rest, axis=-1)
    return {{"output": every, "steps": results[0], "other": net.layer("dense", *others, **net.chosen("kernel"))}}


@declnet.loss({{}}, expects="logits")
def huber(net: LossNet, prediction: Value, *, delta: float) -> Value:
    \"\"\"Declare a target.\"\"\"
    error = (prediction - net.target("float32", prediction.shape)) / delta
    return (net.Sqrt(error * error + 1.0) - 1.0) * delta**2


@declnet.gradient_rule("QuickGelu", domain="com.microsoft")
def quick_gelu(node: Node, dy: Value) -> tuple[Value | None, ...]:
    (x,), alpha = node.inputs, node.attribute("alpha", 1.702)
    if not isinstance(alpha, float):
        raise node.unsupported("alpha is a number")
    return (dy * node.graph.Sigmoid(x * alpha),)


class Until(Observer):
    def __init__(self, value: float):
        self.value = value

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        if record["loss"] <= self.value and trainer.epoch > 1:
            trainer.stop(f"loss {{self.value}}")


@declnet.observer({{}})
def until(folder: Path | None, *, value: float) -> Observer:
    \"\"\"Stop when the loss has come down to a value.\"\"\"
    return Until(value)


class Squares(Rows):
    @property
    def columns(self) -> Mapping[str, Field]:
        return {{"x": Field(np.dtype("float32"), (1,))}}

    def __len__(self) -> int:
        return 100

    def take(self, index: NDArray[Any], out: Mapping[str, NDArray[Any]] | None = None) -> dict[str, NDArray[Any]]:
        return {{"x": (index[:, None] ** 2).astype("float32")}}


class Zeros(Session):
    inputs, outputs = ("x",), ("y",)

    def compute(self, feed: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> list[NDArray[Any]]:
        return [np.zeros_like(feed["x"]) for _ in outputs]


class Nothing(Runtime):
    name = "nothing"
    target = Target("nothing")

    def __init__(self, device: str = "cpu", threads: int | None = None):
        self.device, self.version = device, "1.0"

    @classmethod
    def devices(cls) -> tuple[str, ...]:
        return ("cpu",)

    def session(self, model: onnx.ModelProto, *, denormals: bool = True) -> Session:
        return Zeros()


@declnet.hookimpl
def declnet_layers() -> list[declnet.Component]:
    return [gated]


@declnet.hookimpl
def declnet_runtimes() -> list[type[Runtime]]:
    return [Nothing]


trained = declnet.train(
    declnet.compile(declnet.load("spec.json")), data=Squares(), observers=[Until(0.1)], runtime=Nothing()
)


def graph() -> Value:
    made = Graph()
    x = made.input("x", "float32", [1, 3, 8, 8])
    return made.Conv(x, made.constant(0.0), strides=[2, 2], auto_pad="SAME_UPPER")
"""

# Each line that is wrong says at its end what a type checker is to say of it.
WRONG = """
import declnet
from declnet import Net, Node, Observer, Rows, Trainer, Value
from declnet.graph import Graph

spec = declnet.laod("spec.json")  # Module has no attribute "laod"
run = declnet.train(declnet.load("spec.json"), epoch=5)  # Unexpected keyword argument "epoch"
run.evalute()  # "Run" has no attribute "evalute"
program = declnet.compile(declnet.load("spec.json"))
program.stpe  # "Program" has no attribute "stpe"


def layer(net: Net, x: Value) -> Value:
    net.wieght("kernel", [3], "zeros")  # "Net" has no attribute "wieght"
    values = net.TopK(x, [1])
    net.Relu(values)  # Argument 1 to "Relu" of "Operators" has incompatible type
    net.Relu(net.Split(x, outputs=x.rank))  # Argument 1 to "Relu" of "Operators" has incompatible type
    net.Gemm(x)  # Too few arguments for "Gemm"
    net.AveragePool(x)  # Missing named argument "kernel_shape" for "AveragePool"
    net.Rellu(x)  # "Net" has no attribute "Rellu"
    return x


def rule(node: Node, dy: Value) -> Value:
    node.grahp  # "Node" has no attribute "grahp"
    return dy


class Watch(Observer):
    def stepped(self, trainer: Trainer) -> None:
        trainer.sotp("enough")  # "Trainer" has no attribute "sotp"

    def ended(self, trainer: Trainer) -> None:  # Signature of "ended" incompatible with supertype
        pass


class Nowhere(Rows):
    def __len__(self) -> int:
        return 0


nowhere = Nowhere()  # Cannot instantiate abstract class "Nowhere"


def graph(made: Graph, x: Value) -> Value:
    return made.Conv(x, 0.0, stride=[2])  # Unexpected keyword argument "stride" for "Conv" of "Operators"
"""

# The plugins of the documentation leave types out.
UNTYPED = "# mypy: allow-untyped-defs, allow-untyped-calls\n"


@pytest.fixture(scope="module")
def errors(root, tmp_path_factory):
    """What mypy, as strict as it can be, says of the files of a user: (file, line, message)."""
    folder = tmp_path_factory.mktemp("user")
    page = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    plugins = [block for block in re.findall(r"```python\n(.*?)```", page, flags=re.S) if "@hookimpl" in block]
    files = {"right": RIGHT, "wrong": WRONG, **{f"plugin_{k}": UNTYPED + block for k, block in enumerate(plugins)}}
    for name, source in files.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    flags = ["--strict", "--config-file=", "--follow-imports=silent", "--no-color-output", "--no-error-summary"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *flags, *(f"{name}.py" for name in files)],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode < 2, done.stdout + done.stderr
    return re.findall(r"^(\w+)\.py:(\d+): error: (.*)$", done.stdout, flags=re.M)


def test_what_is_right_is_accepted(errors):
    """Every public name is there; operators take and give what they do; what the documentation shows passes."""
    assert [] == [error for error in errors if error[0] != "wrong"]


@pytest.mark.parametrize(
    "line, message",
    [(number, line.partition("  # ")[2]) for number, line in enumerate(WRONG.splitlines(), 1) if "  # " in line],
)
def test_what_is_wrong_is_refused(errors, line, message):
    """A misspelt name, a wrong argument, a tuple that is taken for a value."""
    (said,) = [text for file, number, text in errors if (file, int(number)) == ("wrong", line)]

    assert message in said

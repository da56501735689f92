"""What a type checker and an editor know of declnet: its public names, a run, the ONNX operators."""

import os
import re
import subprocess
import sys

import pytest

import declnet

RIGHT = f"""
import declnet
from declnet import GraphError, hookimpl, layer
from declnet.graph import Graph, Value
from declnet.lowering import Net

public = [{", ".join(f"declnet.{name}" for name in declnet.__all__)}]

run: declnet.Run = declnet.train(declnet.load("spec.json", ["training.epochs=5"]), out="run")
figure: float = run.evaluate()["loss"]


@layer({{}})
def twice(net: Net, x: Value) -> Value:
    \"\"\"Double a value.\"\"\"
    values, indices = net.TopK(x, [1], axis=-1)
    normal, mean, deviation = net.LayerNormalization(x, [1.0, 1.0], outputs=3, epsilon=1e-5)
    return net.Concat(values, net.Cast(indices, to=1), normal, net.Clip(mean, None, 6), net.Relu(deviation), axis=-1)


def graph() -> Value:
    made = Graph()
    x = made.input("x", "float32", [1, 3, 8, 8])
    return made.Conv(x, made.constant(0.0), strides=[2, 2], auto_pad="SAME_UPPER")
"""

# Each line that is wrong says at its end what a type checker is to say of it.
WRONG = """
import declnet
from declnet.graph import Graph, Value
from declnet.lowering import Net

spec = declnet.laod("spec.json")  # Module has no attribute "laod"
run = declnet.train(declnet.load("spec.json"), epoch=5)  # Unexpected keyword argument "epoch"
run.evalute()  # "Run" has no attribute "evalute"


def layer(net: Net, x: Value) -> Value:
    net.wieght("kernel", [3], "zeros")  # "Net" has no attribute "wieght"
    values = net.TopK(x, [1])
    net.Relu(values)  # Argument 1 to "Relu" of "Operators" has incompatible type
    net.Gemm(x)  # Too few arguments for "Gemm"
    net.AveragePool(x)  # Missing named argument "kernel_shape" for "AveragePool"
    net.Rellu(x)  # "Net" has no attribute "Rellu"
    return x


def graph(made: Graph, x: Value) -> Value:
    return made.Conv(x, 0.0, stride=[2])  # Unexpected keyword argument "stride" for "Conv" of "Operators"
"""


@pytest.fixture(scope="module")
def errors(root, tmp_path_factory):
    """What mypy, as strict as it can be, says of the files of a user: (file, line, message)."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(WRONG)
    flags = ["--strict", "--config-file=", "--follow-imports=silent", "--no-color-output", "--no-error-summary"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *flags, "right.py", "wrong.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode < 2, done.stdout + done.stderr
    return re.findall(r"^(\w+)\.py:(\d+): error: (.*)$", done.stdout, flags=re.M)


def test_what_is_right_is_accepted(errors):
    """Every public name is there, and operators take and give what they do."""
    assert [] == [error for error in errors if error[0] == "right"]


@pytest.mark.parametrize(
    "line, message",
    [(number, line.partition("  # ")[2]) for number, line in enumerate(WRONG.splitlines(), 1) if "  # " in line],
)
def test_what_is_wrong_is_refused(errors, line, message):
    """A misspelt name, a wrong argument, a tuple that is taken for a value."""
    (said,) = [text for file, number, text in errors if (file, int(number)) == ("wrong", line)]

    assert message in said

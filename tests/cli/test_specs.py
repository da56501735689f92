"""check, summary, compile, schema."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import onnx
import pytest

from declnet import Program
from declnet.cli.tables import amount, print_summary
from declnet.spec import parse

SPECS = Path(__file__).parents[2] / "specs"


def test_check_sound(call, spec):
    """A sound spec: one line, exit code 0."""
    code, stdout, stderr = call("check", spec)

    assert (0, "") == (code, stderr)
    assert f"{spec}: no mistakes, warnings: 0, layers: 4\n" == stdout


def test_check_tells_every_mistake(call, spec):
    """Two mistakes far apart are told in one run, each with its place and code."""
    text = spec.read_text().replace('"units": 8', '"unts": 8').replace('"optimizer"', '"optimiser"')
    spec.write_text(text)

    code, stdout, stderr = call("check", spec)

    assert (2, "") == (code, stdout)
    assert "did you mean 'units'" in stderr
    assert "did you mean 'optimizer'" in stderr
    assert f"{spec}:" in stderr


def test_check_json(call, spec):
    """With --json the same comes as a list of objects on stdout."""
    code, stdout, stderr = call("check", spec, "--json", "--set", "layers.1.units=many")
    (mistake,) = json.loads(stdout)

    assert (2, "") == (code, stderr)
    assert "error" == mistake["severity"]
    assert {"code", "message", "file", "found", "allowed"} <= set(mistake)
    assert [] == json.loads(call("check", spec, "--json")[1])


def test_check_colours(call, spec, monkeypatch):
    """A pipe gets no escape sequences."""
    stderr = call("check", spec, "--set", "training.epohcs=5")[2]

    assert "\x1b" not in stderr
    assert "did you mean 'epochs'" in stderr


@pytest.mark.parametrize("verb", ["check", "summary", "compile", "train"])
def test_missing_spec(call, tmp_path, verb, files):
    """A spec that is not there is an error in a few lines, and nothing is written."""
    out = ["-o", tmp_path / "out"] if verb in ("compile", "train") else []
    code, stdout, stderr = call(verb, tmp_path / "none.json", *out)

    assert (2, "") == (code, stdout)
    assert "none.json" in stderr and "error[DN1004]" in stderr
    assert [] == files()


def test_summary_counts_by_hand(call, spec):
    """4·8 + 8 and 8·3 + 3 parameters; one multiply-add for each weight of a matrix; mean and deviation are fixed."""
    code, stdout, _ = call("summary", spec, "--json")
    counted = json.loads(stdout)
    rows = {row["name"]: row for row in counted["layers"]}

    assert 0 == code
    assert [40, 27] == [rows[name]["parameters"] for name in ("dense_1", "logits")]
    assert [32, 24] == [rows[name]["multiply_adds"] for name in ("dense_1", "logits")]
    assert ["N", 3] == rows["logits"]["shape"]
    assert (67, 8, 56) == (counted["total_parameters"], counted["total_fixed"], counted["total_multiply_adds"])


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.json")), ids=lambda path: path.stem)
def test_summary_fits_a_terminal(capsys, monkeypatch, path):
    """In 80 columns each block and layer of our specs has one line, in which nothing is cut off."""
    monkeypatch.setenv("COLUMNS", "80")
    summary = Program(parse(path)).summary()
    print_summary(summary)
    head, _, *lines = capsys.readouterr().out.splitlines()
    lines = lines[: next(k for k, line in enumerate(lines) if set(line) <= {"─", " "})]
    names = [row.name.rpartition("/")[2] for _, row in summary.tree()]

    assert head.split()[:3] == ["layer", "output", "parameters"]
    assert names == [line.split()[0].removesuffix("/") for line in lines]
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_summary_tree(call):
    """Blocks have their sums and, indented below, what is in them; --depth leaves that out."""
    code, stdout, _ = call("summary", SPECS / "resnet_small.json")
    folded = call("summary", SPECS / "resnet_small.json", "--depth", 1)[1]

    assert 0 == code
    assert ["residual_2/", "(N,", "32,", "7,", "7)", "18,560", "128", "903", "k", "42.9", "KiB"] in split(stdout)
    assert "\n  change/ " in stdout and "\n    batch_norm_1 " in stdout
    assert ["residual_2/", "(N,", "32,", "7,", "7)", "18,560", "128", "903", "k", "42.9", "KiB"] in split(folded)
    assert "\n  " not in folded
    assert ["resnet_small", "42,938", "480", "3.44", "M", "312.5", "KiB"] in split(folded)


def test_summary_of_long_names(call, spec, monkeypatch):
    """A name that is longer than its place is cut off; figures are not."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = call("summary", spec, "--set", f"layers.1.name={'x' * 99}", "--set", "layers.1.units=100000")[
        1
    ].splitlines()
    (line,) = [line for line in lines if line.startswith("xxx")]

    assert "xx…" in line
    assert line.endswith("(N, 100000)     500,000      0      400 k  781.2 KiB")


def split(text):
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (None, "?"),
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (28_224, "28.2 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (3_440_512, "3.44 M"),
        (5 * 10**13, "50.0 T"),
    ],
)
def test_amounts(number, expected):
    """Three digits and a unit; below a thousand all there are."""
    assert expected == amount(number)


def test_summary_table(call, spec):
    """The table names each layer and the sum, and says what is counted."""
    code, stdout, _ = call("summary", spec, "--set", "layers.1.units=1000")

    assert 0 == code
    assert "dense_1" in stdout and "(N, 1000)" in stdout and "8,003" in stdout
    assert "Conv" in stdout


def test_compile(call, spec, tmp_path):
    """Five graphs, all valid; a second time they are not replaced, unless forced."""
    out = tmp_path / "graphs"
    code, stdout, _ = call("compile", spec, "-o", out, "--target", "standard")

    assert 0 == code
    assert ["forward", "gradient", "inference", "step", "update"] == sorted(path.stem for path in out.iterdir())
    for path in out.iterdir():
        onnx.checker.check_model(path, full_check=True)
        assert str(path) in stdout

    code, _, stderr = call("compile", spec, "-o", out)

    assert 2 == code
    assert "exists" in stderr and "--force" in stderr
    assert 0 == call("compile", spec, "-o", out, "--force")[0]


def test_compile_into_a_file(call, spec):
    """A file in place of the folder is refused, and stays."""
    before = spec.read_text()
    code, _, stderr = call("compile", spec, "-o", spec)

    assert 2 == code
    assert "allowed: a folder" in stderr
    assert before == spec.read_text()


def test_compile_for_a_device_that_is_not_there(call, spec):
    """The device chooses among the targets of a runtime, as in `train`."""
    code, _, stderr = call("compile", spec, "-o", spec.parent / "graphs", "--device", "gpu")

    assert 2 == code
    assert "unknown device 'gpu'" in stderr


def test_compile_for_an_unknown_target(call, spec, files):
    """An unknown target is refused before anything is written."""
    code, _, stderr = call("compile", spec, "-o", spec.parent / "graphs", "--target", "fast")

    assert 2 == code
    assert "allowed: 'auto', 'standard', 'training', 'web'" in stderr
    assert ["iris.json"] == files()


def test_schema(call):
    """What is printed is a JSON Schema."""
    code, stdout, _ = call("schema")
    schema = json.loads(stdout)
    jsonschema.Draft202012Validator.check_schema(schema)

    assert 0 == code
    assert "layer.dense" in schema["$defs"]


def test_reader_that_stops():
    """A pipe that is closed early is no mistake: ``declnet schema | head``."""
    program = [sys.executable, "-m", "declnet", "schema"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "{\n" == process.stdout.readline()
        process.stdout.close()

        assert "" == process.stderr.read()

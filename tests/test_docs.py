"""The documentation says what the code does: its snippets run, its tables are fresh, its links lead somewhere."""

import importlib.util
import json
import re
import shutil
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import typer.main

import declnet
from declnet.evaluation import Evaluator
from declnet.graph import Graph, prune, to_model
from declnet.kinds import KINDS
from declnet.passes import run
from declnet.plugins import Plugins, installed
from declnet.program import Program
from declnet.runtime import open_runtime
from declnet.target import STANDARD, TRAINING, Target

INPUTS = {
    '"left"': {"left": {"shape": [4]}, "right": {"shape": [4]}},
    '"conv"': {"image": {"shape": [3, 8, 8]}},
    "": {"x": {"shape": [4]}},
}


def blocks(path, language):
    """The code blocks of a page, without indentation that a list gives them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [re.sub(rf"^{indent}", "", block, flags=re.M) for indent, block in found]


def pages(root):
    return [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("benchmarks/*.md")]


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Make a block of code the module of a plugin, and give its entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def load(source):
        name = f"plugin_of_docs_{len(modules)}"
        modules.append(name)
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        importlib.invalidate_caches()
        return EntryPoint(name, name, "declnet")

    yield load
    for name in modules:
        sys.modules.pop(name, None)


def test_generated_pages_are_fresh(root):
    """`make docs` would change nothing."""
    specification = importlib.util.spec_from_file_location("make_docs", root / "scripts" / "make_docs.py")
    make_docs = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(make_docs)

    stale = [path.name for path, content in make_docs.pages().items() if content != path.read_text(encoding="utf-8")]

    assert [] == stale


def test_every_key_of_a_spec_is_documented(root):
    """docs/spec.md has the table of each object that the schemas define."""
    page = (root / "docs" / "spec.md").read_text(encoding="utf-8")
    definitions = {}
    for piece in ("core", "layer", "data", "training"):
        definitions |= json.loads((root / "schemas" / f"{piece}.schema.json").read_text(encoding="utf-8"))["$defs"]
    objects = [
        name
        for name, definition in definitions.items()
        if name.endswith(".keys") or "properties" in definition.get("then", definition)
    ]

    assert [] == [name for name in objects if f"<!-- table: {name} -->" not in page]


def test_links_lead_somewhere(root):
    """Every relative link of every page, and every place in a page that a link names."""
    wrong = []
    for page in pages(root):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            file, _, place = target.partition("#")
            if file.startswith(("http://", "https://")):
                continue
            other = page.parent / file if file else page
            if not other.exists() or (place and place not in anchors(other)):
                wrong.append(f"{page.name}: {target}")

    assert [] == wrong


def anchors(page):
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings} | set(
        re.findall(r'<a id="([^"]+)">', text)
    )


@pytest.mark.parametrize("page", ["README.md", "docs/data.md", "docs/training.md"])
def test_python_runs(root, page, tmp_path, monkeypatch, plugin):
    """Each block by itself, in a folder that holds specs/; those that are plugins are loaded as such."""
    shutil.copytree(root / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)

    for block in blocks(root / page, "python"):
        if "hookimpl" in block:
            Plugins([plugin(block)])
        else:
            exec(compile(block, page, "exec"), {})


def test_the_highway_block_of_the_spec_page(root):
    """It computes what Srivastava et al. (2015) write in equation 3: H(x) T(x) + x (1 - T(x))."""
    block = next(json.loads(text) for text in blocks(root / "docs" / "spec.md", "json") if "highway" in text)
    layers = [{"block": "highway", "units": 3, "name": "way"}]
    spec = declnet.load({"blocks": block["blocks"], "inputs": {"x": {"shape": [3]}}, "layers": layers})
    weights, x = Program(spec).initial_weights(), np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    [y] = Evaluator(Program(spec), open_runtime()).predict(weights, {"x": x}).values()

    change = np.maximum(x @ weights["way/change/kernel"], 0)
    gate = 1 / (1 + np.exp(2 - x @ weights["way/gate/kernel"]))
    np.testing.assert_allclose(change * gate + x * (1 - gate), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("page", ["README.md", "docs/spec.md"])
def test_json_is_a_spec(root, page):
    """Each block is a spec without mistakes; what a fragment leaves out is filled in."""
    for block in blocks(root / page, "json"):
        given = next(inputs for mark, inputs in INPUTS.items() if mark in block)
        # A path in specs/ keeps its $schema; the check does not read it.
        spec, diagnostics = declnet.check({"inputs": given, "layers": [{"type": "flatten"}], **json.loads(block)})

        assert [] == [str(each) for each in diagnostics if each.severity == "error"]
        assert spec.layers


def test_commands_exist(root):
    """Every `declnet VERB --option` in the pages is one that the command line has."""
    from declnet.cli import app

    verbs = typer.main.get_command(app).commands
    wrong = []
    for page in pages(root):
        # What is quoted are messages.
        text = re.sub(r"^>.*$", "", page.read_text(encoding="utf-8"), flags=re.M)
        for verb, rest in re.findall(r"(?:^    |`|\$ )declnet ([a-z]+)\b([^`\n]*)", text, re.M):
            options = {name for parameter in getattr(verbs.get(verb), "params", ()) for name in parameter.opts}
            unknown = [word for word in re.findall(r"(?<=\s)--?[a-z]+", rest) if word not in options]
            if verb not in verbs or unknown:
                wrong.append(f"{page.name}: declnet {verb}{rest}")

    assert [] == wrong


def test_every_verb_is_documented(root):
    """In some page or other."""
    from declnet.cli import app

    text = "\n".join(page.read_text(encoding="utf-8") for page in pages(root))

    assert [] == [verb for verb in typer.main.get_command(app).commands if f"declnet {verb}" not in text]


def test_ci_runs_what_the_readme_tells(root):
    """Every `make` command of the README is one of the Makefile, and its tests are run before a change is merged."""
    told = set(re.findall(r"(?:^    |`)(make \w[^`\n]*)", (root / "README.md").read_text(encoding="utf-8"), flags=re.M))
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    run = re.findall(r"(make .*)$", (root / ".ci" / "run").read_text(encoding="utf-8"), flags=re.M)

    assert {"make demo", "make test", "make test RUNTIME=cpu"} == told
    assert told <= set(run)
    assert {command.split()[1] for command in run} <= set(targets)


def test_plugins_page_works(root, plugin):
    """Each plugin of docs/plugins.md registers beside the built-in ones, and its components do what they say."""
    import numpy as np

    from declnet.testing import check_layer, run_loss, run_optimizer, run_schedule

    checks = {
        "layer": lambda it: check_layer(
            it, dict.fromkeys(it.schema.get("required", ()), 3), [("N", 4, 3)], ("N", 4, 3)
        ),
        "activation": lambda it: check_layer(it, {}, [("N", 3)], ("N", 3)),
        "loss": lambda it: run_loss(it, {"delta": 1.0}, np.ones((2, 1), "f"), np.zeros((2, 1), "f")),
        "optimizer": lambda it: run_optimizer(it, {"learning_rate": 0.1}, np.ones(2, "f"), [np.ones(2, "f")]),
        "schedule": lambda it: run_schedule(it, {"initial": 1.0}, [0, 5], 10),
        "initializer": lambda it: it(np.random.default_rng(0), (3, 4), (3, 4)),
        "metric": lambda it: it(np.zeros(2), np.ones(2)),
        "source": lambda it: it(root, rows=5),
    }
    seen = set()
    for block in blocks(root / "docs" / "plugins.md", "python"):
        if "@hookimpl" not in block:
            continue
        entry = plugin(block)
        plugins = Plugins([entry])
        seen |= set(plugins.offers(entry.name))
        for kind in KINDS:
            for component in plugins.components(kind).values():
                assert component.type not in installed().components(kind), "an example has the name of a built-in one"
                checks.get(kind, lambda it: it)(component)
        for each in plugins.passes:
            assert each.name not in {built_in.name for built_in in installed().passes}
            {"swish_in_one": check_swish, "sgd_in_one": check_sgd}[each.name](each)

    assert {*KINDS, "gradient", "pass", "runtime"} == seen


def check_swish(example):
    """The pass of docs/plugins.md computes a swish in one operator, where the target has it."""
    found = {}
    for target in (STANDARD, TRAINING):
        graph = Graph()
        x = graph.input("x", "float32", ["N", 3])
        graph.output(x * graph.Sigmoid(x), "y")
        run(graph, target, [example])
        found[target] = [node.op_type for node in prune(graph).ir]
        given = np.array([[-1, 0, 2]], "float32")
        y = open_runtime().session(to_model(graph)).run({"x": given})["y"]
        np.testing.assert_allclose(given / (1 + np.exp(-given)), y, atol=1e-6)

    assert {STANDARD: ["Sigmoid", "Mul"], TRAINING: ["QuickGelu"]} == found


def check_sgd(example):
    """The other computes an update in one operator, and leaves every other difference."""
    for target, operators in (
        (STANDARD, ["Mul", "Sub"]),
        (Target("own", domains=frozenset({"com.example"})), ["SgdStep"]),
    ):
        graph = Graph()
        parameter, gradient = (graph.input(name, "float32", [2]) for name in ("w", "w_grad"))
        graph.output(parameter - 0.1 * gradient, "w_next")
        graph.output(gradient - 0.1 * parameter, "other")
        run(graph, target, [example], "finished")

        assert [*operators, "Mul", "Sub"] == [node.op_type for node in prune(graph).ir]

"""The walls of the house: who may import what, which names are public, what is deliberately absent."""

import ast
import inspect
import re
import subprocess
import sys

import pytest

import declnet
from declnet import hookspecs
from declnet.kinds import KINDS
from declnet.plugins import installed

# A module imports only what stands above it.
ORDER = [
    "wording",
    "errors",
    "target",
    "graph",
    "component",
    "kinds",
    "autodiff",
    "hookspecs",
    "passes",
    "plugins",
    "data",
    "schema",
    "spec",
    "lowering",
    "initializers",
    "summary",
    "program",
    "runtime",
    "evaluation",
    "training",
    "export",
    "sampling",
    "run",
    "compiler",
    "testing",
    "cli",
]

# The only places that may import a library: entries of ORDER, or files.
ONLY_IN = {
    "difflib": {"wording"},
    "onnxruntime": {"runtime/onnxruntime.py"},
    "pluggy": {"hookspecs", "plugins"},
    "jsonschema": {"schema", "spec", "export", "testing"},
    "safetensors": {"training"},
    "typer": {"cli"},
    "rich": {"cli"},
}

# Frameworks serve as references in tests and benchmarks, and nowhere else.
FOREIGN = {"torch", "jax", "tensorflow", "keras", "pickle"}

PUBLIC = [
    "Accumulate",
    "BackendError",
    "Choice",
    "Component",
    "Costs",
    "DataError",
    "DeclnetError",
    "Diagnostic",
    "Field",
    "Graph",
    "GraphError",
    "Halves",
    "Interrupted",
    "LossNet",
    "MissingGradient",
    "Net",
    "Node",
    "Observer",
    "OnnxRuntime",
    "OptimizerNet",
    "PluginError",
    "Program",
    "Rows",
    "Run",
    "RunError",
    "Runtime",
    "Session",
    "Spec",
    "SpecError",
    "Stepper",
    "Table",
    "Target",
    "Tensor",
    "Trainer",
    "Value",
    "Whole",
    "activation",
    "check",
    "compile",
    "constraint",
    "exporter",
    "flat",
    "gradient",
    "gradient_rule",
    "graph_pass",
    "hookimpl",
    "initializer",
    "layer",
    "load",
    "loss",
    "metric",
    "observer",
    "open_run",
    "optimizer",
    "regularizer",
    "schedule",
    "source",
    "train",
]


@pytest.fixture(scope="module")
def package(root):
    return root / "declnet"


@pytest.fixture(scope="module")
def plugins(root):
    return root / "plugins"


def imports(path):
    """Yield (line, module, names) for each import that a file may run, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    annotations = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    never = {id(part) for node in annotations for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in never:
            continue
        if isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, []) for alias in node.names)


def part(package, path):
    """The entry of ORDER that a file of the package belongs to."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def ours(module, names):
    """The entries of ORDER that one import names."""
    first, _, rest = module.partition(".")
    if first != "declnet":
        return []
    return [rest.split(".")[0]] if rest else [name for name in names if name in ORDER]


def test_every_module_has_its_place(package):
    """Each file or folder of the package stands in ORDER."""
    found = {part(package, path) for path in package.rglob("*.py")} - {"__init__", "__main__"}

    assert set() == found - set(ORDER)


def test_imports_point_upward(package):
    """A module imports only what stands above it in ORDER, also inside functions."""
    wrong = [
        f"{path.relative_to(package)}:{line} imports {name}"
        for path in sorted(package.rglob("*.py"))
        if part(package, path) in ORDER
        for line, module, names in imports(path)
        for name in ours(module, names)
        if ORDER.index(name) > ORDER.index(part(package, path))
    ]

    assert [] == wrong


def test_autodiff_knows_graphs_and_targets_only(package):
    """Any ONNX model can be differentiated, so the engine knows no specs, layers, plugins or runtimes."""
    known = {
        name
        for path in (package / "autodiff").rglob("*.py")
        for _, module, names in imports(path)
        for name in ours(module, names)
    }

    assert known <= {"autodiff", "graph", "target", "errors"}


def test_passes_know_graphs_and_targets_only(package):
    """A pass has a graph and what it is made for, so it suits every model; one transformation is one file."""
    files = {path.stem: path for path in (package / "passes").glob("*.py")}
    known = {name for path in files.values() for _, module, names in imports(path) for name in ours(module, names)}
    offered = [each.name for each in installed().passes if each.plugin == "passes"]

    assert {"passes", "graph", "target", "errors", "hookspecs"} == known
    assert sorted(offered) == sorted(files.keys() - {"__init__", "running"})


def test_libraries_stay_where_they_belong(package):
    """onnxruntime appears in the one file that runs graphs with it; typer and rich in the command line."""
    wrong = [
        f"{path.relative_to(package)}:{line} imports {module}"
        for path in sorted(package.rglob("*.py"))
        for line, module, _ in imports(path)
        if (allowed := ONLY_IN.get(module.split(".")[0]))
        and allowed.isdisjoint({part(package, path), path.relative_to(package).as_posix()})
    ]

    assert [] == wrong


def test_no_framework_and_no_pickle(package, plugins):
    """Nothing that is installed imports a deep-learning framework, or unpickles."""
    wrong = [
        f"{path}:{line} imports {module}"
        for folder in (package, plugins)
        for path in sorted(folder.rglob("*.py"))
        for line, module, _ in imports(path)
        if module.split(".")[0] in FOREIGN
    ]

    assert [] == wrong


def test_hints_name_nothing_that_is_not_installed(root, package, plugins):
    """Who installed a wheel has no file of this repository: no message, help or description names one."""
    folders = "benchmarks|docs|examples|plugins|schemas|scripts|specs|tests"
    file = re.compile(rf"\b(?:\w+\.(?:md|py|toml)|Makefile|(?:{folders})/\w+)\b")
    told = [(path, text) for folder in (package, plugins) for path in folder.rglob("*.py") for text in texts(path)]
    schemas = [*plugins.rglob("*.schema.json"), *(root / "schemas").glob("*.schema.json")]
    told += [(path, path.read_text(encoding="utf-8")) for path in schemas]

    assert [] == [(path.name, found[0]) for path, text in told if (found := file.search(text))]


def texts(path):
    """Yield each string of a file that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_one_place_compares_names(plugins):
    """What is nearest to a name is asked of declnet, by plugins too."""
    files = [path for path in plugins.rglob("*.py") for _, module, _ in imports(path) if module == "difflib"]

    assert [] == files


def test_plugins_import_public_names_only(plugins):
    """What declnet's own plugins need, a stranger's may use too."""
    wrong = [
        f"{path.relative_to(plugins)}:{line} imports {module} {names}"
        for path in sorted(plugins.rglob("*.py"))
        for line, module, names in imports(path)
        if module.startswith("declnet.") or (module == "declnet" and not set(names) <= set(PUBLIC))
    ]

    assert [] == wrong


def test_a_plugin_imports_no_other_plugin(plugins):
    """Each can be replaced alone; they meet in the registry only."""
    wrong = [
        f"{path.relative_to(plugins)}:{line} imports {module}"
        for path in sorted(plugins.rglob("*.py"))
        for line, module, _ in imports(path)
        if module.startswith("declnet_") and module.split(".")[0] != path.relative_to(plugins).parts[0]
    ]

    assert [] == wrong


def test_declnet_names_no_plugin(package, plugins):
    """Plugins are found by their entry points."""
    names = [folder.name for folder in plugins.iterdir() if folder.is_dir() and (folder / "__init__.py").exists()]
    wrong = [
        f"{path.relative_to(package)} names {name}"
        for path in sorted(package.rglob("*.py"))
        for name in names
        if re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
    ]

    assert [] == wrong


def test_public_names_are_pinned():
    """Modules may move, the front door may not."""
    assert PUBLIC == declnet.__all__
    assert [] == [name for name in PUBLIC if not inspect.getdoc(getattr(declnet, name))]


def test_import_is_light():
    """`import declnet` and the help of the command line load none of the heavy libraries."""
    heavy = "{'onnx', 'onnxruntime', 'numpy', 'sklearn', 'jsonschema'}"
    script = f"import sys, declnet, declnet.cli; print(sorted({heavy} & set(sys.modules)))"

    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert "[]" == printed.strip()


def hooks():
    return {name: value for name, value in vars(hookspecs).items() if name.startswith("declnet_")}


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_is_documented(root, hook):
    """docs/plugins.md has a section for it: the signature as heading, and an example that implements it."""
    signature = f"{hook}{inspect.signature(hooks()[hook]).replace(return_annotation=inspect.Signature.empty)}"
    page = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `([^`\n]+)`\n(.*?)(?=^##|\Z)", page, flags=re.M | re.S))

    assert signature in sections
    assert "```python" in sections[signature]
    assert f"def {signature}:" in sections[signature]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_documented(root, kind):
    """The section of its hook says what the functions take, and has the table of its options."""
    page = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    section = page.partition(f"### `{kind.hook}()`\n")[2].partition("\n### ")[0]

    assert f"Functions `{kind.signature}`" in section
    assert bool(kind.options) == (f"<!-- options: {kind.name} -->" in section)


def test_nothing_is_left_open(root, package, plugins):
    """No marks of unfinished work, and no drawer for odds and ends."""
    files = [path for folder in (package, plugins, root / "tests") for path in folder.rglob("*.py")]
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

    assert [] == [str(path) for path in files if marks.search(path.read_text(encoding="utf-8"))]
    assert [] == [str(path) for path in files if {"utils", "common", "core", "helpers"} & {*path.parts, path.stem}]

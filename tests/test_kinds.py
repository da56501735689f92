"""A kind of component is declared in one place, from which everything else is made."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from declnet import PluginError
from declnet.kinds import KINDS
from declnet.plugins import Plugins
from declnet.schema import compose

DECLARATION = """
watcher = Kind(
    name="watcher",
    plural="watchers",
    arguments=("folder",),
    returns="to one that watches",
    examples=("hawk",),
    written='"watchers": ["{}"] in training',
    options={"eyes": Option("which of them are open", ("both", "left"), default="both")},
)
"""

PLUGIN = '''
from declnet import hookimpl, watcher

@watcher({"properties": {"often": {"type": "integer", "default": 3, "description": "How often it looks."}}})
def hawk(folder, *, often):
    """See everything."""

@hookimpl
def declnet_watchers():
    return [hawk]
'''

PROGRAM = """
import inspect
import json
from importlib.metadata import EntryPoint

from declnet import hookspecs, schema
from declnet.plugins import Plugins

plugins = Plugins([EntryPoint("bird", "bird", "declnet")])
(hawk,) = plugins.components("watcher").values()
composed = schema.compose(plugins)["$defs"]
mistakes = schema.validate({"inputs": {"x": {"shape": [3]}}, "layers": [{"type": "hawk"}]}, plugins)
print(json.dumps({
    "offers": plugins.offers("bird"),
    "options": hawk.options,
    "hook": inspect.getdoc(hookspecs.declnet_watchers).splitlines(),
    "schema": [composed["watcher"]["type"], list(composed["watcher.hawk"]["properties"])],
    "hint": mistakes[0].hint,
}))
"""


@pytest.fixture
def declare(root, tmp_path):
    """Run PROGRAM with a copy of declnet that has one more kind, declared in kinds.py, and some public names more."""

    def run(declaration, *public):
        for folder in ("declnet", "schemas"):
            shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / "bird.py").write_text(PLUGIN)
        kinds, front = tmp_path / "declnet" / "kinds.py", tmp_path / "declnet" / "__init__.py"
        kinds.write_text(kinds.read_text().replace("\ndef named", f"{declaration}\n\ndef named"))
        lines = "".join(f'    "{name}": "kinds",\n' for name in public)
        front.write_text(front.read_text().replace("_HOMES = {\n", f"_HOMES = {{\n{lines}"))
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
        )

    return run


def test_a_new_kind_is_declared_in_one_place(declare):
    """Decorator, options, hook, schema and messages follow; the front door gets one name more."""
    done = declare(DECLARATION, "watcher")

    assert 0 == done.returncode, done.stderr
    assert {
        "offers": {"watcher": ["hawk"]},
        "options": {"eyes": "both"},
        "hook": [
            "Offer watchers: functions ``(folder, *, properties)`` to one that watches.",
            "",
            "@hookimpl",
            "def declnet_watchers():",
            "    return [hawk]",
        ],
        "schema": [["object", "string"], ["type", "often"]],
        "hint": 'write it as "watchers": ["hawk"] in training',
    } == json.loads(done.stdout)


@pytest.mark.parametrize(
    "written, instead, public, message",
    [
        ("", "", [], "kind 'watcher' has no public decorator declnet.watcher"),
        ("watcher = ", "observer = ", ["watcher"], "kind 'watcher' stands under the name 'observer'"),
        ('returns="to one that watches"', 'returns=""', ["watcher"], "kind 'watcher' lacks returns"),
        ('plural="watchers",', "", ["watcher"], "missing 1 required keyword-only argument: 'plural'"),
    ],
)
def test_a_piece_that_is_forgotten_is_an_error_at_import(declare, written, instead, public, message):
    """Of the module that declares the kinds, so of whatever uses one."""
    done = declare(DECLARATION.replace(written, instead), *public)

    assert 1 == done.returncode
    assert message in done.stderr


def test_the_keys_of_a_kind_are_those_that_the_schemas_describe(monkeypatch):
    """A key that declnet reads and no schema describes, or the other way round, is refused when they are composed."""
    monkeypatch.setitem(KINDS, "metric", replace(KINDS["metric"], keys=("type", "name", "from")))

    with pytest.raises(PluginError, match=r"the keys of kind 'metric' differ") as refusal:
        compose(Plugins([]))

    assert "allowed: name, from" in str(refusal.value)

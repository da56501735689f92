"""Plugins are found by entry points; clashes and mistakes name whose they are."""

import importlib
import sys
import textwrap
from importlib.metadata import distributions

import pytest

from declnet import PluginError
from declnet import plugins as plugins_module
from declnet.plugins import Plugins, installed

LAYER = """
from declnet import hookimpl, layer

@layer({{}})
def {name}(net, x):
    "A layer of a test."

@hookimpl
def declnet_layers():
    return [{name}]
"""


RULE = """
from declnet import gradient_rule, hookimpl

@gradient_rule("Swish", domain="mine")
def swish(node, dy):
    return (dy,)

@hookimpl
def declnet_gradients():
    return [swish]
"""


@pytest.fixture
def install(tmp_path, monkeypatch, write_metadata):
    """Install distributions, each a dict of plugin name to source, in a folder; return Plugins of them."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = set()

    def install_all(**sources):
        for distribution, plugins in sources.items():
            names = {plugin: f"module_of_{distribution}_{plugin}" for plugin in plugins}
            for plugin, source in plugins.items():
                (tmp_path / f"{names[plugin]}.py").write_text(textwrap.dedent(source))
            write_metadata(tmp_path, f"declnet-{distribution}", "1.0", names)
            modules.update(names.values())
        importlib.invalidate_caches()
        return Plugins([entry for found in distributions(path=[str(tmp_path)]) for entry in found.entry_points])

    yield install_all
    for module in modules:
        sys.modules.pop(module, None)


def test_a_plugin_offers_components(install):
    """A layer comes with the distribution that brought it, and its version."""
    plugins = install(swish={"swish": LAYER.format(name="swish")})

    assert ["swish"] == list(plugins.components("layer"))
    assert "declnet-swish 1.0" == plugins.owner("layer", "swish")
    assert {} == plugins.components("loss")


def test_built_in_plugins_come_by_the_same_door():
    """Every component of declnet belongs to an entry point of the distribution declnet."""
    plugins = installed()

    assert "dense" in plugins.components("layer")
    assert plugins.owner("layer", "dense").startswith("declnet ")
    assert plugins.distributions.keys() >= {"dense", "conv", "optimizer", "loss"}


def test_two_plugins_of_one_name_are_refused(install):
    """The message names both distributions."""
    with pytest.raises(PluginError) as refusal:
        install(first={"swish": LAYER.format(name="one")}, second={"swish": LAYER.format(name="two")})

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "plugin name 'swish' is claimed by both" in str(refusal.value)
    assert "declnet-first 1.0" in str(refusal.value)
    assert "declnet-second 1.0" in str(refusal.value)


def test_two_layers_of_one_type_are_refused(install):
    """The message names both plugins and their distributions."""
    with pytest.raises(PluginError) as refusal:
        install(first={"a": LAYER.format(name="swish")}, second={"b": LAYER.format(name="swish")})

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "layer 'swish' is claimed by both" in str(refusal.value)
    assert "'a'" in str(refusal.value) or "a (declnet-first 1.0)" in str(refusal.value)
    assert "declnet-second 1.0" in str(refusal.value)


def test_a_misspelt_hook_is_refused(install):
    """pluggy alone would never call it; the message lists the hooks that there are."""
    source = LAYER.format(name="swish").replace("declnet_layers", "declnet_layer")

    with pytest.raises(PluginError) as refusal:
        install(swish={"swish": source})

    assert "unknown hook" in str(refusal.value)
    assert "declnet_layer" in str(refusal.value)
    assert "declnet_losses" in refusal.value.diagnostics[0].allowed


@pytest.mark.parametrize(
    "returned, message",
    [
        ("swish", "returned Component"),
        ("None", "returned NoneType"),
        ("[swish.function]", "offers <function swish"),
        ("['swish']", "offers 'swish'"),
    ],
)
def test_a_hook_returns_a_list_of_components(install, returned, message):
    """Whatever else it returns is refused, with the name of the plugin."""
    source = LAYER.format(name="swish").replace("return [swish]", f"return {returned}")

    with pytest.raises(PluginError) as refusal:
        install(swish={"swish": source})

    assert message in str(refusal.value)
    assert "'swish'" in str(refusal.value)


def test_a_component_of_another_kind_is_refused(install):
    """A loss is no layer, whichever hook returns it."""
    source = LAYER.format(name="swish").replace("def declnet_layers", "def declnet_losses")

    with pytest.raises(PluginError, match=r"functions decorated with declnet\.loss"):
        install(swish={"swish": source})


def test_a_plugin_that_does_not_import_is_named(install):
    """With the distribution to mend, and what went wrong; no traceback is needed."""
    with pytest.raises(PluginError) as refusal:
        install(swish={"swish": "import a_module_that_is_not_there"})

    assert "plugin 'swish' of declnet-swish 1.0 does not import: ModuleNotFoundError" in str(refusal.value)
    assert "uninstall declnet-swish" in str(refusal.value)


def test_a_component_with_a_wrong_schema_is_named(install):
    """What the decorator refuses at import reaches the user as it is."""
    source = LAYER.format(name="swish").replace("@layer({})", "@layer({'properties': {'beta': {}}})")

    with pytest.raises(PluginError) as refusal:
        install(swish={"swish": source})

    assert "layer 'swish'" in str(refusal.value)
    assert "declares ['beta']" in str(refusal.value)


def test_no_plugin_at_all_is_explained(monkeypatch):
    """A checkout on PYTHONPATH has no entry points; the message says what to do."""
    monkeypatch.setattr(plugins_module, "entry_points", lambda group: [])

    with pytest.raises(PluginError, match="pip install -e") as refusal:
        installed.__wrapped__()

    assert "no plugin is installed" in str(refusal.value)


HOOKS = {
    "activations": ("activation", "(net, x)"),
    "constraints": ("constraint", "(net, weight)"),
    "exporters": ("exporter", "(model, path)"),
    "initializers": ("initializer", "(random, shape, fans)"),
    "layers": ("layer", "(net, x)"),
    "losses": ("loss", "(net, prediction)"),
    "metrics": ("metric", "(prediction, target)"),
    "optimizers": ("optimizer", "(net, parameter, gradient)"),
    "regularizers": ("regularizer", "(net, weight)"),
    "schedules": ("schedule", "(net, step)"),
    "sources": ("source", "(folder)"),
}


@pytest.mark.parametrize("plural", HOOKS)
def test_each_hook_brings_components_of_its_kind(install, plural):
    """What a plugin returns from declnet_<plural> is found among the components of that kind."""
    kind, arguments = HOOKS[plural]
    plugins = install(
        mine={
            "mine": f"""
            from declnet import hookimpl, {kind}

            @{kind}({{}})
            def mine{arguments}:
                "A component of a test."

            @hookimpl
            def declnet_{plural}():
                return [mine]
            """
        }
    )

    assert ["mine"] == list(plugins.components(kind))


def test_declnet_gradients_brings_rules(install):
    """A rule for an operator of the plugin's own domain."""
    plugins = install(mine={"mine": RULE})

    assert [("mine", "Swish")] == list(plugins.gradients)
    assert {"gradient": ["mine::Swish"]} == plugins.offers("mine")


def test_two_rules_for_one_operator_are_refused(install):
    """The message names both plugins and their distributions."""
    with pytest.raises(PluginError) as refusal:
        install(first={"a": RULE}, second={"b": RULE})

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "the gradient of mine::Swish is claimed by both" in str(refusal.value)
    assert "declnet-second 1.0" in str(refusal.value)


def test_what_is_no_rule_is_refused(install):
    """A plain function is not yet a rule."""
    with pytest.raises(PluginError, match=r"declnet\.gradient_rule"):
        install(mine={"mine": RULE.replace("return [swish]", "return [print]")})


PASSES = """
from declnet import hookimpl

def {first}(graph, target):
    "A pass of a test."
    return graph

def {second}(graph, target):
    "Another."
    return graph

@hookimpl{how}
def declnet_passes():
    return [{first}, {second}]
"""


def test_declnet_passes_brings_passes(install):
    """In the order of the plugins' names and of their lists, but for those that ask to be first or last."""
    plugins = install(
        one={"b": PASSES.format(first="z", second="a", how=""), "d": PASSES.format(first="e", second="f", how="")},
        two={
            "a": PASSES.format(first="last", second="very_last", how="(trylast=True)"),
            "e": PASSES.format(first="end", second="very_end", how="(trylast=True)"),
        },
        three={"c": PASSES.format(first="first", second="second", how="(tryfirst=True)")},
    )

    order = ["first", "second", "z", "a", "e", "f", "last", "very_last", "end", "very_end"]
    assert order == [each.name for each in plugins.passes]
    assert {"pass": ["a", "z"]} == plugins.offers("b")
    assert "pass 'last' of plugin a (declnet-two 1.0)" == str(plugins.passes[6])


def test_two_passes_of_one_name_are_refused(install):
    """The message names both plugins and their distributions."""
    with pytest.raises(PluginError) as refusal:
        install(
            first={"a": PASSES.format(first="fuse", second="fold", how="")},
            second={"b": PASSES.format(first="other", second="fuse", how="")},
        )

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "pass 'fuse' is claimed by both plugin a (declnet-first 1.0)" in str(refusal.value)
    assert "b (declnet-second 1.0)" in str(refusal.value)


@pytest.mark.parametrize(
    "offered",
    ["'fuse'", "print", "lambda graph, target: graph", "undocumented", "of_one", "of_three", "Pass"],
)
def test_what_is_no_pass_is_refused(install, offered):
    """A pass is a function of two arguments that says what it does."""
    source = """
    from declnet import hookimpl

    def undocumented(graph, target):
        return graph

    def of_one(graph):
        "Lacks the target."

    def of_three(graph, target, more):
        "Wants more."

    class Pass:
        "A class is none."
        def __init__(self, graph, target): ...

    @hookimpl
    def declnet_passes():
        return [OFFERED]
    """

    with pytest.raises(PluginError, match="declnet_passes of plugin 'mine' offers") as refusal:
        install(mine={"mine": source.replace("OFFERED", offered)})

    assert "functions (graph, target)" in refusal.value.diagnostics[0].allowed


def test_declnets_own_passes_come_last():
    """By the same door; the passes of other plugins see what the layers have said."""
    own = [each for each in installed().passes if each.plugin == "passes"]

    assert own and own == installed().passes[-len(own) :]
    assert all(each.distribution.startswith("declnet ") for each in own)


def test_every_hook_has_a_test():
    """A new hook gets a row in HOOKS, or a test of its own above."""
    from declnet import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("declnet_")}

    assert hooks == {f"declnet_{plural}" for plural in HOOKS} | {"declnet_gradients", "declnet_passes"}

"""Plugins are found by entry points; clashes and mistakes name whose they are."""

import pytest

from declnet import PluginError
from declnet import plugins as plugins_module
from declnet.plugins import installed

LAYER = """
from declnet import hookimpl, layer

@layer({{}})
def {name}(net, x):
    "A layer of a test."

@hookimpl
def declnet_layers():
    return [{name}]
"""


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

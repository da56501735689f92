"""Each hook brings what it says: components of each kind, gradient rules, runtimes, passes."""

import numpy as np
import onnx_ir as ir
import pytest

from declnet import PluginError, Target
from declnet.autodiff import BUILT_IN
from declnet.kinds import KINDS
from declnet.plugins import installed
from declnet.runtime import open_runtime

RULE = """
from declnet import gradient_rule, hookimpl

@gradient_rule("Swish", domain="mine")
def swish(node, dy):
    return (dy,)

@hookimpl
def declnet_gradients():
    return [swish]
"""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_hook_of_each_kind_brings_its_components(install, kind):
    """What a plugin returns from declnet_<plural> is found among the components of that kind."""
    parameters = ", ".join([*kind.arguments, *["x"] * kind.inputs])
    options = {name: option.values[0] for name, option in kind.options.items() if option.required}
    plugins = install(
        mine={
            "mine": f"""
            from declnet import hookimpl, {kind.name}

            @{kind.name}({{}}, **{options})
            def mine({parameters}):
                "A component of a test."

            @hookimpl
            def declnet_{kind.plural}():
                return [mine]
            """
        }
    )

    assert ["mine"] == list(plugins.components(kind.name))


def test_declnet_gradients_brings_rules(install):
    """A rule for an operator of the plugin's own domain."""
    plugins = install(mine={"mine": RULE})

    assert [("mine", "Swish")] == list(plugins.gradients.entries)
    assert {"gradient": ["mine::Swish"]} == plugins.offers("mine")


def test_two_rules_for_one_operator_are_refused(install):
    """The message names both plugins and their distributions."""
    with pytest.raises(PluginError) as refusal:
        install(first={"a": RULE}, second={"b": RULE})

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "the gradient of mine::Swish is claimed by both" in str(refusal.value)
    assert "declnet-second 1.0" in str(refusal.value)


FORM = """
from declnet import flat, gradient_rule, hookimpl

@gradient_rule("Conv", needs={"com.example"})
def conv(node, dy):
    return dy, None

@hookimpl
def declnet_gradients():
    return [conv, flat("Hash", "Sort", domain="com.example", reason="they are integers")]
"""


def test_declnet_gradients_brings_forms_and_flat_operators(install):
    """A form of an operator of ai.onnx stands before declnet's own, which stays there."""
    plugins = install(mine={"mine": FORM})
    target = Target("example", domains=frozenset({"com.example"}))
    node = ir.Node("", "Conv", [], num_outputs=1)
    owners = [entry.function.__module__ for entry in plugins.gradients.of(node, target)]

    offers = ["Conv (needs com.example)", "com.example::Hash", "com.example::Sort"]
    assert {"gradient": offers} == plugins.offers("mine")
    assert ["module_of_mine_mine", "declnet.autodiff.rules.convolution"] == owners
    assert plugins.gradients.is_flat(ir.Node("com.example", "Hash", [], num_outputs=1), target)


def test_importing_a_plugin_changes_nothing(install):
    """What it offers counts in the Plugins that it was loaded for; the table of built-in rules is as before."""
    before = {key: list(entries) for key, entries in BUILT_IN.entries.items()}
    install(mine={"mine": FORM})

    assert before == BUILT_IN.entries


def test_two_forms_with_the_same_needs_are_refused(install):
    """Those with other needs may stand beside each other."""
    with pytest.raises(PluginError) as refusal:
        install(first={"a": FORM.replace("Hash", "Other").replace("Sort", "Third")}, second={"b": FORM})

    assert "DN2002" == refusal.value.diagnostics[0].code
    assert "the gradient of Conv (needs com.example) is claimed by both" in str(refusal.value)
    assert "declnet-first 1.0" in str(refusal.value)
    assert "declnet-second 1.0" in str(refusal.value)


def test_forms_with_other_needs_are_welcome(install):
    plugins = install(
        first={"a": FORM.replace("Hash", "Other").replace("Sort", "Third")},
        second={"b": FORM.replace("com.example", "com.other")},
    )

    assert 2 == len(plugins.gradients.entries["", "Conv"])


def test_what_is_no_rule_is_refused(install):
    """A plain function is not yet a rule."""
    with pytest.raises(PluginError, match=r"declnet\.gradient_rule"):
        install(mine={"mine": RULE.replace("return [swish]", "return [print]")})


RUNTIME = """
from declnet import Runtime, Session, Target, hookimpl

class Answer(Session):
    inputs, outputs = ("x",), ("y",)

    def compute(self, feed, outputs):
        return [feed["x"] + 42]

class Oracle(Runtime):
    name, version, target = "oracle", "oracle 1.0", Target("oracle", domains=frozenset({"of.delphi"}))

    def __init__(self, device="cpu", threads=None):
        self.device = device

    @classmethod
    def devices(cls):
        return ("cpu",)

    def session(self, model, *, denormals=True):
        return Answer()

@hookimpl
def declnet_runtimes():
    return [Oracle]
"""


def test_declnet_runtimes_brings_runtimes(install):
    """It is found by its name; what a session does not say, binding for one, has a plain form."""
    plugins = install(mine={"mine": RUNTIME})
    runtime = open_runtime("oracle", plugins=plugins)
    x, y = runtime.tensor(np.array([1])), runtime.tensor(np.array([0]))
    runtime.session(None).bind({"x": x}, {"y": y})()

    assert {"runtime": ["oracle"]} == plugins.offers("mine")
    assert ("oracle", "cpu", {"of.delphi"}) == (runtime.name, runtime.device, runtime.target.domains)
    assert [43] == y.numpy().tolist() == runtime.session(None).run({"x": x.numpy()})["y"].tolist()


def test_two_runtimes_of_one_name_are_refused(install):
    plugins = install(first={"a": RUNTIME}, second={"b": RUNTIME})

    with pytest.raises(PluginError, match="runtime 'oracle' is claimed by both"):
        open_runtime("oracle", plugins=plugins)


def test_what_is_no_runtime_is_refused(install):
    plugins = install(mine={"mine": RUNTIME.replace("[Oracle]", "[Answer]")})

    with pytest.raises(PluginError, match=r"subclasses of declnet\.Runtime"):
        open_runtime("oracle", plugins=plugins)


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


def test_a_pass_says_its_stage(install):
    """A plain function runs over layers, one that asks for it over finished graphs."""
    source = PASSES.replace("def {second}", "@declnet.graph_pass(stage='finished')\ndef {second}")
    plugins = install(one={"mine": "import declnet\n" + source.format(first="early", second="late", how="")})

    assert {"early": "layers", "late": "finished"} == {each.name: each.stage for each in plugins.passes}
    assert {"pass": ["early", "late"]} == plugins.offers("mine")


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
    [
        *("'fuse'", "print", "lambda graph, target: graph", "undocumented", "of_one", "of_three", "Pass"),
        *("graph_pass(stage='finished')(of_one)", "graph_pass(stage='layers')"),
    ],
)
def test_what_is_no_pass_is_refused(install, offered):
    """A pass is a function of two arguments that says what it does."""
    source = """
    from declnet import graph_pass, hookimpl

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
    """The hooks of kinds have one together; a hook for what is no component gets its own above."""
    from declnet import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("declnet_")}

    others = {"declnet_gradients", "declnet_passes", "declnet_runtimes"}

    assert hooks == {kind.hook for kind in KINDS.values()} | others

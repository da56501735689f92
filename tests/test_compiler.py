"""The road as a whole: check tells everything, compile gives the graphs, train and open_run give runs."""

import copy
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import declnet
from declnet.runtime import open_runtime

SPEC = {
    "name": "net",
    "variables": {"width": 3},
    "inputs": {"image": {"shape": [1, 6, 6]}, "more": {"shape": [2]}},
    "blocks": {"twice": {"layers": [{"type": "dense", "units": "${width}"}, {"type": "dense", "units": "${width}"}]}},
    "layers": [
        {"type": "conv", "filters": 2, "kernel": 3, "padding": "same", "activation": "relu", "inputs": "image"},
        {"type": "batch_norm"},
        {"type": "max_pool", "size": 2},
        {"type": "dropout", "rate": 0.1},
        {"type": "flatten", "name": "flat"},
        {"block": "twice", "inputs": "more", "name": "side", "repeat": 2},
        {"type": "concat", "inputs": ["flat", "side"]},
        {"type": "dense", "units": 2, "name": "logits", "kernel_regularizer": {"type": "l2", "rate": 0.1}},
    ],
    "outputs": {"kind": {"from": "logits", "as": "class", "labels": ["a", "b"]}},
    "training": {
        "loss": {"type": "cross_entropy", "from": "logits", "target": "label"},
        "optimizer": {"type": "adam", "learning_rate": {"type": "cosine", "initial": 0.01}},
        "epochs": 1,
        "batch_size": 8,
        "metrics": ["accuracy"],
    },
}

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from(
        [10**9, 0.5, -1.0, 1e30, "", "x", "flat", "image", "logits", "side", "same", "relu", "adam", "${width}"]
    ),
    st.lists(st.integers(-1, 7), max_size=4),
    st.just({}),
    st.just({"type": "dense"}),
)


def spots(node):
    """Every (container, key) in *node*."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from spots(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), VALUES), min_size=1, max_size=3))
def test_no_change_of_a_spec_makes_check_raise(changes):
    """Whatever is wrong ends in diagnostics of at most six lines; what has no errors compiles."""
    spec = copy.deepcopy(SPEC)
    for index, value in changes:
        places = list(spots(spec))
        node, key = places[index % len(places)]
        node[key] = copy.deepcopy(value)
    checked, found = declnet.check(spec)

    assert all(str(mistake).count("\n") < 6 for mistake in found)
    if not [mistake for mistake in found if mistake.severity == "error"]:
        declnet.compile(checked, target="standard")


def test_the_spec_above_has_no_mistakes():
    assert [] == declnet.check(SPEC)[1]


def test_mistakes_of_every_phase_are_told_in_one_run_in_the_order_of_the_file(tmp_path):
    """A wrong key, an unknown name, and shapes that do not fit, in one file."""
    spec = copy.deepcopy(SPEC)
    spec["layers"][5]["repat"] = spec["layers"][5].pop("repeat")
    spec["layers"].append({"type": "reshape", "shape": [5], "inputs": "flat", "name": "wrong_shape"})
    spec["training"]["loss"]["from"] = "logit"
    (tmp_path / "spec.json").write_text(json.dumps(spec, indent=1))
    _, found = declnet.check(tmp_path / "spec.json")
    errors = [mistake for mistake in found if mistake.severity == "error"]

    assert ["DN1101", "DN1401", "DN1301"] == [mistake.code for mistake in errors]
    assert sorted(mistake.line for mistake in errors) == [mistake.line for mistake in errors]


@pytest.mark.parametrize("use", [declnet.compile, declnet.train])
def test_a_spec_with_errors_is_refused(use):
    """Whoever passes over what check found gets it again, not a program without training."""
    spec, _ = declnet.check({**SPEC, "training": {**SPEC["training"], "epochs": 0}})

    with pytest.raises(declnet.SpecError) as refusal:
        use(spec)

    assert ["/training/epochs"] == [mistake.pointer for mistake in refusal.value.diagnostics]


def test_an_operator_without_a_gradient_names_layer_and_place(monkeypatch):
    """MissingGradient in a spec is a diagnostic with a pointer, operator and remedy."""
    from declnet.autodiff import BUILT_IN

    monkeypatch.delitem(BUILT_IN.entries, ("", "Conv"))
    _, found = declnet.check(SPEC)

    (mistake,) = [mistake for mistake in found if mistake.code == "DN3002"]
    assert "/layers/0" == mistake.pointer
    assert all(word in str(mistake) for word in ("Conv", "conv_1", "gradient_rule"))


def test_an_initializer_that_refuses_is_told_by_check():
    """Before anything runs, and at the layer that asked for it."""
    spec = copy.deepcopy(SPEC)
    spec["layers"][7]["bias_initializer"] = "orthogonal"
    _, found = declnet.check(spec)

    (mistake,) = [mistake for mistake in found if mistake.severity == "error"]
    assert "logits/bias" in str(mistake)


def data(rows=32):
    random = np.random.default_rng(0)
    return {
        "image": random.standard_normal((rows, 1, 6, 6)).astype("float32"),
        "more": random.standard_normal((rows, 2)).astype("float32"),
        "label": random.integers(0, 2, rows),
    }


def test_a_spec_without_data_takes_arrays():
    run = declnet.train(SPEC, data=data())

    assert {"loss", "accuracy"} == set(run.evaluate(split="train"))
    assert {"kind", "kind_probability"} == set(run.predict({"image": data()["image"], "more": data()["more"]}))


def test_no_data_at_all_is_an_error():
    with pytest.raises(declnet.DataError, match="names no data"):
        declnet.train(SPEC)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda spec: declnet.compile(spec, {"training.epochs": 5}), "takes no overrides"),
        (lambda spec: declnet.train(declnet.compile(spec, target="standard"), target="web"), "made for another target"),
        (lambda spec: declnet.compile(spec, runtime=open_runtime(), device="cuda"), "another device"),
        (lambda spec: declnet.train(spec, runtime=open_runtime(threads=2), threads=1), "another number of threads"),
    ],
)
def test_nothing_that_is_asked_for_is_passed_over(use, said):
    """What a spec, a program or a runtime has decided already cannot be asked for again in another way."""
    with pytest.raises(declnet.DeclnetError, match=said):
        use(declnet.load(SPEC))


def test_every_session_of_a_training_has_the_threads_that_were_asked_for(monkeypatch, tmp_path):
    """Steps, fitted statistics, validation, and what the run does later: evaluation, prediction, export."""
    import onnxruntime

    found, original = [], onnxruntime.InferenceSession

    def opened(model, options, **more):
        found.append(options.intra_op_num_threads)
        return original(model, options, **more)

    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    layers = [{"type": "standardize", "inputs": "more", "name": "side"}, *SPEC["layers"][:5], *SPEC["layers"][6:]]
    spec = {**SPEC, "layers": layers}
    run = declnet.train(spec, data={"train": data(24), "validation": data(8)}, out=tmp_path / "run", threads=1)
    run.evaluate(split="train")
    run.predict(data())
    run.export(tmp_path / "net.onnx")
    declnet.open_run(tmp_path / "net.onnx", threads=1).predict(data())

    assert 1 == run.provenance["threads"]
    assert (8, {1}) == (len(found), set(found))


def test_arrays_may_bring_their_own_splits():
    """Handed-over splits win over those that the spec would cut."""
    spec = {**SPEC, "data": {"source": {"type": "digits"}, "split": {"validation": 0.5}}}
    run = declnet.train(spec, data={"train": data(24), "validation": data(8)})

    assert "validation_loss" in run.history[0]
    assert 24 == run.provenance["splits"]["train"]["rows"]


def test_data_that_do_not_fit_are_refused_before_a_folder_is_made(tmp_path):
    """All columns in one error; nothing is written."""
    wrong = {**data(), "label": np.full(32, 2), "more": np.zeros((32, 3), "f")}

    with pytest.raises(declnet.DataError) as error:
        declnet.train(SPEC, data=wrong, out=tmp_path / "run")
    assert ["DN4002", "DN4002"] == [each.code for each in error.value.diagnostics]
    assert not (tmp_path / "run").exists()


class Nameless(declnet.Whole):
    name = None


@pytest.mark.parametrize(
    ("given", "said", "found"),
    [
        ({"stepper": declnet.Whole}, "stepper= is no stepper", "the class Whole"),
        ({"stepper": Nameless()}, "Nameless has no name", None),
        ({"observers": [print]}, "observers= are no observers", "builtin_function_or_method"),
        ({"observers": [declnet.Observer]}, "observers= are no observers", "the class Observer"),
        ({"observers": declnet.Observer()}, "observers= are no observers", "Observer by itself"),
    ],
)
def test_what_is_no_stepper_and_no_observer_is_refused(given, said, found, tmp_path):
    """Before anything is written."""
    with pytest.raises(declnet.RunError, match=said) as caught:
        declnet.train(SPEC, data=data(), out=tmp_path / "run", **given)

    assert found is None or found in caught.value.diagnostics[0].found
    assert not (tmp_path / "run").exists()


def test_an_absent_split_is_named():
    run = declnet.train(SPEC, data=data())

    with pytest.raises(declnet.DataError, match="no test split"):
        run.evaluate()


def test_a_spec_without_training_compiles_to_inference_only():
    spec = {key: value for key, value in SPEC.items() if key != "training"}
    program = declnet.compile(declnet.load(spec))

    assert (None, None, None) == (program.gradient, program.update, program.step)
    assert {"kind", "kind_probability"} == {value.name for value in program.inference.graph.output}


def test_training_without_a_training_section_is_an_error():
    spec = {key: value for key, value in SPEC.items() if key != "training"}

    with pytest.raises(declnet.SpecError, match="no section 'training'"):
        declnet.train(spec, data=data())

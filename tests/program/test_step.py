"""The training graphs: two halves that make the whole, in standard operators, against torch."""

import numpy as np
import onnx
import pytest

import declnet
from declnet.runtime import open_runtime

SPEC = {
    "name": "small",
    "inputs": {"image": {"shape": [1, 8, 8]}},
    "layers": [
        {"type": "conv", "filters": 3, "kernel": 3, "padding": "same", "activation": "relu"},
        {"type": "max_pool", "size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 4, "name": "logits"},
    ],
    "training": {
        "loss": {"type": "cross_entropy", "from": "logits", "target": "label"},
        "optimizer": {
            "type": "adam",
            "learning_rate": {"type": "exponential", "initial": 0.01, "decay_rate": 0.5, "decay_steps": 3},
        },
        "epochs": 1,
        "batch_size": 5,
    },
}


def with_training(**training):
    return declnet.load({**SPEC, "training": {**SPEC["training"], **training}})


def session(model):
    return open_runtime().session(model)


def batch(seed=0, rows=5):
    random = np.random.default_rng(seed)
    return {"image": random.standard_normal((rows, 1, 8, 8)).astype("float32"), "label": random.integers(0, 4, rows)}


def start(program):
    """The first value of everything that the step graph takes, data aside."""
    weights = program.initial_weights()
    slots = {
        value.name: np.zeros([dim.dim_value for dim in value.type.tensor_type.shape.dim], "float32")
        for value in program.step.graph.input
        if value.name not in weights and value.name not in ("image", "label")
    }
    return {**slots, **weights, "step": np.array(0), "seed": np.array(0), "total_steps": np.array(10)}


def test_the_step_is_the_gradient_and_the_update():
    """Running the two halves one after the other gives what the step graph gives, for three steps."""
    program = declnet.compile(with_training(gradient_clip_norm=0.5), target="standard")
    whole, gradient, update = session(program.step), session(program.gradient), session(program.update)
    state = halves = start(program)
    for step in range(3):
        result = whole.run({**state, **batch(step)})
        state = {**state, **{name.removesuffix("_next"): value for name, value in result.items()}}
        grads = gradient.run({**halves, **batch(step)})
        news = update.run({**halves, **grads})
        halves = {**halves, **{name.removesuffix("_next"): value for name, value in news.items()}}

        assert np.allclose(result["loss"], grads["loss"], rtol=1e-6)
    for name in ("conv_1/kernel", "logits/bias", "logits/kernel/first_moment"):
        assert np.allclose(state[name], halves[name], rtol=1e-5, atol=1e-7), name
    assert 3 == state["step"] == halves["step"]


def test_the_standard_form_holds_only_standard_operators():
    """So any stock onnxruntime, on any platform, can train it."""
    program = declnet.compile(declnet.load(SPEC), target="standard")

    assert {""} == {
        node.domain for model in (program.step, program.gradient, program.update) for node in model.graph.node
    }


def test_names_say_what_to_feed_back():
    """Every output called X_next is the new value of the input X."""
    program = declnet.compile(declnet.load(SPEC), target="standard")
    inputs = {value.name for value in program.step.graph.input}
    news = {value.name.removesuffix("_next") for value in program.step.graph.output if value.name.endswith("_next")}

    assert news <= inputs
    assert {"image", "label"} == inputs - news


def test_every_model_passes_the_checker():
    program = declnet.compile(declnet.load(SPEC), target="standard")
    for model in (program.forward, program.gradient, program.update, program.step, program.inference):
        onnx.checker.check_model(model, full_check=True)


def test_every_node_knows_its_layer():
    """The nodes of the step graph carry the layer and the place in the spec that they come from."""
    program = declnet.compile(declnet.load(SPEC), target="standard")
    layers = {
        entry.value for node in program.step.graph.node for entry in node.metadata_props if entry.key == "declnet.layer"
    }

    assert {"conv_1", "max_pool_1", "flatten_1", "logits", "cross_entropy", "optimizer"} <= layers


def test_compiling_twice_gives_the_same_bytes():
    spec = declnet.load(SPEC)
    first, second = (declnet.compile(spec, target="standard") for _ in range(2))

    assert first.step.SerializeToString(deterministic=True) == second.step.SerializeToString(deterministic=True)


def test_gradients_are_clipped_to_a_joint_norm():
    """Pascanu et al.: with a tiny limit, plain SGD moves all parameters together by rate times limit."""
    sgd = {"type": "sgd", "learning_rate": 1.0}
    program = declnet.compile(with_training(gradient_clip_norm=1e-3, optimizer=sgd), target="standard")
    state = start(program)
    result = session(program.step).run({**state, **batch()})
    moved = [result[f"{name}_next"] - state[name] for name in state if f"{name}_next" in result and "/" in name]

    assert 1e-3 == pytest.approx(np.sqrt(sum((each.astype("float64") ** 2).sum() for each in moved)), rel=1e-3)


@pytest.mark.parametrize("target", ["standard", pytest.param("training", marks=pytest.mark.training_build)])
def test_five_steps_are_torch_s(torch, target):
    """The same weights, batches and SGD in torch: losses and parameters agree for five steps.

    (Adam divides by the gradient's size, so where that is next to nothing it makes rounding large.)
    """
    sgd = {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True}
    program = declnet.compile(with_training(optimizer=sgd), target=target)
    state = start(program)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(48, 4),
    )
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(state["conv_1/kernel"]))
        net[0].bias.copy_(torch.tensor(state["conv_1/bias"]))
        net[4].weight.copy_(torch.tensor(state["logits/kernel"].T.copy()))
        net[4].bias.copy_(torch.tensor(state["logits/bias"]))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    step = session(program.step)
    for number in range(5):
        data = batch(number)
        result = step.run({**state, **data})
        state = {**state, **{name.removesuffix("_next"): value for name, value in result.items()}}
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.tensor(data["image"])), torch.tensor(data["label"]))
        loss.backward()
        optimizer.step()

        assert float(loss.detach()) == pytest.approx(float(result["loss"].reshape(())), rel=1e-5)
    assert np.allclose(net[0].weight.detach().numpy(), state["conv_1/kernel"], atol=1e-5)
    assert np.allclose(net[4].weight.detach().numpy().T, state["logits/kernel"], atol=1e-5)

"""Several objectives in one step: each trains its own layers, after those before it; against torch."""

import itertools

import numpy as np
import pytest

import declnet
from declnet.runtime import open_runtime

SGD = {"type": "sgd", "learning_rate": 0.1}
SPEC = {
    "name": "gan",
    "inputs": {"real": {"shape": [3]}, "noise": {"shape": [2]}},
    "blocks": {
        "maker": {"layers": [{"type": "dense", "units": 4, "activation": "tanh"}, {"type": "dense", "units": 3}]},
        "judge": {"layers": [{"type": "dense", "units": 4, "activation": "tanh"}, {"type": "dense", "units": 1}]},
    },
    "layers": [
        {"block": "maker", "name": "generator", "inputs": "noise"},
        {"block": "judge", "name": "critic", "inputs": "real"},
        {"share": "critic", "name": "doubt", "inputs": "generator"},
    ],
    "outputs": {"fake": "generator"},
    "training": {
        "objectives": [
            {
                "name": "telling",
                "layers": ["critic"],
                "optimizer": SGD,
                "loss": [
                    {"type": "binary_cross_entropy", "from": "critic", "target": 1},
                    {"type": "binary_cross_entropy", "from": "doubt", "target": 0},
                ],
            },
            {
                "name": "fooling",
                "layers": ["generator"],
                "optimizer": SGD,
                "loss": {"type": "binary_cross_entropy", "from": "doubt", "target": 1},
            },
        ],
        "epochs": 2,
        "batch_size": 5,
    },
}


def data(rows=10):
    random = np.random.default_rng(0)
    return {
        "real": random.standard_normal((rows, 3)).astype("float32"),
        "noise": random.standard_normal((rows, 2)).astype("float32"),
    }


def totals(program):
    """Zeros for the sums of losses that a step graph takes."""
    names = [value.name for value in program.step.graph.input]
    return {name: np.zeros((), "float32") for name in names if name.startswith("loss_total")}


def test_each_objective_trains_its_own_layers():
    """The weights of the shared block exist once, and belong to one objective."""
    program = declnet.compile(declnet.load(SPEC), target="standard")
    outputs = {value.name for value in program.step.graph.output}

    assert {"loss", "loss/telling", "loss/fooling", "loss/telling/binary_cross_entropy_1"} <= outputs
    assert {"generator/dense_1/kernel_next", "critic/dense_2/bias_next"} <= outputs
    assert not [name for name in outputs if name.startswith("doubt")]
    assert (None, None) == (program.gradient, program.update)
    assert ["telling", "fooling"] == [half.objective for half in program.halves]


def test_a_step_is_torch_s_alternating_step(torch):
    """Goodfellow et al., algorithm 1: the critic's step, then the generator's against the critic just trained."""
    program = declnet.compile(declnet.load(SPEC), target="standard")
    weights = program.initial_weights()
    state = {**weights, **totals(program), "step": np.array(0)}
    session = open_runtime().session(program.step)

    def stack(name, widths):
        layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
        with torch.no_grad():
            for k, layer in enumerate(layers, 1):
                layer.weight.copy_(torch.tensor(weights[f"{name}/dense_{k}/kernel"].T.copy()))
                layer.bias.copy_(torch.tensor(weights[f"{name}/dense_{k}/bias"]))
        return torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1])

    generator, critic = stack("generator", [2, 4, 3]), stack("critic", [3, 4, 1])
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    steps = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (critic, generator)]
    batch = {name: torch.tensor(column) for name, column in data().items()}
    for _ in range(3):
        result = session.run({**state, **data()})
        state |= {name.removesuffix("_next"): value for name, value in result.items() if name.endswith("_next")}
        truth, doubt = critic(batch["real"]), critic(generator(batch["noise"]).detach())
        telling = bce(truth, torch.ones_like(truth)) + bce(doubt, torch.zeros_like(doubt))
        steps[0].zero_grad()
        telling.backward()
        steps[0].step()
        doubt = critic(generator(batch["noise"]))
        fooling = bce(doubt, torch.ones_like(doubt))
        steps[1].zero_grad()
        fooling.backward()
        steps[1].step()

        assert float(telling.detach()) == pytest.approx(float(result["loss/telling"].reshape(())), rel=1e-5)
        assert float(fooling.detach()) == pytest.approx(float(result["loss/fooling"].reshape(())), rel=1e-5)
    assert np.allclose(generator[2].weight.detach().numpy().T, state["generator/dense_2/kernel"], atol=1e-6)
    assert np.allclose(critic[0].weight.detach().numpy().T, state["critic/dense_1/kernel"], atol=1e-6)


def test_training_with_objectives_resumes_exactly(tmp_path):
    """Two epochs in one go, and one after the other, give the same bits."""
    whole = declnet.train(SPEC, data=data())

    class Stop(declnet.Observer):
        def epoch_ended(self, trainer, record):
            import os
            import signal

            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        declnet.train(SPEC, out=tmp_path / "run", data=data(), observers=[Stop()])
    resumed = declnet.train(SPEC, out=tmp_path / "run", data=data(), resume=True)

    assert whole.history == resumed.history
    assert all(np.array_equal(whole.weights[name], resumed.weights[name]) for name in whole.weights)


def test_every_objective_is_reported():
    """Each epoch, on the training and the validation rows: the objectives, and the losses of the one that has two."""
    run = declnet.train(SPEC, data=(data(), data(5)))

    parts = ["telling", "fooling", "telling/binary_cross_entropy_1", "telling/binary_cross_entropy_2"]
    for record in run.history:
        for loss in ("loss", "validation_loss"):
            telling, fooling, *terms = (record[f"{loss}/{part}"] for part in parts)
            assert telling == pytest.approx(sum(terms), rel=1e-5)
            assert record[loss] == pytest.approx(telling + fooling, rel=1e-5)
    assert {"loss", *(f"loss/{part}" for part in parts)} == set(run.evaluate(data()))


def test_mistakes_in_objectives_are_told_at_once():
    """Unknown layers, a name twice, a loss beside objectives: one run names them all."""
    training = SPEC["training"]
    objectives = [{**training["objectives"][0], "layers": ["critc"]}, {**training["objectives"][1], "name": "telling"}]
    wrong = {**SPEC, "training": {**training, "objectives": objectives, "optimizer": SGD}}
    _, found = declnet.check(wrong)
    shown = "\n".join(str(each) for each in found)

    assert "unknown layer or block 'critc'; did you mean 'critic'?" in shown
    assert "the name 'telling' is used twice" in shown
    assert "'optimizer' beside objectives" in shown


def penalized(**objectives):
    """The GAN with a penalty on a weight of the generator, and one on what it gives; *objectives* by their layers."""
    maker = [{**layer, "kernel_regularizer": "l2"} for layer in SPEC["blocks"]["maker"]["layers"][:1]]
    blocks = {**SPEC["blocks"], "maker": {"layers": [*maker, *SPEC["blocks"]["maker"]["layers"][1:]]}}
    sparse = {"type": "activity_regularization", "name": "sparse", "inputs": "generator", "regularizer": "l1"}
    generator, critic, doubt = SPEC["layers"]
    given = [{**each, "layers": objectives[each["name"]]} for each in SPEC["training"]["objectives"]]
    training = {**SPEC["training"], "objectives": given}
    layers = [generator, sparse, critic, {**doubt, "inputs": "sparse"}]
    return {**SPEC, "blocks": blocks, "layers": layers, "training": training}


@pytest.mark.parametrize(
    ("fooling", "warnings"),
    [
        (["generator", "sparse"], {}),
        (["generator"], {"/layers/1": "the penalty of layer 'sparse' is in the loss of no objective"}),
        (
            ["sparse", "generator/dense_2"],
            {
                "/blocks/maker/layers/0/kernel_regularizer": "the penalty of layer 'generator/dense_1' is in the loss "
                "of no objective"
            },
        ),
    ],
)
def test_penalties_that_count_nowhere(fooling, warnings):
    """A penalty belongs to the objectives that train its layer; where none does, the check warns."""
    _, found = declnet.check(penalized(telling=["critic"], fooling=fooling))

    assert warnings == {each.pointer: each.message for each in found}
    assert {"DN1502", "warning"} >= {fact for each in found for fact in (each.code, each.severity)}


def test_penalties_are_in_the_loss_of_their_objective():
    """Listed, the layer and the block add theirs to the generator's loss and to no other."""
    losses = {}
    for fooling in (["generator"], ["generator", "sparse"]):
        program = declnet.compile(declnet.load(penalized(telling=["critic"], fooling=fooling)), target="standard")
        weights = program.initial_weights()
        state = {**weights, **totals(program), "step": np.array(0)}
        session = open_runtime().session(program.step)
        losses[len(fooling)] = session.run({**state, **data()})
    h = np.tanh(data()["noise"] @ weights["generator/dense_1/kernel"] + weights["generator/dense_1/bias"])
    made = h @ weights["generator/dense_2/kernel"] + weights["generator/dense_2/bias"]

    assert losses[1]["loss/telling"] == losses[2]["loss/telling"]
    assert 0.01 * np.abs(made).sum() / len(made) == pytest.approx(
        float(losses[2]["loss/fooling"] - losses[1]["loss/fooling"]), rel=1e-3
    )


def test_an_objective_that_trains_nothing():
    """A shared layer has no weights of its own: the one that it shares with is to be listed."""
    _, found = declnet.check(penalized(telling=["doubt"], fooling=["generator", "sparse"]))

    assert ["/training/objectives/0/layers"] == [each.pointer for each in found]
    assert ["objective 'telling' trains no weight"] == [each.message for each in found]

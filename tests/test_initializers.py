"""Initial values depend on the seed and on each weight's own name, and on nothing else."""

import numpy as np

import declnet
from declnet.program import Program


def weights(layers, seed=0):
    spec = declnet.load(
        {
            "name": "net",
            "inputs": {"x": {"shape": [4]}},
            "layers": layers,
            "training": {
                "loss": {"type": "mean_squared_error", "target": "y"},
                "optimizer": {"type": "sgd", "learning_rate": 0.1},
                "epochs": 1,
                "batch_size": 1,
                "seed": seed,
            },
        }
    )
    return Program(spec).initial_weights()


def test_adding_a_layer_does_not_change_the_others():
    alone = weights([{"type": "dense", "units": 4, "name": "a"}])
    both = weights([{"type": "dense", "units": 4, "name": "a"}, {"type": "dense", "units": 4, "name": "b"}])

    assert np.array_equal(alone["a/kernel"], both["a/kernel"])
    assert not np.array_equal(both["a/kernel"], both["b/kernel"])


def test_another_seed_gives_other_values():
    layers = [{"type": "dense", "units": 4, "name": "a"}]

    assert not np.array_equal(weights(layers)["a/kernel"], weights(layers, seed=1)["a/kernel"])
    assert np.array_equal(weights(layers)["a/kernel"], weights(layers)["a/kernel"])

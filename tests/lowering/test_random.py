"""Random numbers in the graph, against the same hash in numpy."""

import zlib

import numpy as np
import onnxruntime
import pytest

from declnet.graph import Graph, prune, to_model
from declnet.lowering.random import Random


def drawn(kind, shape, seed=1, step=0, place="dropout_1", draws=1):
    """What the graph draws, the last of *draws* draws."""
    graph = Graph()
    like = graph.input("like", "float32", ["N", *shape[1:]])
    random = Random(graph, graph.input("seed", "int64", []), graph.input("step", "int64", []), place)
    for _ in range(draws):
        value = getattr(random, kind)(like)
    graph.output(value, "drawn")
    session = onnxruntime.InferenceSession(
        to_model(prune(graph)).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"like": np.zeros(shape, "f"), "seed": np.array(seed), "step": np.array(step)})[0]


def lowbias32(x):
    x = np.asarray(x, "uint32")
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def expected_uniform(count, seed, step, place):
    with np.errstate(over="ignore"):
        golden = np.uint32(0x9E3779B9)
        shared = lowbias32(np.uint32(seed) * golden + np.uint32(step))
        key = lowbias32(shared + np.uint32(zlib.crc32(place.encode())))
        bits = lowbias32(np.arange(count, dtype="uint32") * golden + key)
    return (bits >> np.uint32(8)).astype("float32") * np.float32(2.0**-24)


def test_uniform_numbers_are_the_documented_hash():
    """Any runtime can compute them again."""
    assert np.array_equal(expected_uniform(12, 5, 9, "dropout_1:0"), drawn("uniform", (3, 4), 5, 9).ravel())


@pytest.mark.parametrize("change", [{"seed": 2}, {"step": 1}, {"place": "dropout_2"}, {"draws": 2}])
def test_seed_step_place_and_draw_all_matter(change):
    first, other = drawn("uniform", (100, 10)), drawn("uniform", (100, 10), **change)

    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.15
    assert not np.array_equal(first, other)


def test_uniform_numbers_pass_a_kolmogorov_smirnov_test():
    from scipy.stats import kstest

    sample = drawn("uniform", (200, 500))

    assert kstest(sample.ravel(), "uniform").pvalue > 1e-3
    assert 0 <= sample.min() and sample.max() < 1


def test_normal_numbers_pass_a_kolmogorov_smirnov_test():
    from scipy.stats import kstest

    sample = drawn("normal", (200, 500))

    assert np.isfinite(sample).all()
    assert kstest(sample.ravel(), "norm").pvalue > 1e-3


def test_neighbouring_rows_and_steps_are_independent():
    """No correlation between neighbours in a row, between rows, or between steps."""
    a, b = drawn("uniform", (400, 250), step=7), drawn("uniform", (400, 250), step=8)
    pairs = [(a[:, 1:], a[:, :-1]), (a[1:], a[:-1]), (a, b)]

    assert all(abs(np.corrcoef(x.ravel(), y.ravel())[0, 1]) < 0.01 for x, y in pairs)

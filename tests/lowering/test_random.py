"""Random numbers in the graph, against the same hash in numpy."""

import zlib

import numpy as np
import onnxruntime
import pytest

from declnet.graph import Graph, prune, to_model
from declnet.lowering.random import Random


def drawn(kind, shape, *parameters, seed=1, step=0, place="dropout_1", draws=1):
    """What the graph draws, the last of *draws* draws."""
    graph = Graph()
    like = graph.input("like", "float32", ["N", *shape[1:]])
    random = Random(graph, graph.input("seed", "int64", []), graph.input("step", "int64", []), place)
    for _ in range(draws):
        value = getattr(random, kind)(like, *parameters)
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


def expected_bits(count, seed, step, place):
    with np.errstate(over="ignore"):
        golden = np.uint32(0x9E3779B9)
        shared = lowbias32(np.uint32(seed) * golden + np.uint32(step))
        key = lowbias32(shared + np.uint32(zlib.crc32(place.encode())))
        return lowbias32(np.arange(count, dtype="uint32") * golden + key)


def test_uniform_numbers_are_the_documented_hash():
    """Any runtime can compute them again."""
    expected = (expected_bits(12, 5, 9, "dropout_1:0") >> np.uint32(8)).astype("float32") * np.float32(2.0**-24)

    assert np.array_equal(expected, drawn("uniform", (3, 4), seed=5, step=9).ravel())


def test_bernoulli_events_are_the_documented_product():
    odd = 2 * expected_bits(6 + 4, 5, 9, "dropout_1:0") + np.uint32(1)
    expected = (odd[:6, None] * odd[6:]).view("int32") / 2**32 + 0.5 >= 1 - 0.7

    assert np.array_equal(expected.reshape(2, 3, 4), drawn("bernoulli", (2, 3, 4), 0.7, seed=5, step=9))


@pytest.mark.parametrize("kind", [["uniform"], ["bernoulli", 0.5]], ids=lambda kind: kind[0])
@pytest.mark.parametrize("change", [{"seed": 2}, {"step": 1}, {"place": "dropout_2"}, {"draws": 2}])
def test_seed_step_place_and_draw_all_matter(change, kind):
    first, other = drawn(*kind[:1], (100, 10), *kind[1:]), drawn(*kind[:1], (100, 10), *kind[1:], **change)

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


@pytest.mark.parametrize("shape", [(4000,), (64, 128), (8, 24, 64), (64, 6, 1, 1)], ids=str)
@pytest.mark.parametrize("probability", [0.01, 0.5, 0.8])
def test_bernoulli_events_have_their_probability(shape, probability):
    """Within four standard deviations."""
    found = drawn("bernoulli", shape, probability)

    assert found.dtype == bool and found.shape == shape
    assert abs(found.mean() - probability) < 4 * np.sqrt(probability * (1 - probability) / found.size)


def test_bernoulli_events_of_probability_1_and_0():
    assert drawn("bernoulli", (100, 100), 1.0).all()
    assert not drawn("bernoulli", (100, 100), 0.0).any()


def test_bernoulli_events_are_as_independent_as_those_of_numpy():
    """Not only in pairs: a product of rows and columns must not show in what two of each have in common."""
    random = np.random.default_rng(0)
    rows, others, columns, beside = random.integers(0, [[768], [768], [128], [128]], (4, 200_000))
    apart = (rows != others) & (columns != beside)

    def figures(events):
        x = events * 2.0 - 1.0
        corners = x[rows, columns] * x[rows, beside] * x[others, columns] * x[others, beside]
        between_rows, between_columns = np.corrcoef(x), np.corrcoef(x.T)
        lengths = np.linalg.svd(x, compute_uv=False)
        return [
            *(abs(corners[apart].mean()), between_rows.std(), between_columns.std()),
            *(x.mean(0).std(), x.mean(1).std(), lengths[0], lengths[-1]),
        ]

    ours = np.mean([figures(drawn("bernoulli", (768, 128), 0.5, step=step)) for step in range(8)], 0)
    expected = np.array([figures(random.random((768, 128)) < 0.5) for _ in range(24)])

    assert (abs(ours - expected.mean(0)) < 4 * expected.std(0) / np.sqrt(8)).all()

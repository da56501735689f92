"""The order of an epoch, and its batches."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from declnet.data import batches, order

SEEDS = st.integers(0, 2**64 - 1)


@given(rows=st.integers(1, 300), size=st.integers(1, 64), seed=SEEDS, epoch=st.integers(0, 1000))
def test_every_row_once(rows, size, seed, epoch):
    """An epoch deals out every row exactly once, in full batches but the last."""
    dealt = list(batches(rows, size, seed=seed, epoch=epoch))

    assert list(range(rows)) == sorted(np.concatenate(dealt).tolist())
    assert {size} >= {len(batch) for batch in dealt[:-1]}
    assert (rows - 1) % size + 1 == len(dealt[-1])


@given(rows=st.integers(1, 200), size=st.integers(1, 50), seed=SEEDS, start=st.integers(0, 20))
def test_start_in_the_middle(rows, size, seed, start):
    """Batches from *start* on are the tail of the whole epoch."""
    whole = [batch.tolist() for batch in batches(rows, size, seed=seed, epoch=5)]
    tail = [batch.tolist() for batch in batches(rows, size, seed=seed, epoch=5, start=start)]

    assert whole[start:] == tail


def test_seeds_and_epochs_differ():
    """Each pair of seed and epoch has an order of its own, and always the same."""
    orders = {tuple(order(50, seed=seed, epoch=epoch)) for seed in range(8) for epoch in range(8)}

    assert 64 == len(orders)
    assert order(50, seed=1, epoch=2).tolist() == order(50, seed=1, epoch=2).tolist()


def philox(counter, key):
    """One block of Philox4x64-10, after the paper: four words of 64 bits."""
    mask, (c0, c1, c2, c3), (k0, k1) = 2**64 - 1, counter, key
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = p1 >> 64 ^ c1 ^ k0, p1 & mask, p0 >> 64 ^ c3 ^ k1, p0 & mask
        k0, k1 = k0 + 0x9E3779B97F4A7C15 & mask, k1 + 0xBB67AE8584CAA73B & mask
    return c0, c1, c2, c3


def test_reference_is_right():
    """The reference below gives the words that the paper's authors publish for zeros (Random123, kat_vectors)."""
    expected = (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)

    assert expected == philox((0, 0, 0, 0), (0, 0))


@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (7, 3), (2**64 - 1, 2**32)])
def test_order_is_the_documented_one(seed, epoch):
    """Rows sorted by the words of Philox with the key (seed, epoch), so that other programs can follow."""
    words = itertools.chain.from_iterable(philox((block, 0, 0, 0), (seed, epoch)) for block in range(1, 6))
    expected = [row for _, row in sorted((word, row) for row, word in enumerate(itertools.islice(words, 18)))]

    assert expected == order(18, seed=seed, epoch=epoch).tolist()

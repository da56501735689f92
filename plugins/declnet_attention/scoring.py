"""What layers of attention share: the order of their inputs, masks, and the weighted mean."""

from collections.abc import Sequence

import numpy as np

from declnet import Net, Value
from declnet_attention.positions import positions

# Instead of minus infinity, which would make a row without anything to attend to not a number.
_LOWEST = float(np.finfo(np.float32).min)


def sort_inputs(net: Net, query: Value, others: Sequence[Value]) -> tuple[Value, Value, Value | None]:
    """Check the inputs; return value, key and mask (None where there is none).

    Floats among *others* are the value (default: the query) and the key (default: the value), as in Keras; integers
    are the mask.
    """
    numbers = [query, *(x for x in others if x.dtype.is_floating_point())]
    masks = [x for x in others if not x.dtype.is_floating_point()]
    if len(numbers) > 3 or len(masks) > 1:
        raise net.error(
            f"attention reads query, value, key and a mask, not {len(numbers)} inputs of floats and {len(masks)} "
            "of integers",
            code="DN1303",
            property="inputs",
            allowed="1 to 3 inputs of floats, and at most one of integers",
        )
    for x in numbers:
        features(net, x)
    value = numbers[1] if len(numbers) > 1 else query
    key = numbers[2] if len(numbers) > 2 else value
    if not net.fits([key.shape[1]], [value.shape[1]]):
        raise net.error("key and value have different numbers of steps", code="DN1401", property="inputs")
    return value, key, masks[0] if masks else None


def features(net: Net, x: Value) -> int:
    """The size of the vectors of a sequence (N, steps, features); the number of steps may be unknown."""
    if len(x.shape) != 3 or not isinstance(x.shape[2], int):
        raise net.error(
            "attention reads sequences of vectors of a known size",
            code="DN1401",
            allowed="(N, steps, features)",
            hint="use embedding for a sequence of indices, reshape to give a single vector an axis of steps",
        )
    return x.shape[2]


def visible(net: Net, mask: Value | None, query: Value, key: Value, causal: bool) -> Value | None:
    """What each query may attend to: booleans (N or 1, queries or 1, keys); None: everything.

    Args:
        mask: None, or integers: lengths (N,) of the keys, 1 for each key that counts (N, keys), or 1 for each pair of
            query and key that counts (N, queries, keys). A mask may have gaps.
        causal: whether a query sees only keys that do not come after it.
    """
    seen, queries, keys = None, query.shape[1], key.shape[1]
    if mask is not None:
        shape = list(mask.shape)[1:]
        if not any(net.fits(shape, wanted) for wanted in ([], [keys], [queries, keys])):
            masks = " or ".join(net.shown(["N", *wanted]) for wanted in ([keys], [queries, keys]))
            raise net.error(
                "the mask does not fit the sequences",
                code="DN1401",
                property="inputs",
                allowed=f"integers (N,), the lengths, or {masks}, 1 for what counts",
            )
        if mask.dtype.name != "BOOL":
            net.below(mask, *((2, 0) if shape else (keys + 1 if isinstance(keys, int) else 2**31, 1)))
        elif not shape:
            raise net.error("lengths are integers", code="DN1401", property="inputs", found="booleans")
        if shape:
            seen = net.Cast(mask, to=_BOOL)
        else:
            seen = net.Greater(net.Unsqueeze(net.Cast(mask, to=_INT64), [1]), positions(net, key))
        seen = seen if len(shape) == 2 else net.Unsqueeze(seen, [1])
    if causal:
        before = _before(net, query, key)
        seen = before if seen is None else net.And(seen, before)
    return seen


def _before(net: Net, query: Value, key: Value) -> Value:
    """Which keys do not come after each query: booleans (1, queries, keys)."""
    rows, columns = positions(net, query), positions(net, key)
    rows = rows[None, :, None] if isinstance(rows, np.ndarray) else net.Unsqueeze(rows, [0, 2])
    if isinstance(rows, np.ndarray) and isinstance(columns, np.ndarray):
        return net.constant(columns <= rows)
    return net.LessOrEqual(columns, rows)


def attend(net: Net, scores: Value, value: Value, seen: Value | None, dropout: float) -> tuple[Value, Value]:
    """The mean of *value* weighted by the softmax of *scores* where *seen*; and these weights."""
    if seen is not None:
        net.finite(scores)
        scores = net.Where(seen, scores, _LOWEST)
    weights = net.Softmax(scores, axis=-1)
    return net.layer("dropout", weights, rate=dropout) @ value, weights


_BOOL, _INT64 = 9, 7

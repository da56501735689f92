"""What enters a recurrent layer: the sequence, how long each row of it is, the states in which it begins."""

from collections.abc import Sequence

from declnet import Net, Value


def check_vectors(net: Net, x: Value) -> None:
    """Refuse what is no sequence of vectors."""
    if len(x.shape) != 3 or not isinstance(x.shape[-1], int):
        raise net.error(
            "a recurrent layer reads a sequence of vectors",
            code="DN1401",
            allowed="(N, steps, features)",
            hint="use embedding for a sequence of indices, reshape to give single numbers an axis of features",
        )


def sort_inputs(net: Net, x: Value, others: Sequence[Value], states: Sequence[str]) -> tuple[Value | None, list[Value]]:
    """The lengths, int32 (N,) or None, and the list of first states, which may be empty, of the sequence *x*.

    Integers among *others* are lengths (N,) or a mask (N, steps); floats are first states, one for each of *states*.
    """
    masks = [value for value in others if not value.dtype.is_floating_point()]
    first = [value for value in others if value.dtype.is_floating_point()]
    if len(masks) > 1 or len(first) not in (0, len(states)):
        raise net.error(
            f"after the sequence stand {len(masks)} inputs of integers and {len(first)} of floats",
            code="DN1303",
            property="inputs",
            allowed=f"at most one of integers (lengths or mask) and none or {len(states)} of floats "
            f"({' and '.join(states)})",
        )
    return lengths(net, x, masks[0]) if masks else None, first


def lengths(net: Net, x: Value, mask: Value) -> Value:
    """The lengths that *mask* holds (N,) or (N, 1), or the number of ones in each of its rows (N, steps); int32 (N,).

    Lengths below 1, and masks of another form than ones and then zeros, are refused when the data are loaded. Where a
    layer computes them nothing can be checked: the number of ones counts, and a row without any is read as one step.
    Where the number of steps is unknown until the model runs, a greater length counts as all of them.
    """
    steps, shape = x.shape[1], list(mask.shape)[1:]
    is_mask = len(shape) == 1 and (shape[0] == steps or (shape[0] != 1 and not _known(shape[0], steps)))
    whole = net.shown(["N", steps])
    if not is_mask and shape not in ([], [1]):
        raise net.error(
            "lengths or mask do not fit the sequence",
            code="DN1401",
            allowed=f"integers (N,), the lengths, or {whole}, 1 for each step that counts and then 0",
        )
    boolean = mask.dtype.name == "BOOL"
    if boolean and not is_mask:
        raise net.error("lengths are integers", code="DN1401", found="booleans", allowed=f"a mask {whole}")
    if not boolean:
        net.below(mask, *((2, 0) if is_mask else (steps + 1 if _known(steps) else 2**31, 1)))
    if is_mask:
        net.prefix(mask)
    counts = net.Cast(mask, to=_INT32)
    if shape:
        counts = net.ReduceSum(counts, [1], keepdims=0) if is_mask else net.Squeeze(counts, [1])
    if not is_mask and not _known(steps):
        counts = net.Min(counts, net.Cast(net.Shape(x, start=1, end=2), to=_INT32))
    # Runtimes differ in the state after no step at all.
    return net.Max(counts, 1)


def _known(*sizes: object) -> bool:
    return all(isinstance(size, int) for size in sizes)


_INT32 = 6

"""What enters a recurrent layer: the sequence, how long each row of it is, the states in which it begins."""


def sort_inputs(net, x, others, states):
    """Check the inputs; return the lengths, int32 (N,) or None, and the list of first states, which may be empty.

    Integers among *others* are lengths (N,) or a mask (N, steps); floats are first states, one for each of *states*.
    """
    if len(x.shape) != 3 or not isinstance(x.shape[-1], int):
        raise net.error(
            "a recurrent layer reads a sequence of vectors",
            code="DN1401",
            allowed="(N, steps, features)",
            hint="use embedding for a sequence of indices, reshape to give single numbers an axis of features",
        )
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


def lengths(net, x, mask):
    """The lengths that *mask* holds (N,) or (N, 1), or the number of ones in each of its rows (N, steps); int32 (N,).

    Lengths below 1 are refused when the data are loaded; an empty row of a mask is read as one step.
    """
    steps, shape = x.shape[1], list(mask.shape)[1:]
    if len(shape) > 1 or (shape and shape[0] not in (1, steps)):
        raise net.error(
            "lengths or mask do not fit the sequence",
            code="DN1401",
            allowed=f"integers (N,), the lengths, or (N, {steps}), 1 for each step that counts and then 0",
        )
    is_mask = shape not in ([], [1])
    if isinstance(steps, int) and mask.dtype.name != "BOOL":
        net.below(mask, *((2, 0) if is_mask else (steps + 1, 1)))
    counts = net.Cast(mask, to=_INT32)
    counts = net.ReduceSum(counts, [1], keepdims=0) if is_mask else net.Reshape(counts, [-1])
    # Runtimes differ in the state after no step at all.
    return net.Max(counts, 1)


_INT32 = 6

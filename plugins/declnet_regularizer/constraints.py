"""Constraints: after each update a weight is brought back to the nearest one that keeps a condition."""

from declnet import Net, Value, constraint


@constraint("constraints.schema.json#max_norm")
def max_norm(net: Net, weight: Value, *, limit: float, axes: list[int] | None) -> Value:
    """No vector of weights is longer than the limit: longer ones are shortened to it (Srebro and Shraibman, 2005).

    The vectors are the incoming weights of each unit, as Srivastava et al. (2014) use it beside dropout.

    Raises:
        LayerError: the weight has no such axes.
    """
    norm = _norm(net, weight, axes)
    return weight * (float(limit) / net.Max(norm, float(limit)))


@constraint("constraints.schema.json#unit_norm")
def unit_norm(net: Net, weight: Value, *, axes: list[int] | None) -> Value:
    """Every vector of weights, the incoming ones of each unit, has length 1; a vector of zeros stays one.

    Raises:
        LayerError: the weight has no such axes.
    """
    return weight / net.Max(_norm(net, weight, axes), 1e-7)


@constraint("constraints.schema.json#min_max_norm")
def min_max_norm(
    net: Net, weight: Value, *, minimum: float, maximum: float, rate: float, axes: list[int] | None
) -> Value:
    """The length of every vector of weights, the incoming ones of each unit, lies between two limits.

    With a rate below 1, a vector goes only that share of the way in one update, as in Keras.

    Raises:
        LayerError: the minimum is above the maximum, or the weight has no such axes.
    """
    if minimum > maximum:
        raise net.error("the least norm is above the greatest", found=f"{minimum} and {maximum}")
    norm = _norm(net, weight, axes)
    wanted = float(rate) * net.Clip(norm, float(minimum), float(maximum)) + (1.0 - rate) * norm
    return weight * (wanted / net.Max(norm, 1e-7))


@constraint("constraints.schema.json#non_negative")
def non_negative(net: Net, weight: Value) -> Value:
    """No weight is below 0."""
    return net.Relu(weight)


def _norm(net: Net, weight: Value, axes: list[int] | None) -> Value:
    """The lengths of the vectors along *axes*, which stay as axes of size 1.

    None: the incoming weights of each unit, whose axes the layer has declared.
    """
    rank = len(weight.shape)
    if axes is None:
        axes = list(net.incoming(weight))
        if not axes:
            raise net.error(
                "the weights into one unit lie along no axes of this weight", hint='give "axes" to the constraint'
            )
    if any(not -rank <= axis < rank for axis in axes):
        raise net.error("the weight has no such axes", found=f"axes {axes}", allowed=f"{-rank} to {rank - 1}")
    return net.ReduceL2(weight, axes)

"""The dense layer whose kernel is the table of an embedding."""

from declnet import Choice, Net, Value, layer


@layer("tied_dense.schema.json")
def tied_dense(net: Net, x: Value, table: Value, *, bias: bool, activation: Choice) -> Value:
    """Score each index of a vocabulary by the vectors of an embedding: (N, ..., units) to (N, ..., vocabulary).

    activation(x @ table transposed + bias), with bias [vocabulary] (Press and Wolf, 2017). The second input is the
    result `table` of a layer embedding, "NAME.table": there is one set of weights, and both uses train it.
    """
    *batch, units = x.shape
    sizes = list(table.shape)
    if len(sizes) != 2 or not all(isinstance(size, int) for size in sizes):
        raise net.error(
            "the second input of tied_dense is the table of an embedding",
            code="DN1401",
            property="inputs",
            allowed='"NAME.table", NAME being that of a layer embedding',
        )
    if not batch or units != sizes[1]:
        raise net.error(
            f"each vector of the table has {sizes[1]} numbers",
            code="DN1401",
            property="inputs",
            allowed=f"(N, ..., {sizes[1]}) before it",
            hint=f'add {{"type": "dense", "units": {sizes[1]}}} before this layer',
        )
    y = x @ net.Transpose(table, perm=[1, 0])
    if bias:
        y = y + net.weight("bias", sizes[:1])
    return net.activation(y, activation)

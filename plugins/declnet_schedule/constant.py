"""The same learning rate at every step."""

from declnet import OptimizerNet, Value, schedule


@schedule("constant.schema.json")
def constant(net: OptimizerNet, step: Value, *, value: float) -> Value:
    """The same learning rate at every step; a bare number in a spec stands for it."""
    return net.Constant(value_float=float(value))

"""The same learning rate at every step."""

from declnet import schedule


@schedule("constant.schema.json")
def constant(net, step, *, value):
    """The same learning rate at every step; a bare number in a spec stands for it."""
    return net.Constant(value_float=float(value))

"""A warm-up before any other schedule."""

from declnet import Choice, OptimizerNet, Value, schedule


@schedule("warmup.schema.json")
def warmup(net: OptimizerNet, step: Value, *, steps: int, start: float, schedule: Choice) -> Value:
    """Another schedule, times a factor that first rises in a straight line from start to 1.

    The factor is start + (1 - start) * min((step + 1) / (steps + 1), 1): with start 0 not even the first step is idle.
    The other schedule counts all steps, those of the warm-up too.
    """
    rise = net.Min((step + 1.0) / (steps + 1.0), 1.0)
    return net.apply("schedule", schedule, step) * (start + (1.0 - start) * rise if start else rise)

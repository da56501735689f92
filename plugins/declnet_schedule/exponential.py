"""A learning rate that falls by the same factor over every stretch of steps."""

from declnet import OptimizerNet, Value, schedule


@schedule("exponential.schema.json")
def exponential(
    net: OptimizerNet, step: Value, *, initial: float, decay_rate: float, decay_steps: int, staircase: bool
) -> Value:
    """Exponential decay: initial * decay_rate ** (step / decay_steps), in whole stretches if it is a staircase.

    The formula of keras.optimizers.schedules.ExponentialDecay; the first step is number 0.
    """
    stretches = step / float(decay_steps)
    return initial * net.Pow(float(decay_rate), net.Floor(stretches) if staircase else stretches)

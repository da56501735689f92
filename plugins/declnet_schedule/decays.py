"""Learning rates that fall along a power: of the time that is left, or of the time that has passed."""

from declnet import OptimizerNet, Value, schedule


@schedule("decays.schema.json#polynomial")
def polynomial(
    net: OptimizerNet, step: Value, *, initial: float, final: float, steps: int | None, power: float
) -> Value:
    """final + (initial - final) * (1 - progress) ** power, where progress goes from 0 to 1 and stays there.

    A straight line by default. The formula of keras.optimizers.schedules.PolynomialDecay, without cycles.
    """
    progress = step / (net.Max(net.total_steps, 1.0) if steps is None else float(steps))
    left = 1.0 - net.Clip(progress, 0.0, 1.0)
    return final + (initial - final) * (left if power == 1 else net.Pow(left, float(power)))


@schedule("decays.schema.json#inverse_time")
def inverse_time(
    net: OptimizerNet, step: Value, *, initial: float, decay_rate: float, decay_steps: int, staircase: bool
) -> Value:
    """initial / (1 + decay_rate * step / decay_steps), in whole stretches if it is a staircase.

    The formula of keras.optimizers.schedules.InverseTimeDecay; the first step is number 0.
    """
    stretches = step / float(decay_steps)
    return initial / (1.0 + decay_rate * (net.Floor(stretches) if staircase else stretches))


@schedule("decays.schema.json#inverse_square_root")
def inverse_square_root(net: OptimizerNet, step: Value, *, peak: float, warmup_steps: int) -> Value:
    """peak * min(t / warmup_steps, sqrt(warmup_steps / t)), where the first step has t = 1 (Vaswani et al., 2017).

    It rises in a straight line to the peak and falls from there; the paper's peak is 1 / sqrt(width * warmup_steps).
    """
    time = (step + 1.0) / float(warmup_steps)
    return peak * net.Min(time, 1.0 / net.Sqrt(time))

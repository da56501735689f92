"""Learning rates that fall along half a cosine wave, once or again and again."""

import itertools
import math

import numpy as np

from declnet import OptimizerNet, Value, schedule


@schedule("cosine.schema.json#cosine")
def cosine(
    net: OptimizerNet, step: Value, *, initial: float, final: float, steps: int | None, warmup_steps: int
) -> Value:
    """Cosine annealing from initial to final, without restarts (Loshchilov and Hutter, 2017, equation 5).

    final + (initial - final) * (1 + cos(pi * progress)) / 2, where progress goes from 0, at the end of the warm-up,
    to 1, at the given number of steps, and stays there. Step s of the warm-up has (s + 1) / (warmup_steps + 1) of
    the initial learning rate, so that not even the first step is idle.

    Raises:
        LayerError: the warm-up takes all the steps.
    """
    if steps is not None and steps <= warmup_steps:
        raise net.error(
            "the warm-up leaves no step for the descent",
            property="warmup_steps",
            found=f"{warmup_steps} of {steps} steps",
            allowed=f"less than {steps}",
        )
    # How many steps a training has is known when it runs; a short one may end within its warm-up.
    descent = net.Max(net.total_steps - float(warmup_steps), 1.0) if steps is None else float(steps - warmup_steps)
    progress = net.Clip((step - float(warmup_steps)) / descent, 0.0, 1.0)
    rate = final + (initial - final) / 2 * (1.0 + net.Cos(math.pi * progress))
    return rate * net.Min((step + 1.0) / (warmup_steps + 1.0), 1.0) if warmup_steps else rate


@schedule("cosine.schema.json#cosine_restarts")
def cosine_restarts(
    net: OptimizerNet, step: Value, *, initial: float, final: float, period: int, period_factor: int,
    height_factor: float,
) -> Value:  # fmt: skip
    """Cosine annealing with warm restarts: final + (height - final) * (1 + cos(pi * progress)) / 2, over and over.

    The first wave takes ``period`` steps and begins at initial; each further one takes period_factor times as many
    steps as the one before, and begins height_factor times as high (Loshchilov and Hutter, 2017). With final 0 it is
    keras.optimizers.schedules.CosineDecayRestarts, with height_factor 1
    torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
    """
    if period_factor == 1:
        number = net.Floor(step / float(period))
        progress = step / float(period) - number
    else:
        lengths = itertools.takewhile(lambda n: n < 2**31, (period * period_factor**k for k in itertools.count()))
        starts = np.cumsum([0, *lengths]).astype(np.float32)
        passed = net.Cast(net.GreaterOrEqual(step, starts[1:]), to=np.dtype("int64"))
        place = net.ReduceSum(passed, keepdims=0)
        number = net.Cast(place, to=np.dtype("float32"))
        progress = (step - net.Gather(starts, place, axis=0)) / (period * net.Pow(float(period_factor), number))
    height = initial if height_factor == 1 else initial * net.Pow(float(height_factor), number)
    return final + (height - final) / 2 * (1.0 + net.Cos(math.pi * progress))

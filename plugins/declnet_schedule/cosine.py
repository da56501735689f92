"""A learning rate that falls along half a cosine wave, after a warm-up if wanted."""

import math

from declnet import schedule


@schedule("cosine.schema.json")
def cosine(net, step, *, initial, final, steps, warmup_steps):
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

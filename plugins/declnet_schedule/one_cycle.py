"""A learning rate that rises high and falls far."""

import math

from declnet import OptimizerNet, Value, schedule


@schedule("one_cycle.schema.json")
def one_cycle(
    net: OptimizerNet, step: Value, *, peak: float, rise: float, initial_divisor: float, final_divisor: float,
    steps: int | None,
) -> Value:  # fmt: skip
    """Half a cosine wave up to the peak, and another one down to almost nothing (Smith and Topin, 2018).

    It goes from peak / initial_divisor to the peak within the share ``rise`` of the steps, and on to
    peak / initial_divisor / final_divisor at the last one, as torch.optim.lr_scheduler.OneCycleLR does (without its
    cycle of the momentum).
    """
    last: Value | float
    top: Value | float
    if steps is None:
        last = net.Max(net.total_steps - 1.0, 1.0)
        top = net.Max(rise * (last + 1.0) - 1.0, 1e-3)
    else:
        last = max(float(steps - 1), 1.0)
        top = max(rise * (last + 1) - 1, 1e-3)
    up = net.Clip(step / top, 0.0, 1.0)
    down = net.Clip((step - top) / (last - top), 0.0, 1.0)
    initial = peak / initial_divisor
    final = initial / final_divisor
    ahead = initial + (peak - initial) / 2 * (1.0 - net.Cos(math.pi * up))
    return ahead - (peak - final) / 2 * (1.0 - net.Cos(math.pi * down))

"""Gradients of RNN, GRU and LSTM.

The forward operator stays: its hidden states tell every gate, for all steps in one product. What is left for a loop
from the last step to the first is the gradient of the state: one product with the recurrence matrix and a few
elementwise operators a step. The gradients of the weights are then one product each over the stacked steps.

In the names below a step reads ``x`` (N, inputs) and the state before it, ``previous`` (N, H), and ``da`` is the
gradient of what goes into the gates (N, gates · H), in ONNX's order of the gates.
"""

from __future__ import annotations

from declnet.autodiff.registry import gradient
from declnet.autodiff.rules.cell import Cell, collect, directions
from declnet.autodiff.rules.gates import Activation


@gradient("RNN")
def rnn(node, dy, dy_h=None):
    """h = f(x Wᵀ + previous Rᵀ + b)."""
    return collect(node, [_rnn(cell) for cell in directions(node, dy, dy_h, None, ["tanh"])])


def _rnn(cell: Cell):
    net, (f,) = cell.net, cell.activations
    a = cell.gates()
    slope = cell.masked(f.slope(net, a, f.value(net, a)))

    def step(graph, states, items):
        dh = cell.arriving(graph, states[0], items)
        da = dh * items[0]
        return [cell.passing(graph, graph.MatMul(da, cell.r), dh, items)], [da]

    (dh0,), (da,) = cell.backwards(step, [cell.dh], [slope])
    return cell.gradients(da, dh0=dh0)


@gradient("GRU")
def gru(node, dy, dy_h=None):
    """h = (1 − z) g(…) + z · previous, with the gates z (update), r (reset) and the candidate g."""
    rule = _gru_reset_after if node.attribute("linear_before_reset") else _gru_reset_before
    return collect(node, [rule(cell) for cell in directions(node, dy, dy_h, None, ["sigmoid", "tanh"])])


def _gru_reset_after(cell: Cell):
    """The candidate is g(x Wᵀ + r · (previous Rᵀ + Rb) + Wb)."""
    net, (f, g) = cell.net, cell.activations
    h = cell.hidden
    xz, xr, xh = net.Split(cell.times_w(cell.wb), [h, h, h], axis=2, outputs=3)
    pz, pr, ph = net.Split(cell.times_r(cell.rb), [h, h, h], axis=2, outputs=3)
    z, dz = _with_slope(net, f, xz + pz)
    r, dr = _with_slope(net, f, xr + pr)
    candidate, dg = _with_slope(net, g, xh + r * ph)
    dg = dg * (1.0 - z)
    slopes = cell.masked(net.Concat((cell.previous - candidate) * dz, dg * ph * dr, dg * r, axis=2))

    def step(graph, states, items):
        dh = cell.arriving(graph, states[0], items)
        da = graph.Concat(dh, dh, dh, axis=1) * items[0]
        return [graph.MatMul(da, cell.r) + dh * items[1]], [dh, da]

    (dh0,), (dh, da) = cell.backwards(step, [cell.dh], [slopes, cell.held(z)])
    d_gates = net.Concat(net.Slice(da, [0], [2 * h], [2]), cell.masked(dh * dg), axis=2)
    return cell.gradients(d_gates, into_states=da, dh0=dh0)


def _gru_reset_before(cell: Cell):
    """The candidate is g(x Wᵀ + (r · previous) Rᵀ + Rb + Wb)."""
    net, (f, g) = cell.net, cell.activations
    h = cell.hidden
    r_gates = net.Slice(cell.r, [0], [2 * h], [0])
    r_candidate = net.Slice(cell.r, [2 * h], [3 * h], [0])
    xz, xr, xh = net.Split(cell.times_w(cell.wb, cell.rb), [h, h, h], axis=2, outputs=3)
    pz, pr = net.Split(net.MatMul(cell.previous, net.Transpose(r_gates, perm=[1, 0])), [h, h], axis=2, outputs=2)
    z, dz = _with_slope(net, f, xz + pz)
    r, dr = _with_slope(net, f, xr + pr)
    reset = r * cell.previous
    candidate, dg = _with_slope(net, g, xh + net.MatMul(reset, net.Transpose(r_candidate, perm=[1, 0])))
    to_z = cell.masked((cell.previous - candidate) * dz)
    to_r = cell.masked(cell.previous * dr)
    to_g = cell.masked((1.0 - z) * dg)

    def step(graph, states, items):
        to_z, to_r, to_g, r, held = items[:5]
        dh = cell.arriving(graph, states[0], items)
        dg = dh * to_g
        d_reset = graph.MatMul(dg, r_candidate)
        d_gates = graph.Concat(dh * to_z, d_reset * to_r, axis=1)
        before = graph.MatMul(d_gates, r_gates) + d_reset * r + dh * held
        return [before], [graph.Concat(d_gates, dg, axis=1)]

    (dh0,), (da,) = cell.backwards(step, [cell.dh], [to_z, to_r, to_g, r, cell.held(z)])
    d_r_gates = cell.product(net.Slice(da, [0], [2 * h], [2]), cell.previous)
    d_r_candidate = cell.product(net.Slice(da, [2 * h], [3 * h], [2]), reset)
    return cell.gradients(da, dr=net.Concat(d_r_gates, d_r_candidate, axis=0), dh0=dh0)


@gradient("LSTM")
def lstm(node, dy, dy_h=None, dy_c=None):
    """c = f · c' + i · g, h = o · tanh(c), with the gates i (input), o (output), f (forget) and the candidate g."""
    cells = directions(node, dy, dy_h, dy_c, ["sigmoid", "tanh", "tanh"])
    return collect(node, [_lstm(cell) for cell in cells])


def _lstm(cell: Cell):
    net, (_, _, h_act) = cell.net, cell.activations
    c, c_before, gates = _lstm_gates(cell)
    (i, di), (o, do), (f, df), (g, dg) = gates
    t, dt = _with_slope(net, h_act, c)
    to_o, to_c = t * do, o * dt
    if f is None:
        f, to_f = 1.0 - i, cell.node.zeros(i)
        to_i = (g - c_before) * di
    else:
        to_i, to_f = g * di, c_before * df
    kept = f
    if cell.p is not None:
        p_i, p_o, p_f = cell.p
        to_c = to_c + to_o * p_o
        kept = kept + to_i * p_i + to_f * p_f
    slopes = cell.masked(net.Concat(to_i, to_o, to_f, i * dg, axis=2))

    def step(graph, states, items):
        slopes, to_c, kept = items[:3]
        dh = cell.arriving(graph, states[0], items)
        dc = states[1] + dh * to_c
        da = graph.Concat(dc, dh, dc, dc, axis=1) * slopes
        return [cell.passing(graph, graph.MatMul(da, cell.r), dh, items), dc * kept], [da]

    sequences = [slopes, cell.masked(to_c), cell.held(kept)]
    (dh0, dc0), (da,) = cell.backwards(step, [cell.dh, cell.dc], sequences)
    dp = None
    if cell.p is not None:
        d_i, d_o, d_f, _ = net.Split(da, [cell.hidden] * 4, axis=2, outputs=4)
        dp = [net.ReduceSum(d * at, [0, 1], keepdims=0) for d, at in ((d_i, c_before), (d_o, c), (d_f, c_before))]
        dp = net.Concat(*dp, axis=0)
    return cell.gradients(da, dh0=dh0, dc0=dc0, dp=dp)


def _lstm_gates(cell: Cell):
    """The states c, those before each step, and (value, slope) of the gates i, o, f, g for all steps.

    f is (None, None) where it is 1 − i. Only the states c need a loop, an elementwise one.
    """
    net, (f_act, g_act, _) = cell.net, cell.activations
    coupled = cell.node.attribute("input_forget")
    a = cell.gates()
    ai, ao, af, ag = net.Split(a, [cell.hidden] * 4, axis=2, outputs=4)
    g, dg = _with_slope(net, g_act, ag)

    def forget(graph, i, af):
        return 1.0 - i if coupled else f_act.value(graph, af)

    if cell.p is None:
        i = f_act.value(net, ai)
        c = cell.states([cell.masked(i * g), cell.held(forget(net, i, af))], lambda graph, c, x: c * x[1] + x[0])
        c_before = cell.shifted(c, cell.c0)
    else:
        p_i, p_o, p_f = cell.p

        def state(graph, c, items):
            i = f_act.value(graph, items[0] + c * p_i)
            new = c * forget(graph, i, items[1] + c * p_f) + i * items[2]
            return new if cell.mask is None else c + (new - c) * items[3]

        c = cell.states([ai, af, g, *([] if cell.mask is None else [cell.mask])], state)
        c_before = cell.shifted(c, cell.c0)
        ai, ao, af = ai + c_before * p_i, ao + c * p_o, af + c_before * p_f
    forgotten = (None, None) if coupled else _with_slope(net, f_act, af)
    return c, c_before, [_with_slope(net, f_act, ai), _with_slope(net, f_act, ao), forgotten, (g, dg)]


def _with_slope(net, activation: Activation, x):
    """The value and the derivative of *activation* at *x*."""
    y = activation.value(net, x)
    return y, activation.slope(net, x, y)

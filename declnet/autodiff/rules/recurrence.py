"""RNN, GRU and LSTM as Scans, which are differentiated in their place.

The products of the inputs are taken for all steps at once, before the loop; the rule of Scan takes those that give the
gradients of the weights after it. ONNX Runtime's behaviour is kept where the ONNX manual leaves it open: after the end
of a sequence (sequence_lens) the outputs are 0, and a sequence without steps has the last state 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from declnet.autodiff.node import Node
from declnet.autodiff.registry import decomposition
from declnet.autodiff.rules.cell import Cell, recurrent
from declnet.graph import Graph, Value


@decomposition("RNN")
def rnn(node: Node) -> list[Value]:
    """h = f(x Wᵀ + h Rᵀ + Wb + Rb)."""

    def cell(of: Cell) -> list[Value]:
        (f,) = of.functions

        def step(graph: Graph, states: Sequence[Value], items: Sequence[Value]) -> list[Value]:
            (h,) = states
            return [f(graph, graph.Gemm(h, of.r, items[0], transB=1))]

        return of.run(step, [of.times_w(of.w, of.wb, of.rb)], [of.h0])

    return recurrent(node, ["Tanh"], cell)


@decomposition("GRU")
def gru(node: Node) -> list[Value]:
    """h = (1 − z) n + z h, with the gates z (update), r (reset) and the candidate n.

    n is g(x Wᵀ + (r h) Rᵀ + Rb + Wb) or, with linear_before_reset, g(x Wᵀ + r (h Rᵀ + Rb) + Wb).
    """
    reset_last = node.attribute("linear_before_reset")

    def cell(of: Cell) -> list[Value]:
        f, g = of.functions
        (w, w_n), (r, r_n), (wb, wb_n), (rb, rb_n) = (of.split(v, [2, 1]) for v in (of.w, of.r, of.wb, of.rb))

        def step(graph: Graph, states: Sequence[Value], items: Sequence[Value]) -> list[Value]:
            (h,), (gates, a) = states, items[:2]
            z, reset = graph.Split(f(graph, graph.Gemm(h, r, gates, transB=1)), num_outputs=2, axis=1, outputs=2)
            if reset_last:
                n = g(graph, a + reset * graph.Gemm(h, r_n, rb_n, transB=1))
            else:
                n = g(graph, graph.Gemm(reset * h, r_n, a, transB=1))
            return [n + z * (h - n)]

        entering = of.times_w(w_n, wb_n) if reset_last else of.times_w(w_n, wb_n, rb_n)
        return of.run(step, [of.times_w(w, wb, rb), entering], [of.h0])

    return recurrent(node, ["Sigmoid", "Tanh"], cell)


@decomposition("LSTM")
def lstm(node: Node) -> list[Value]:
    """c = f c + i g, h = o tanh(c), with the gates i (input), o (output), f (forget) and the candidate g.

    Peepholes add P c to what the gates read; with input_forget, f is 1 − i.
    """
    coupled = node.attribute("input_forget")

    def cell(of: Cell) -> list[Value]:
        gate, candidate, output = of.functions
        p_i, p_o, p_f = of.split(of.p, [1, 1, 1])

        def step(graph: Graph, states: Sequence[Value], items: Sequence[Value]) -> list[Value]:
            h, c = states
            a = graph.Gemm(h, of.r, items[0], transB=1)
            i, o, f, g = graph.Split(a, num_outputs=4, axis=1, outputs=4)
            i = gate(graph, i if of.p is None else i + c * p_i)
            f = 1.0 - i if coupled else gate(graph, f if of.p is None else f + c * p_f)
            c = f * c + i * candidate(graph, g)
            o = gate(graph, o if of.p is None else o + c * p_o)
            return [o * output(graph, c), c]

        return of.run(step, [of.times_w(of.w, of.wb, of.rb)], [of.h0, of.c0])

    return recurrent(node, ["Sigmoid", "Tanh", "Tanh"], cell)

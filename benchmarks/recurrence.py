"""Time the gradient of two LSTM layers with their loops as Scans and written out, and PyTorch's where it is installed.

    python benchmarks/recurrence.py --steps 28 500 --rounds 15

All contenders compute the loss and the gradients of the weights. A round takes each in turn; the smallest processor
time counts, since other programs on the machine do not add to it. See docs/recurrence.md.
"""

from __future__ import annotations

import argparse
import time
from unittest import mock

import numpy as np
import onnxruntime
import onnxruntime.capi.build_and_package_info as build

import declnet
from declnet.graph import Graph, dims, to_model
from declnet.target import STANDARD

INPUTS, HIDDEN, LAYERS = 28, 64, 2
# How many sequences a batch has, by the number of steps.
BATCH = {28: 128, 500: 32}


def weights(random) -> dict[str, np.ndarray]:
    """W, R and B of each layer, as the operator LSTM wants them."""
    found, inputs = {}, INPUTS
    for layer in range(LAYERS):
        for name, shape in (("w", (4 * HIDDEN, inputs)), ("r", (4 * HIDDEN, HIDDEN)), ("b", (8 * HIDDEN,))):
            found[f"{name}{layer}"] = (random.normal(size=(1, *shape)) / 8).astype(np.float32)
        inputs = HIDDEN
    return found


def model(x: np.ndarray, parameters: dict[str, np.ndarray]):
    """The mean square of the hidden states of the last layer."""
    graph = Graph("lstm")
    y = graph.input("x", np.float32, x.shape)
    values = {name: graph.input(name, np.float32, array.shape) for name, array in parameters.items()}
    for k in range(LAYERS):
        w, r, b = (values[f"{name}{k}"] for name in "wrb")
        y = graph.Squeeze(graph.LSTM(y, w, r, b, hidden_size=HIDDEN), [1])
    graph.output(graph.ReduceMean(y * y, keepdims=0), "loss")
    return to_model(graph)


def written_out(graph, step, states, sequences, *, backward=False, target=STANDARD):
    """``declnet.autodiff.loops.fold`` without a Scan: the steps one after the other."""
    length = dims(sequences[0])[0]
    columns = []
    for value in sequences:
        rows = graph.Reshape(value, [-1, dims(value)[2]])
        columns.append(graph.Split(rows, num_outputs=length, outputs=length))
    made = [None] * length
    for at in reversed(range(length)) if backward else range(length):
        states, made[at] = step(graph, states, [parts[at] for parts in columns])
    stacked = []
    for parts in zip(*made):
        stacked.append(graph.Reshape(graph.Concat(*parts, axis=0), [length, *dims(parts[0])]))
    return states, stacked


def contenders(x, parameters, threads):
    """Functions without arguments, by name: each computes loss and gradients once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    feed = {"x": x, **parameters}

    def session(target="standard"):
        gradient = declnet.gradient(model(x, parameters), loss="loss", wrt=list(parameters), target=target)
        made = onnxruntime.InferenceSession(gradient.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return lambda: made.run(None, feed)

    found = {"Scan": session(), 'Scan, target="web"': session("web")}
    with mock.patch("declnet.autodiff.rules.cell.fold", written_out):
        found["written out"] = session()
    _agree(found)
    try:
        import torch
    except ImportError:
        return found
    torch.set_num_threads(threads)
    layers, data = torch.nn.LSTM(INPUTS, HIDDEN, LAYERS), torch.from_numpy(x)

    def train():
        layers.zero_grad()
        (layers(data)[0] ** 2).mean().backward()

    return {**found, "PyTorch": train}


def _agree(sessions) -> None:
    first, *others = [run() for run in sessions.values()]
    for other in others:
        for a, b in zip(first, other):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, nargs="+", default=[28, 500])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    print(f"{build.package_name} {onnxruntime.__version__}, {arguments.threads} thread(s)")
    random = np.random.default_rng(0)
    for steps in arguments.steps:
        x = random.normal(size=(steps, BATCH.get(steps, 32), INPUTS)).astype(np.float32)
        runs = contenders(x, weights(random), arguments.threads)
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(arguments.rounds):
            for name, run in runs.items():
                start = time.process_time()
                run()
                best[name] = min(best[name], time.process_time() - start)
        print(f"{steps} steps, batch {x.shape[1]}, {LAYERS} layers of {HIDDEN}")
        base = next(iter(best.values()))
        for name, seconds in best.items():
            print(f"  {name:22} {seconds * 1e3:8.2f} ms  {seconds / base:5.2f}")


if __name__ == "__main__":
    main()

"""How long differentiating takes, by the number of operators: it is to be linear, 10,000 in less than 10 s.

    python benchmarks/differentiate.py [NODES ...]

The model is a chain of dense layers with activations, normalisation and residual connections. Out: for each size the
seconds of processor time (all is done on one thread) and by the clock that ``declnet.gradient`` takes to read,
differentiate and write the model, the fastest of three, and how many operators the result has.
"""

import sys
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper

import declnet

WIDTH = 8


def model(count: int) -> onnx.ModelProto:
    """A model of about *count* operators: blocks of eight."""
    random = np.random.default_rng(0)
    nodes, stored, x = [], [], "x"
    for k in range(count // 8):
        kernel, scale = f"kernel_{k}", f"scale_{k}"
        stored.append(numpy_helper.from_array(random.normal(size=(WIDTH, WIDTH)).astype(np.float32), kernel))
        stored.append(numpy_helper.from_array(np.ones(WIDTH, np.float32), scale))
        steps = [
            ("LayerNormalization", [x, scale], {"axis": -1}),
            ("MatMul", ["y_0", kernel], {}),
            ("Tanh", ["y_1"], {}),
            ("Mul", ["y_2", "y_1"], {}),
            ("Softmax", ["y_3"], {"axis": -1}),
            ("Sub", ["y_3", "y_4"], {}),
            ("Relu", ["y_5"], {}),
            ("Add", [x, "y_6"], {}),
        ]
        for place, (op, inputs, attributes) in enumerate(steps):
            inputs = [f"{name}_{k}" if name.startswith("y_") else name for name in inputs]
            output = f"y_{place}_{k}" if place < 7 else f"block_{k}"
            nodes.append(helper.make_node(op, inputs, [output], **attributes))
        x = f"block_{k}"
    nodes.append(helper.make_node("ReduceSum", [x], ["loss"], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", WIDTH])],
        [helper.make_tensor_value_info("loss", onnx.TensorProto.FLOAT, [])],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def main(sizes: list[int]) -> None:
    print(f"{'operators':>10} {'seconds':>8} {'by the clock':>13} {'ms each':>8} {'after':>8}")
    for size in sizes:
        given = model(size)
        wrt = [tensor.name for tensor in given.graph.initializer]
        spent, passed = [], []
        for _ in range(3):
            begin, own = time.perf_counter(), time.process_time()
            made = declnet.gradient(given, loss="loss", wrt=wrt)
            spent.append(time.process_time() - own)
            passed.append(time.perf_counter() - begin)
        count, seconds = len(given.graph.node), min(spent)
        after = len(made.graph.node)
        print(f"{count:>10} {seconds:>8.2f} {min(passed):>13.2f} {1000 * seconds / count:>8.3f} {after:>8}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1000, 3000, 10000])

"""Hold the gradient of one operator against differences of its own forward pass, in double precision."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from declnet.autodiff import BUILT_IN, Entry, Rules, differentiate
from declnet.errors import BackendError, GraphError
from declnet.graph import Graph, Value, prune, to_model, verify
from declnet.runtime import open_runtime
from declnet.target import STANDARD, Target, named

Arrays = list[np.ndarray]
Forward = Callable[[Arrays], Arrays]
Run = Callable[[Mapping[str, np.ndarray]], Arrays]


def check_gradient(
    op: str,
    inputs: Sequence,
    attributes: Mapping | None = None,
    *,
    outputs: int = 1,
    wrt: Sequence[int] | None = None,
    loss_of: Sequence[int] | None = None,
    shapes: Mapping[int, Sequence] | None = None,
    fed: Sequence[int] = (),
    forward: Forward | None = None,
    order: int = 2,
    target: Target | str = STANDARD,
    opset: int | None = None,
    domain: str = "",
    rules: Sequence[Entry] = (),
    tolerance: float = 3e-4,
) -> None:
    """Assert that the gradient of *op* is right at *inputs*, and the second derivative too.

    The loss is the sum of each output times a random array. Its gradient in float32, run by onnxruntime, must equal
    central differences of the operator in float64; the derivative of the gradient along a random direction (by the
    inputs and by the random arrays) must equal second differences.

    Args:
        inputs: arrays, numbers and lists; None for an absent input. What is not in *wrt* is stored in the model.
        wrt: the inputs to differentiate by; default: all of type float32.
        loss_of: the outputs that the loss is made of; default: all of a floating-point type.
        shapes: declared shapes, by input, of which some dimensions are names or None; default: static.
        fed: inputs outside *wrt* that are fed at run time instead of stored.
        forward: the operator in float64, from a list of arrays to a list of arrays, where neither onnxruntime nor
            onnx.reference computes it in double precision.
        order: 1 leaves the second derivative out.
        target: what the gradient is made for, or its name: "standard", "training", "web".
        opset: of the ai.onnx operators; default: the target's.
        rules: rules that are asked before declnet's own.
        tolerance: largest error, relative to the largest element of the expected gradient.
    """
    arrays = [None if value is None else np.asarray(value, _dtype(value)) for value in inputs]
    if wrt is None:
        wrt = [k for k, array in enumerate(arrays) if array is not None and array.dtype == np.float32]
    target = named(target)
    opset = opset or target.opset
    case = _Case(op, arrays, dict(attributes or {}), outputs, list(wrt), dict(shapes or {}), list(fed), opset, domain)
    case.weigh(loss_of, forward)
    first, second = case.derivatives(target, order, Rules(rules, below=BUILT_IN))
    names = [f"input {k}" for k in case.wrt]
    _compare(f"{op}: gradient", names, case.first_differences(), first, tolerance)
    if order > 1:
        names += [f"the gradient of output {k}" for k in case.weights]
        _compare(f"{op}: second derivative", names, case.second_differences(), second, 4 * tolerance)


class _Case:
    """One operator at one point, with random weights for its outputs and a random direction for its inputs."""

    def __init__(
        self,
        op: str,
        arrays: list[np.ndarray | None],
        attributes: dict[str, Any],
        outputs: int,
        wrt: list[int],
        shapes: Mapping[int, Sequence],
        fed: list[int],
        opset: int,
        domain: str,
    ):
        self.op, self.attributes, self.outputs, self.wrt = op, attributes, outputs, wrt
        # Typed Any: an input that is differentiated by or fed is there.
        self.arrays: list[Any] = list(arrays)
        self.shapes, self.fed, self.opset, self.domain = shapes, fed, opset, domain
        self.random = np.random.default_rng(0)
        self.direction = {k: self._normal(self.arrays[k].shape) for k in wrt}

    def weigh(self, loss_of: Sequence[int] | None, forward: Forward | None) -> None:
        """Choose the reference and its step, run it once, and draw the weights of its outputs.

        Without one in double precision it is the operator in float32, with a large step: exact for products of
        linear functions, and for nothing else.
        """
        single = self._forward(np.float32)
        expected = single(self.arrays)
        self.forward, self.step = single, 0.25
        makers: list[Callable[[], Forward]] = [
            functools.partial(self._forward, np.float64, runtime) for runtime in (_session, _reference)
        ]
        for make in makers if forward is None else [lambda: forward]:
            try:
                double = make()
                found = double(self.arrays)
            except (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError, GraphError, BackendError):
                continue
            if all(_agree(a, b) for a, b in zip(expected, found)):
                self.forward, self.step = double, 1e-3
                break
        real = [k for k, y in enumerate(expected) if np.issubdtype(y.dtype, np.floating)]
        chosen = real if loss_of is None else loss_of
        self.weights = {k: self._normal(expected[k].shape) for k in chosen}

    def derivatives(self, target: Target, order: int, rules: Rules) -> tuple[Arrays, Arrays]:
        """The gradient, and the derivatives of (the gradient along ``direction``) by inputs and weights."""
        graph, values, results = self._graph(np.float32, self.shapes)
        given = []
        for k, weight in self.weights.items():
            shape = [None] * weight.ndim if results[k].shape is None else results[k].shape
            given.append(graph.input(f"weight_{k}", np.float32, shape))
        real = [graph.Cast(results[k], to=onnx.TensorProto.FLOAT) for k in self.weights]
        parts = [graph.ReduceSum(y * w, keepdims=0) for y, w in zip(real, given)]
        loss = graph.Sum(*parts)
        points = [values[k] for k in self.wrt]
        made = differentiate(graph, loss, points, target=target, rules=rules)
        first = [self._or_zeros(graph, v, dx) for v, dx in zip(points, made)]
        feed = {f"input_{k}": self.arrays[k] for k in [*self.wrt, *self.fed]}
        feed |= {f"weight_{k}": weight for k, weight in self.weights.items()}
        found = list(first)
        if order > 1:
            along = [graph.input(f"direction_{k}", np.float32, value.shape) for k, value in zip(self.wrt, points)]
            slope = graph.Sum(*(graph.ReduceSum(dx * r, keepdims=0) for dx, r in zip(first, along)))
            wanted = [*points, *given]
            made = differentiate(graph, slope, wanted, target=target, rules=rules)
            found += [self._or_zeros(graph, v, d) for v, d in zip(wanted, made)]
            feed |= {f"direction_{k}": r for k, r in self.direction.items()}
        for k, value in enumerate(found):
            graph.output(value, f"derivative_{k}")
        model = to_model(verify(prune(graph), "differentiation"), ir_version=target.ir_version)
        onnx.checker.check_model(model)
        run = _session(model)
        arrays = run({name: array for name, array in feed.items() if name in {i.name for i in model.graph.input}})
        return arrays[: len(points)], arrays[len(points) :]

    def first_differences(self) -> Arrays:
        """Fourth-order central differences of the loss, element by element."""
        return [self._by_elements(k, lambda arrays: self._loss(arrays)) for k in self.wrt]

    def second_differences(self) -> Arrays:
        """The slope of the loss along ``direction``, differentiated by inputs and by weights."""
        by_inputs = [self._by_elements(k, self._slope) for k in self.wrt]
        ahead, behind = self.forward(self._moved(self.step)), self.forward(self._moved(-self.step))
        return by_inputs + [(ahead[k] - behind[k]) / (2 * self.step) for k in self.weights]

    def _slope(self, arrays: Arrays) -> float:
        return (self._loss(self._moved(self.step, arrays)) - self._loss(self._moved(-self.step, arrays))) / (
            2 * self.step
        )

    def _moved(self, distance: float, arrays: Arrays | None = None) -> Arrays:
        arrays = list(self.arrays if arrays is None else arrays)
        for k, direction in self.direction.items():
            arrays[k] = arrays[k] + distance * direction.astype(np.float64)
        return arrays

    def _loss(self, arrays: Arrays) -> float:
        results = self.forward(arrays)
        return sum(float(np.sum(results[k].astype(np.float64) * weight)) for k, weight in self.weights.items())

    def _by_elements(self, k: int, function: Callable[[Arrays], float]) -> np.ndarray:
        """The derivative of *function* by each element of input *k*: of a large one at some places, elsewhere NaN."""
        arrays = list(self.arrays)
        found = np.full(arrays[k].shape, np.nan)
        places = list(np.ndindex(found.shape))
        if len(places) > _MOST:
            places = [places[i] for i in self.random.choice(len(places), _MOST, replace=False)]
        for place in places:
            values = []
            for distance in (self.step, -self.step):
                arrays[k] = self.arrays[k].astype(np.float64)
                arrays[k][place] += distance
                values.append(function(arrays))
            found[place] = (values[0] - values[1]) / (2 * self.step)
            assert not np.isnan(found[place]), f"{self.op} gives NaN at {place} of input {k}"
        return found

    def _graph(
        self, dtype: Any, shapes: Mapping[int, Sequence] | None = None
    ) -> tuple[Graph, list[Any], tuple[Value, ...]]:
        graph = Graph("case", opset=self.opset)
        values: list[Any] = []
        for k, array in enumerate(self.arrays):
            if array is None:
                values.append(None)
            elif k in self.wrt:
                values.append(graph.input(f"input_{k}", dtype, (shapes or {}).get(k, array.shape)))
            elif k in self.fed:
                values.append(graph.input(f"input_{k}", array.dtype, (shapes or {}).get(k, array.shape)))
            else:
                values.append(graph.initializer(f"input_{k}", array))
        results = graph.op(self.op, *values, domain=self.domain, outputs=self.outputs, **self.attributes)
        return graph, values, results

    def _forward(self, dtype: Any, runtime: Callable[[onnx.ModelProto], Run] | None = None) -> Forward:
        graph, _, results = self._graph(dtype)
        for value in results:
            graph.ir.outputs.append(value)
        model = to_model(graph)
        run = (runtime or _session)(model)
        wrt = set(self.wrt)

        def forward(arrays: Arrays) -> Arrays:
            nonlocal run
            if "seed" in self.attributes:  # the draws of a session go on from one run to the next
                run = _session(model)
            fed = {k: arrays[k] for k in [*self.wrt, *self.fed]}
            return run({f"input_{k}": np.asarray(a, dtype) if k in wrt else a for k, a in fed.items()})

        return forward

    def _or_zeros(self, graph: Graph, value: Value, gradient: Value | None) -> Value:
        return graph.Mul(value, 0.0) if gradient is None else gradient

    def _normal(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.random.normal(size=shape).astype(np.float32)


# How many elements of one input are checked.
_MOST = 40


def _session(model: onnx.ModelProto) -> Run:
    session = open_runtime(threads=1).session(model)
    return lambda feed: list(session.run(feed).values())


def _reference(model: onnx.ModelProto) -> Run:
    evaluator = ReferenceEvaluator(model)
    return lambda feed: cast("Arrays", evaluator.run(None, dict(feed)))


def _dtype(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return np.float32 if value.dtype == np.float64 else value.dtype
    return {"f": np.float32, "i": np.int64}.get(np.asarray(value).dtype.kind)


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-4, equal_nan=True)


def _compare(what: str, names: Sequence[str], expected: Arrays, found: Arrays, tolerance: float) -> None:
    for name, a, b in zip(names, expected, found):
        assert a.shape == b.shape, f"{what} by {name} has shape {b.shape}, not {a.shape}"
        limit = tolerance * max(1, np.nanmax(np.abs(a), initial=0))
        wrong = np.argwhere(~(np.abs(a - b) <= limit) & ~np.isnan(a))
        assert not len(wrong), (
            f"{what} by {name}: {len(wrong)} of {a.size} elements are off by more than {limit:.2g}, "
            f"the first, at {wrong[0].tolist()}, is {b[tuple(wrong[0])]:.7g} instead of {a[tuple(wrong[0])]:.7g}"
        )

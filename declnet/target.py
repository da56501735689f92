"""What a graph is made for: the operators that are there, those to avoid, and what things cost.

A target is a property of the runtime that will run the graph. Gradient rules and passes choose by it; nothing else in
declnet knows what one runtime lacks, or does slowly.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from declnet.errors import BackendError

#: The newest ai.onnx operators, and the newest file format, that onnxruntime-training 1.19.2 reads.
OPSET = 21
IR_VERSION = 10
#: The newest ai.onnx operators for which gradient rules have been held against what the operators compute.
NEWEST_OPSET = 26


@dataclass(frozen=True)
class Costs:
    """Where one form of an operator begins to beat another; docs/performance.md has the measurements.

    ``wide`` is what the windows of one image may see (elements of a kernel times windows) before a convolution beats a
    product; ``many`` the number of channels, on one axis or in groups, from which it does too. ``rows`` bounds the
    rows, one per window and element of the kernel, that the product for a kernel's gradient may gather in memory: each
    is as long as the batch. ``table`` is the number of rows of a matrix up to which a product with zeros and ones
    beats ScatterElements as the gradient of Gather. ``slow`` names operators whose formula in other operators is
    faster: "LogSoftmax" off the last axis, "Where" between a tensor and a number.
    """

    wide: int = 2**15
    many: int = 32
    rows: int = 2**20
    table: int = 128
    slow: frozenset[str] = frozenset({"LogSoftmax", "Where"})


@dataclass(frozen=True)
class Target:
    """What a graph is made for.

    ``opset`` and ``ir_version`` are the versions of the ai.onnx operators and of the file format. ``domains`` are the
    operator domains beside ai.onnx whose kernels are there. ``avoid`` names what a graph must do without: an operator
    ("Col2Im"), an operator's output ("MaxPool.Indices"), or a use of it ("Col2Im.axes": over other than two spatial
    axes; "Scan.captured": values of the outer graph in its body; "Scan.reverse": scanning backwards).
    """

    name: str
    opset: int = OPSET
    ir_version: int = IR_VERSION
    domains: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset({"Col2Im.axes"})
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        for name in ("domains", "avoid"):
            if isinstance(given := getattr(self, name), str):
                raise BackendError(f"{name} of a target is a set of names", found=repr(given), allowed=f"{{{given!r}}}")
            object.__setattr__(self, name, frozenset(given))

    def meets(self, needs: Collection[str]) -> bool:
        """Whether the kernels of all domains in *needs* are there."""
        return self.domains.issuperset(needs)


# onnxruntime adds up wrongly in a Col2Im over one or three axes, so all of these do without.
STANDARD = Target("standard")
TRAINING = Target("training", domains=frozenset({"com.microsoft"}))
WEB = Target("web", avoid=frozenset({"Col2Im", "MaxPool.Indices", "Scan.captured", "Scan.reverse"}))

TARGETS = {target.name: target for target in (STANDARD, TRAINING, WEB)}


def named(target: Target | str, *others: str) -> Target:
    """The target of a name: "standard" (only ai.onnx operators: any runtime), "training" (also the fused gradient
    kernels of onnxruntime-training builds), "web" (what browsers and small runtimes have). A Target is itself.

    Args:
        others: names that are allowed where it is asked for, and known there.

    Raises:
        BackendError: the name is unknown.
    """
    if isinstance(target, Target):
        return target
    if target not in TARGETS:
        raise BackendError.unknown(f"unknown target {target!r}", target, [*others, *TARGETS])
    return TARGETS[target]

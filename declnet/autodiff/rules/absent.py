"""Operators that have no gradient although their results vary with real inputs, and why."""

from declnet.autodiff.registry import absent

SEQUENCES = absent(
    *("SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceMap"),
    *("ConcatFromSequence", "SplitToSequence"),
    reason="a sequence of tensors; Concat, Split and Gather do the same with tensors",
)
OPTIONALS = absent("Optional", "OptionalGetElement", reason="a value that may be absent")
ROUNDED = absent("MaxRoiPool", reason="it rounds its regions to pixels; RoiAlign has taken its place")
WITHDRAWN = absent("Scatter", "Upsample", reason="withdrawn by ONNX; in a model of opset 17 or less it is converted")

"""The ONNX operators of opset 21 as methods. Written by `make docs` from onnx.defs."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import onnx_ir as ir

from declnet.graph.graph import Graph
from declnet.graph.value import Value

# What stands for an input: a value, or numbers that become a constant.
Constant: TypeAlias = bool | int | float | str | np.generic | np.ndarray | Sequence[Constant]
Input: TypeAlias = ir.Value | Constant

# What stands for an attribute: also one of another node.
Integer: TypeAlias = int | ir.Attr
Integers: TypeAlias = Sequence[int] | ir.Attr
Float: TypeAlias = float | ir.Attr
Floats: TypeAlias = Sequence[float] | ir.Attr
Text: TypeAlias = str | ir.Attr
Texts: TypeAlias = Sequence[str] | ir.Attr
Tensor: TypeAlias = np.ndarray | ir.TensorProtocol | ir.Attr
Body: TypeAlias = Graph | ir.Graph | ir.Attr
DType: TypeAlias = np.dtype | ir.DataType | int | ir.Attr

class Operators:
    def Abs(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Abs.html"""

    def Acos(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Acos.html"""

    def Acosh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Acosh.html"""

    def Add(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Add.html"""

    def AffineGrid(self, theta: Input, size: Input, /, *, align_corners: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__AffineGrid.html"""

    def And(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__And.html"""

    def ArgMax(
        self,
        data: Input,
        /,
        *,
        axis: Integer | None = 0,
        keepdims: Integer | None = 1,
        select_last_index: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ArgMax.html"""

    def ArgMin(
        self,
        data: Input,
        /,
        *,
        axis: Integer | None = 0,
        keepdims: Integer | None = 1,
        select_last_index: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ArgMin.html"""

    def Asin(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Asin.html"""

    def Asinh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Asinh.html"""

    def Atan(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Atan.html"""

    def Atanh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Atanh.html"""

    def AveragePool(
        self,
        X: Input,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        ceil_mode: Integer | None = 0,
        count_include_pad: Integer | None = 0,
        dilations: Integers | None = None,
        kernel_shape: Integers,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__AveragePool.html"""

    @overload
    def BatchNormalization(
        self,
        X: Input,
        scale: Input,
        B: Input,
        input_mean: Input,
        input_var: Input,
        /,
        *,
        outputs: None = None,
        epsilon: Float | None = 1e-05,
        momentum: Float | None = 0.9,
        training_mode: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"""

    @overload
    def BatchNormalization(
        self,
        X: Input,
        scale: Input,
        B: Input,
        input_mean: Input,
        input_var: Input,
        /,
        *,
        outputs: Literal[2],
        epsilon: Float | None = 1e-05,
        momentum: Float | None = 0.9,
        training_mode: Integer | None = 0,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"""

    @overload
    def BatchNormalization(
        self,
        X: Input,
        scale: Input,
        B: Input,
        input_mean: Input,
        input_var: Input,
        /,
        *,
        outputs: Literal[3],
        epsilon: Float | None = 1e-05,
        momentum: Float | None = 0.9,
        training_mode: Integer | None = 0,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"""

    def Bernoulli(self, input: Input, /, *, dtype: DType | None = None, seed: Float | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Bernoulli.html"""

    def BitShift(self, X: Input, Y: Input, /, *, direction: Text) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BitShift.html"""

    def BitwiseAnd(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html"""

    def BitwiseNot(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BitwiseNot.html"""

    def BitwiseOr(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BitwiseOr.html"""

    def BitwiseXor(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BitwiseXor.html"""

    def BlackmanWindow(
        self,
        size: Input,
        /,
        *,
        output_datatype: DType | None = 1,
        periodic: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__BlackmanWindow.html"""

    def Cast(self, input: Input, /, *, saturate: Integer | None = 1, to: DType) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Cast.html"""

    def CastLike(self, input: Input, target_type: Input, /, *, saturate: Integer | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__CastLike.html"""

    def Ceil(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Ceil.html"""

    def Celu(self, X: Input, /, *, alpha: Float | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Celu.html"""

    def CenterCropPad(self, input_data: Input, shape: Input, /, *, axes: Integers | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__CenterCropPad.html"""

    def Clip(self, input: Input, min: Input | None = None, max: Input | None = None, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Clip.html"""

    def Col2Im(
        self,
        input: Input,
        image_shape: Input,
        block_shape: Input,
        /,
        *,
        dilations: Integers | None = None,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Col2Im.html"""

    def Compress(self, input: Input, condition: Input, /, *, axis: Integer | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Compress.html"""

    def Concat(self, *inputs: Input, axis: Integer) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Concat.html"""

    def ConcatFromSequence(self, input_sequence: Input, /, *, axis: Integer, new_axis: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ConcatFromSequence.html"""

    def Constant(
        self,
        /,
        *,
        sparse_value: Any | None = None,
        value: Tensor | None = None,
        value_float: Float | None = None,
        value_floats: Floats | None = None,
        value_int: Integer | None = None,
        value_ints: Integers | None = None,
        value_string: Text | None = None,
        value_strings: Texts | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Constant.html"""

    def ConstantOfShape(self, input: Input, /, *, value: Tensor | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html"""

    def Conv(
        self,
        X: Input,
        W: Input,
        B: Input | None = None,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        dilations: Integers | None = None,
        group: Integer | None = 1,
        kernel_shape: Integers | None = None,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Conv.html"""

    def ConvInteger(
        self,
        x: Input,
        w: Input,
        x_zero_point: Input | None = None,
        w_zero_point: Input | None = None,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        dilations: Integers | None = None,
        group: Integer | None = 1,
        kernel_shape: Integers | None = None,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ConvInteger.html"""

    def ConvTranspose(
        self,
        X: Input,
        W: Input,
        B: Input | None = None,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        dilations: Integers | None = None,
        group: Integer | None = 1,
        kernel_shape: Integers | None = None,
        output_padding: Integers | None = None,
        output_shape: Integers | None = None,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ConvTranspose.html"""

    def Cos(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Cos.html"""

    def Cosh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Cosh.html"""

    def CumSum(self, x: Input, axis: Input, /, *, exclusive: Integer | None = 0, reverse: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__CumSum.html"""

    def DFT(
        self,
        input: Input,
        dft_length: Input | None = None,
        axis: Input | None = None,
        /,
        *,
        inverse: Integer | None = 0,
        onesided: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__DFT.html"""

    def DeformConv(
        self,
        X: Input,
        W: Input,
        offset: Input,
        B: Input | None = None,
        mask: Input | None = None,
        /,
        *,
        dilations: Integers | None = None,
        group: Integer | None = 1,
        kernel_shape: Integers | None = None,
        offset_group: Integer | None = 1,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__DeformConv.html"""

    def DepthToSpace(self, input: Input, /, *, blocksize: Integer, mode: Text | None = "DCR") -> Value:
        """https://onnx.ai/onnx/operators/onnx__DepthToSpace.html"""

    def DequantizeLinear(
        self,
        x: Input,
        x_scale: Input,
        x_zero_point: Input | None = None,
        /,
        *,
        axis: Integer | None = 1,
        block_size: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html"""

    def Det(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Det.html"""

    def Div(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Div.html"""

    @overload
    def Dropout(
        self,
        data: Input,
        ratio: Input | None = None,
        training_mode: Input | None = None,
        /,
        *,
        outputs: None = None,
        seed: Integer | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Dropout.html"""

    @overload
    def Dropout(
        self,
        data: Input,
        ratio: Input | None = None,
        training_mode: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        seed: Integer | None = None,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Dropout.html"""

    def DynamicQuantizeLinear(self, x: Input, /) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html"""

    def Einsum(self, *Inputs: Input, equation: Text) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Einsum.html"""

    def Elu(self, X: Input, /, *, alpha: Float | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Elu.html"""

    def Equal(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Equal.html"""

    def Erf(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Erf.html"""

    def Exp(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Exp.html"""

    def Expand(self, input: Input, shape: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Expand.html"""

    def EyeLike(self, input: Input, /, *, dtype: DType | None = None, k: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__EyeLike.html"""

    def Flatten(self, input: Input, /, *, axis: Integer | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Flatten.html"""

    def Floor(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Floor.html"""

    @overload
    def GRU(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        /,
        *,
        outputs: None = None,
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = None,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        layout: Integer | None = 0,
        linear_before_reset: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GRU.html"""

    @overload
    def GRU(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = None,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        layout: Integer | None = 0,
        linear_before_reset: Integer | None = 0,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__GRU.html"""

    def Gather(self, data: Input, indices: Input, /, *, axis: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Gather.html"""

    def GatherElements(self, data: Input, indices: Input, /, *, axis: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GatherElements.html"""

    def GatherND(self, data: Input, indices: Input, /, *, batch_dims: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GatherND.html"""

    def Gelu(self, X: Input, /, *, approximate: Text | None = "none") -> Value:
        """https://onnx.ai/onnx/operators/onnx__Gelu.html"""

    def Gemm(
        self,
        A: Input,
        B: Input,
        C: Input | None = None,
        /,
        *,
        alpha: Float | None = 1,
        beta: Float | None = 1,
        transA: Integer | None = 0,
        transB: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Gemm.html"""

    def GlobalAveragePool(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html"""

    def GlobalLpPool(self, X: Input, /, *, p: Integer | None = 2) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html"""

    def GlobalMaxPool(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html"""

    def Greater(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Greater.html"""

    def GreaterOrEqual(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GreaterOrEqual.html"""

    def GridSample(
        self,
        X: Input,
        grid: Input,
        /,
        *,
        align_corners: Integer | None = 0,
        mode: Text | None = "linear",
        padding_mode: Text | None = "zeros",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GridSample.html"""

    def GroupNormalization(
        self,
        X: Input,
        scale: Input,
        bias: Input,
        /,
        *,
        epsilon: Float | None = 1e-05,
        num_groups: Integer,
        stash_type: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__GroupNormalization.html"""

    def HammingWindow(
        self,
        size: Input,
        /,
        *,
        output_datatype: DType | None = 1,
        periodic: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__HammingWindow.html"""

    def HannWindow(self, size: Input, /, *, output_datatype: DType | None = 1, periodic: Integer | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__HannWindow.html"""

    def HardSigmoid(self, X: Input, /, *, alpha: Float | None = 0.2, beta: Float | None = 0.5) -> Value:
        """https://onnx.ai/onnx/operators/onnx__HardSigmoid.html"""

    def HardSwish(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__HardSwish.html"""

    def Hardmax(self, input: Input, /, *, axis: Integer | None = -1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Hardmax.html"""

    def Identity(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Identity.html"""

    @overload
    def If(self, cond: Input, /, *, outputs: None = None, else_branch: Body, then_branch: Body) -> Value:
        """https://onnx.ai/onnx/operators/onnx__If.html"""

    @overload
    def If(self, cond: Input, /, *, outputs: Literal[2], else_branch: Body, then_branch: Body) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__If.html"""

    @overload
    def If(
        self,
        cond: Input,
        /,
        *,
        outputs: Literal[3],
        else_branch: Body,
        then_branch: Body,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__If.html"""

    @overload
    def If(
        self,
        cond: Input,
        /,
        *,
        outputs: Literal[4],
        else_branch: Body,
        then_branch: Body,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__If.html"""

    @overload
    def If(self, cond: Input, /, *, outputs: int, else_branch: Body, then_branch: Body) -> tuple[Value, ...]:
        """https://onnx.ai/onnx/operators/onnx__If.html"""

    def ImageDecoder(self, encoded_stream: Input, /, *, pixel_format: Text | None = "RGB") -> Value:
        """https://onnx.ai/onnx/operators/onnx__ImageDecoder.html"""

    def InstanceNormalization(self, input: Input, scale: Input, B: Input, /, *, epsilon: Float | None = 1e-05) -> Value:
        """https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html"""

    def IsInf(self, X: Input, /, *, detect_negative: Integer | None = 1, detect_positive: Integer | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__IsInf.html"""

    def IsNaN(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__IsNaN.html"""

    def LRN(
        self,
        X: Input,
        /,
        *,
        alpha: Float | None = 0.0001,
        beta: Float | None = 0.75,
        bias: Float | None = 1,
        size: Integer,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LRN.html"""

    @overload
    def LSTM(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        initial_c: Input | None = None,
        P: Input | None = None,
        /,
        *,
        outputs: None = None,
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = None,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        input_forget: Integer | None = 0,
        layout: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LSTM.html"""

    @overload
    def LSTM(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        initial_c: Input | None = None,
        P: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = None,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        input_forget: Integer | None = 0,
        layout: Integer | None = 0,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__LSTM.html"""

    @overload
    def LSTM(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        initial_c: Input | None = None,
        P: Input | None = None,
        /,
        *,
        outputs: Literal[3],
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = None,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        input_forget: Integer | None = 0,
        layout: Integer | None = 0,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__LSTM.html"""

    @overload
    def LayerNormalization(
        self,
        X: Input,
        Scale: Input,
        B: Input | None = None,
        /,
        *,
        outputs: None = None,
        axis: Integer | None = -1,
        epsilon: Float | None = 1e-05,
        stash_type: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LayerNormalization.html"""

    @overload
    def LayerNormalization(
        self,
        X: Input,
        Scale: Input,
        B: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        axis: Integer | None = -1,
        epsilon: Float | None = 1e-05,
        stash_type: Integer | None = 1,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__LayerNormalization.html"""

    @overload
    def LayerNormalization(
        self,
        X: Input,
        Scale: Input,
        B: Input | None = None,
        /,
        *,
        outputs: Literal[3],
        axis: Integer | None = -1,
        epsilon: Float | None = 1e-05,
        stash_type: Integer | None = 1,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__LayerNormalization.html"""

    def LeakyRelu(self, X: Input, /, *, alpha: Float | None = 0.01) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LeakyRelu.html"""

    def Less(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Less.html"""

    def LessOrEqual(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LessOrEqual.html"""

    def Log(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Log.html"""

    def LogSoftmax(self, input: Input, /, *, axis: Integer | None = -1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LogSoftmax.html"""

    @overload
    def Loop(
        self,
        M: Input | None = None,
        cond: Input | None = None,
        *v_initial: Input,
        outputs: None = None,
        body: Body,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Loop.html"""

    @overload
    def Loop(
        self,
        M: Input | None = None,
        cond: Input | None = None,
        *v_initial: Input,
        outputs: Literal[2],
        body: Body,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Loop.html"""

    @overload
    def Loop(
        self,
        M: Input | None = None,
        cond: Input | None = None,
        *v_initial: Input,
        outputs: Literal[3],
        body: Body,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Loop.html"""

    @overload
    def Loop(
        self,
        M: Input | None = None,
        cond: Input | None = None,
        *v_initial: Input,
        outputs: Literal[4],
        body: Body,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Loop.html"""

    @overload
    def Loop(
        self,
        M: Input | None = None,
        cond: Input | None = None,
        *v_initial: Input,
        outputs: int,
        body: Body,
    ) -> tuple[Value, ...]:
        """https://onnx.ai/onnx/operators/onnx__Loop.html"""

    def LpNormalization(self, input: Input, /, *, axis: Integer | None = -1, p: Integer | None = 2) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LpNormalization.html"""

    def LpPool(
        self,
        X: Input,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        ceil_mode: Integer | None = 0,
        dilations: Integers | None = None,
        kernel_shape: Integers,
        p: Integer | None = 2,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__LpPool.html"""

    def MatMul(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MatMul.html"""

    def MatMulInteger(
        self,
        A: Input,
        B: Input,
        a_zero_point: Input | None = None,
        b_zero_point: Input | None = None,
        /,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MatMulInteger.html"""

    def Max(self, *data_0: Input) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Max.html"""

    @overload
    def MaxPool(
        self,
        X: Input,
        /,
        *,
        outputs: None = None,
        auto_pad: Text | None = "NOTSET",
        ceil_mode: Integer | None = 0,
        dilations: Integers | None = None,
        kernel_shape: Integers,
        pads: Integers | None = None,
        storage_order: Integer | None = 0,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MaxPool.html"""

    @overload
    def MaxPool(
        self,
        X: Input,
        /,
        *,
        outputs: Literal[2],
        auto_pad: Text | None = "NOTSET",
        ceil_mode: Integer | None = 0,
        dilations: Integers | None = None,
        kernel_shape: Integers,
        pads: Integers | None = None,
        storage_order: Integer | None = 0,
        strides: Integers | None = None,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__MaxPool.html"""

    def MaxRoiPool(self, X: Input, rois: Input, /, *, pooled_shape: Integers, spatial_scale: Float | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html"""

    def MaxUnpool(
        self,
        X: Input,
        I: Input,
        output_shape: Input | None = None,
        /,
        *,
        kernel_shape: Integers,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MaxUnpool.html"""

    def Mean(self, *data_0: Input) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Mean.html"""

    def MeanVarianceNormalization(self, X: Input, /, *, axes: Integers | None = ...) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html"""

    def MelWeightMatrix(
        self,
        num_mel_bins: Input,
        dft_length: Input,
        sample_rate: Input,
        lower_edge_hertz: Input,
        upper_edge_hertz: Input,
        /,
        *,
        output_datatype: DType | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__MelWeightMatrix.html"""

    def Min(self, *data_0: Input) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Min.html"""

    def Mish(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Mish.html"""

    def Mod(self, A: Input, B: Input, /, *, fmod: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Mod.html"""

    def Mul(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Mul.html"""

    def Multinomial(
        self,
        input: Input,
        /,
        *,
        dtype: DType | None = 6,
        sample_size: Integer | None = 1,
        seed: Float | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Multinomial.html"""

    def Neg(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Neg.html"""

    def NegativeLogLikelihoodLoss(
        self,
        input: Input,
        target: Input,
        weight: Input | None = None,
        /,
        *,
        ignore_index: Integer | None = None,
        reduction: Text | None = "mean",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html"""

    def NonMaxSuppression(
        self,
        boxes: Input,
        scores: Input,
        max_output_boxes_per_class: Input | None = None,
        iou_threshold: Input | None = None,
        score_threshold: Input | None = None,
        /,
        *,
        center_point_box: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html"""

    def NonZero(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__NonZero.html"""

    def Not(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Not.html"""

    def OneHot(self, indices: Input, depth: Input, values: Input, /, *, axis: Integer | None = -1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__OneHot.html"""

    def Optional(self, input: Input | None = None, /, *, type: Any | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Optional.html"""

    def OptionalGetElement(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__OptionalGetElement.html"""

    def OptionalHasElement(self, input: Input | None = None, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__OptionalHasElement.html"""

    def Or(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Or.html"""

    def PRelu(self, X: Input, slope: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__PRelu.html"""

    def Pad(
        self,
        data: Input,
        pads: Input,
        constant_value: Input | None = None,
        axes: Input | None = None,
        /,
        *,
        mode: Text | None = "constant",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Pad.html"""

    def Pow(self, X: Input, Y: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Pow.html"""

    def QLinearConv(
        self,
        x: Input,
        x_scale: Input,
        x_zero_point: Input,
        w: Input,
        w_scale: Input,
        w_zero_point: Input,
        y_scale: Input,
        y_zero_point: Input,
        B: Input | None = None,
        /,
        *,
        auto_pad: Text | None = "NOTSET",
        dilations: Integers | None = None,
        group: Integer | None = 1,
        kernel_shape: Integers | None = None,
        pads: Integers | None = None,
        strides: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__QLinearConv.html"""

    def QLinearMatMul(
        self,
        a: Input,
        a_scale: Input,
        a_zero_point: Input,
        b: Input,
        b_scale: Input,
        b_zero_point: Input,
        y_scale: Input,
        y_zero_point: Input,
        /,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html"""

    def QuantizeLinear(
        self,
        x: Input,
        y_scale: Input,
        y_zero_point: Input | None = None,
        /,
        *,
        axis: Integer | None = 1,
        block_size: Integer | None = 0,
        output_dtype: DType | None = 0,
        saturate: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html"""

    @overload
    def RNN(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        /,
        *,
        outputs: None = None,
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = ...,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        layout: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RNN.html"""

    @overload
    def RNN(
        self,
        X: Input,
        W: Input,
        R: Input,
        B: Input | None = None,
        sequence_lens: Input | None = None,
        initial_h: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        activation_alpha: Floats | None = None,
        activation_beta: Floats | None = None,
        activations: Texts | None = ...,
        clip: Float | None = None,
        direction: Text | None = "forward",
        hidden_size: Integer | None = None,
        layout: Integer | None = 0,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__RNN.html"""

    def RandomNormal(
        self,
        /,
        *,
        dtype: DType | None = 1,
        mean: Float | None = 0,
        scale: Float | None = 1,
        seed: Float | None = None,
        shape: Integers,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RandomNormal.html"""

    def RandomNormalLike(
        self,
        input: Input,
        /,
        *,
        dtype: DType | None = None,
        mean: Float | None = 0,
        scale: Float | None = 1,
        seed: Float | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RandomNormalLike.html"""

    def RandomUniform(
        self,
        /,
        *,
        dtype: DType | None = 1,
        high: Float | None = 1,
        low: Float | None = 0,
        seed: Float | None = None,
        shape: Integers,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RandomUniform.html"""

    def RandomUniformLike(
        self,
        input: Input,
        /,
        *,
        dtype: DType | None = None,
        high: Float | None = 1,
        low: Float | None = 0,
        seed: Float | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RandomUniformLike.html"""

    def Range(self, start: Input, limit: Input, delta: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Range.html"""

    def Reciprocal(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Reciprocal.html"""

    def ReduceL1(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceL1.html"""

    def ReduceL2(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceL2.html"""

    def ReduceLogSum(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html"""

    def ReduceLogSumExp(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html"""

    def ReduceMax(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceMax.html"""

    def ReduceMean(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceMean.html"""

    def ReduceMin(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceMin.html"""

    def ReduceProd(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceProd.html"""

    def ReduceSum(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceSum.html"""

    def ReduceSumSquare(
        self,
        data: Input,
        axes: Input | None = None,
        /,
        *,
        keepdims: Integer | None = 1,
        noop_with_empty_axes: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html"""

    def RegexFullMatch(self, X: Input, /, *, pattern: Text | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RegexFullMatch.html"""

    def Relu(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Relu.html"""

    def Reshape(self, data: Input, shape: Input, /, *, allowzero: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Reshape.html"""

    def Resize(
        self,
        X: Input,
        roi: Input | None = None,
        scales: Input | None = None,
        sizes: Input | None = None,
        /,
        *,
        antialias: Integer | None = 0,
        axes: Integers | None = None,
        coordinate_transformation_mode: Text | None = "half_pixel",
        cubic_coeff_a: Float | None = -0.75,
        exclude_outside: Integer | None = 0,
        extrapolation_value: Float | None = 0,
        keep_aspect_ratio_policy: Text | None = "stretch",
        mode: Text | None = "nearest",
        nearest_mode: Text | None = "round_prefer_floor",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Resize.html"""

    def ReverseSequence(
        self,
        input: Input,
        sequence_lens: Input,
        /,
        *,
        batch_axis: Integer | None = 1,
        time_axis: Integer | None = 0,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ReverseSequence.html"""

    def RoiAlign(
        self,
        X: Input,
        rois: Input,
        batch_indices: Input,
        /,
        *,
        coordinate_transformation_mode: Text | None = "half_pixel",
        mode: Text | None = "avg",
        output_height: Integer | None = 1,
        output_width: Integer | None = 1,
        sampling_ratio: Integer | None = 0,
        spatial_scale: Float | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__RoiAlign.html"""

    def Round(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Round.html"""

    def STFT(
        self,
        signal: Input,
        frame_step: Input,
        window: Input | None = None,
        frame_length: Input | None = None,
        /,
        *,
        onesided: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__STFT.html"""

    @overload
    def Scan(
        self,
        *initial_state_and_scan_inputs: Input,
        outputs: None = None,
        body: Body,
        num_scan_inputs: Integer,
        scan_input_axes: Integers | None = None,
        scan_input_directions: Integers | None = None,
        scan_output_axes: Integers | None = None,
        scan_output_directions: Integers | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Scan.html"""

    @overload
    def Scan(
        self,
        *initial_state_and_scan_inputs: Input,
        outputs: Literal[2],
        body: Body,
        num_scan_inputs: Integer,
        scan_input_axes: Integers | None = None,
        scan_input_directions: Integers | None = None,
        scan_output_axes: Integers | None = None,
        scan_output_directions: Integers | None = None,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Scan.html"""

    @overload
    def Scan(
        self,
        *initial_state_and_scan_inputs: Input,
        outputs: Literal[3],
        body: Body,
        num_scan_inputs: Integer,
        scan_input_axes: Integers | None = None,
        scan_input_directions: Integers | None = None,
        scan_output_axes: Integers | None = None,
        scan_output_directions: Integers | None = None,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Scan.html"""

    @overload
    def Scan(
        self,
        *initial_state_and_scan_inputs: Input,
        outputs: Literal[4],
        body: Body,
        num_scan_inputs: Integer,
        scan_input_axes: Integers | None = None,
        scan_input_directions: Integers | None = None,
        scan_output_axes: Integers | None = None,
        scan_output_directions: Integers | None = None,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Scan.html"""

    @overload
    def Scan(
        self,
        *initial_state_and_scan_inputs: Input,
        outputs: int,
        body: Body,
        num_scan_inputs: Integer,
        scan_input_axes: Integers | None = None,
        scan_input_directions: Integers | None = None,
        scan_output_axes: Integers | None = None,
        scan_output_directions: Integers | None = None,
    ) -> tuple[Value, ...]:
        """https://onnx.ai/onnx/operators/onnx__Scan.html"""

    def ScatterElements(
        self,
        data: Input,
        indices: Input,
        updates: Input,
        /,
        *,
        axis: Integer | None = 0,
        reduction: Text | None = "none",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ScatterElements.html"""

    def ScatterND(self, data: Input, indices: Input, updates: Input, /, *, reduction: Text | None = "none") -> Value:
        """https://onnx.ai/onnx/operators/onnx__ScatterND.html"""

    def Selu(self, X: Input, /, *, alpha: Float | None = 1.67326, gamma: Float | None = 1.0507) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Selu.html"""

    def SequenceAt(self, input_sequence: Input, position: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceAt.html"""

    def SequenceConstruct(self, *inputs: Input) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html"""

    def SequenceEmpty(self, /, *, dtype: DType | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceEmpty.html"""

    def SequenceErase(self, input_sequence: Input, position: Input | None = None, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceErase.html"""

    def SequenceInsert(self, input_sequence: Input, tensor: Input, position: Input | None = None, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceInsert.html"""

    def SequenceLength(self, input_sequence: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceLength.html"""

    @overload
    def SequenceMap(self, input_sequence: Input, *additional_inputs: Input, outputs: None = None, body: Body) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SequenceMap.html"""

    @overload
    def SequenceMap(
        self,
        input_sequence: Input,
        *additional_inputs: Input,
        outputs: Literal[2],
        body: Body,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__SequenceMap.html"""

    @overload
    def SequenceMap(
        self,
        input_sequence: Input,
        *additional_inputs: Input,
        outputs: Literal[3],
        body: Body,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__SequenceMap.html"""

    @overload
    def SequenceMap(
        self,
        input_sequence: Input,
        *additional_inputs: Input,
        outputs: Literal[4],
        body: Body,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__SequenceMap.html"""

    @overload
    def SequenceMap(
        self,
        input_sequence: Input,
        *additional_inputs: Input,
        outputs: int,
        body: Body,
    ) -> tuple[Value, ...]:
        """https://onnx.ai/onnx/operators/onnx__SequenceMap.html"""

    def Shape(self, data: Input, /, *, end: Integer | None = None, start: Integer | None = 0) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Shape.html"""

    def Shrink(self, input: Input, /, *, bias: Float | None = 0, lambd: Float | None = 0.5) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Shrink.html"""

    def Sigmoid(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sigmoid.html"""

    def Sign(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sign.html"""

    def Sin(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sin.html"""

    def Sinh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sinh.html"""

    def Size(self, data: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Size.html"""

    def Slice(
        self,
        data: Input,
        starts: Input,
        ends: Input,
        axes: Input | None = None,
        steps: Input | None = None,
        /,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Slice.html"""

    def Softmax(self, input: Input, /, *, axis: Integer | None = -1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Softmax.html"""

    @overload
    def SoftmaxCrossEntropyLoss(
        self,
        scores: Input,
        labels: Input,
        weights: Input | None = None,
        /,
        *,
        outputs: None = None,
        ignore_index: Integer | None = None,
        reduction: Text | None = "mean",
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html"""

    @overload
    def SoftmaxCrossEntropyLoss(
        self,
        scores: Input,
        labels: Input,
        weights: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        ignore_index: Integer | None = None,
        reduction: Text | None = "mean",
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html"""

    def Softplus(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Softplus.html"""

    def Softsign(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Softsign.html"""

    def SpaceToDepth(self, input: Input, /, *, blocksize: Integer) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html"""

    @overload
    def Split(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        outputs: None = None,
        axis: Integer | None = 0,
        num_outputs: Integer | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Split.html"""

    @overload
    def Split(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        outputs: Literal[2],
        axis: Integer | None = 0,
        num_outputs: Integer | None = None,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Split.html"""

    @overload
    def Split(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        outputs: Literal[3],
        axis: Integer | None = 0,
        num_outputs: Integer | None = None,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Split.html"""

    @overload
    def Split(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        outputs: Literal[4],
        axis: Integer | None = 0,
        num_outputs: Integer | None = None,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Split.html"""

    @overload
    def Split(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        outputs: int,
        axis: Integer | None = 0,
        num_outputs: Integer | None = None,
    ) -> tuple[Value, ...]:
        """https://onnx.ai/onnx/operators/onnx__Split.html"""

    def SplitToSequence(
        self,
        input: Input,
        split: Input | None = None,
        /,
        *,
        axis: Integer | None = 0,
        keepdims: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__SplitToSequence.html"""

    def Sqrt(self, X: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sqrt.html"""

    def Squeeze(self, data: Input, axes: Input | None = None, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Squeeze.html"""

    def StringConcat(self, X: Input, Y: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__StringConcat.html"""

    def StringNormalizer(
        self,
        X: Input,
        /,
        *,
        case_change_action: Text | None = "NONE",
        is_case_sensitive: Integer | None = 0,
        locale: Text | None = None,
        stopwords: Texts | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__StringNormalizer.html"""

    def StringSplit(
        self,
        X: Input,
        /,
        *,
        delimiter: Text | None = None,
        maxsplit: Integer | None = None,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__StringSplit.html"""

    def Sub(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sub.html"""

    def Sum(self, *data_0: Input) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Sum.html"""

    def Tan(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Tan.html"""

    def Tanh(self, input: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Tanh.html"""

    def TfIdfVectorizer(
        self,
        X: Input,
        /,
        *,
        max_gram_length: Integer,
        max_skip_count: Integer,
        min_gram_length: Integer,
        mode: Text,
        ngram_counts: Integers,
        ngram_indexes: Integers,
        pool_int64s: Integers | None = None,
        pool_strings: Texts | None = None,
        weights: Floats | None = None,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html"""

    def ThresholdedRelu(self, X: Input, /, *, alpha: Float | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html"""

    def Tile(self, input: Input, repeats: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Tile.html"""

    def TopK(
        self,
        X: Input,
        K: Input,
        /,
        *,
        axis: Integer | None = -1,
        largest: Integer | None = 1,
        sorted: Integer | None = 1,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__TopK.html"""

    def Transpose(self, data: Input, /, *, perm: Integers | None = None) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Transpose.html"""

    def Trilu(self, input: Input, k: Input | None = None, /, *, upper: Integer | None = 1) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Trilu.html"""

    @overload
    def Unique(
        self,
        X: Input,
        /,
        *,
        outputs: None = None,
        axis: Integer | None = None,
        sorted: Integer | None = 1,
    ) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Unique.html"""

    @overload
    def Unique(
        self,
        X: Input,
        /,
        *,
        outputs: Literal[2],
        axis: Integer | None = None,
        sorted: Integer | None = 1,
    ) -> tuple[Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Unique.html"""

    @overload
    def Unique(
        self,
        X: Input,
        /,
        *,
        outputs: Literal[3],
        axis: Integer | None = None,
        sorted: Integer | None = 1,
    ) -> tuple[Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Unique.html"""

    @overload
    def Unique(
        self,
        X: Input,
        /,
        *,
        outputs: Literal[4],
        axis: Integer | None = None,
        sorted: Integer | None = 1,
    ) -> tuple[Value, Value, Value, Value]:
        """https://onnx.ai/onnx/operators/onnx__Unique.html"""

    def Unsqueeze(self, data: Input, axes: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Unsqueeze.html"""

    def Where(self, condition: Input, X: Input, Y: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Where.html"""

    def Xor(self, A: Input, B: Input, /) -> Value:
        """https://onnx.ai/onnx/operators/onnx__Xor.html"""

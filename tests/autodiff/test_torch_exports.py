"""Models that ``torch.onnx.export`` wrote: their gradients are those of PyTorch's autograd."""

import io
import warnings

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import declnet


def cnn(torch):
    """Convolutions with batch norm, pooled, and a dense layer."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.SiLU(), nn.AdaptiveAvgPool2d(1)),
        *(nn.Flatten(), nn.Linear(6, 3), nn.LogSoftmax(dim=1)),
    ), (3, 2, 10, 10)


def residual_block(torch):
    """Two convolutions beside a short cut (He et al. 2015)."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.Conv2d(4, 4, 3, 1, 1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
            self.short = nn.Sequential(nn.Conv2d(3, 4, 1, 2, bias=False), nn.BatchNorm2d(4))

        def forward(self, x):
            y = torch.relu(self.norm1(self.first(x)))
            return torch.relu(self.norm2(self.second(y)) + self.short(x)).mean((2, 3))

    return Block(), (2, 3, 8, 8)


def transformer(torch):
    """An encoder of two layers (Vaswani et al. 2017)."""
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True)
    return torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), (2, 5, 8)


def lstm(torch):
    """A classifier on top of a bidirectional LSTM of two layers."""
    nn = torch.nn

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = nn.LSTM(4, 5, num_layers=2, batch_first=True, bidirectional=True)
            self.scores = nn.Linear(10, 3)

        def forward(self, x):
            return self.scores(self.recurrent(x)[0][:, -1])

    return Classifier(), (2, 6, 4)


def unet(torch):
    """Down, up by a transposed convolution and by resizing, with skip connections (Ronneberger et al. 2015)."""
    nn, functional = torch.nn, torch.nn.functional

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down1, self.down2 = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
            self.bottom = nn.Conv2d(6, 6, 3, padding=1)
            self.up = nn.ConvTranspose2d(6, 6, 2, stride=2)
            self.join, self.out = nn.Conv2d(12, 4, 3, padding=1), nn.Conv2d(8, 2, 1)

        def forward(self, x):
            a = functional.elu(self.down1(x))
            b = functional.elu(self.down2(functional.max_pool2d(a, 2)))
            c = functional.elu(self.bottom(functional.avg_pool2d(b, 2)))
            d = functional.elu(self.join(torch.cat([b, self.up(c)], 1)))
            e = functional.interpolate(d, scale_factor=2, mode="bilinear", align_corners=False)
            return self.out(torch.cat([a, e], 1))

    return UNet(), (2, 2, 8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("make", [cnn, residual_block, transformer, lstm, unet])
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_gradients_are_those_of_torch(torch, run, make, dynamic):
    """By the input and by every parameter, to 1e-4 of the largest element."""
    pytest.importorskip("onnxscript", reason="torch.onnx.export needs it")
    torch.manual_seed(0)
    module, shape = make(torch)
    # Statistics of batch norm that are not 0 and 1.
    module.train()(torch.randn(shape))
    module.eval()
    x = torch.randn(shape, requires_grad=True)
    y = module(x)
    weight = torch.randn(y.shape)
    (y * weight).sum().backward()
    expected = {"x": x.grad, **{name: value.grad for name, value in module.named_parameters()}}
    model = with_loss(exported(torch, module, x.detach(), dynamic), weight.numpy())
    feed = {"x": x.detach().numpy(), **{name: value.detach().numpy() for name, value in module.named_parameters()}}
    found = run(declnet.gradient(model, loss="loss", wrt=list(expected)), feed)

    np.testing.assert_allclose((y * weight).sum().item(), found["loss"], rtol=1e-4, atol=1e-4)
    for name, reference in expected.items():
        limit = 1e-4 * float(reference.abs().max())
        np.testing.assert_allclose(reference.numpy(), found[f"{name}_grad"], rtol=1e-4, atol=limit, err_msg=name)


def exported(torch, module, x, dynamic):
    """The ONNX model of *module*, with parameters under their names."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = ({0: torch.export.Dim("batch", min=1, max=64)},) if dynamic else None
        torch.onnx.export(
            module, (x,), buffer, input_names=["x"], dynamo=True, dynamic_shapes=shapes, optimize=False, verbose=False
        )
    return onnx.load_from_string(buffer.getvalue())


def with_loss(model, weight):
    """*model*, with the sum of its output times *weight* as "loss"."""
    output = model.graph.output[0].name
    model.graph.initializer.append(numpy_helper.from_array(weight, "loss_weight"))
    model.graph.node.append(helper.make_node("Mul", [output, "loss_weight"], ["weighted"]))
    model.graph.node.append(helper.make_node("ReduceSum", ["weighted"], ["loss"], keepdims=0))
    model.graph.output.append(helper.make_tensor_value_info("loss", onnx.TensorProto.FLOAT, []))
    return model

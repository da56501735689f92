"""The models of specs/ in PyTorch, each written by hand as its users would write it.

``MODELS`` maps the name of a spec to a function without arguments that makes the module. Where a spec standardizes its
features, ``first`` of the module is fitted on the training split. First values are those that the spec asks for.
"""

from __future__ import annotations

import torch
from torch import nn


class Standardize(nn.Module):
    """Mean 0 and standard deviation 1, as measured on the training split."""

    def fit(self, x: torch.Tensor) -> None:
        self.mean, self.deviation = x.mean(0), x.std(0, correction=0)

    def forward(self, x):
        return (x - self.mean) / self.deviation


class Residual(nn.Module):
    """change(x) + shortcut(x), rectified."""

    def __init__(self, change: nn.Module, shortcut: nn.Module | None = None):
        super().__init__()
        self.change, self.shortcut = change, shortcut or nn.Identity()

    def forward(self, x):
        return torch.relu(self.shortcut(x) + self.change(x))


class UNet(nn.Module):
    """Two stages down, two up, with the finer stages beside the upper ones."""

    def __init__(self, filters: int, classes: int):
        super().__init__()
        f = filters
        self.fine, self.middle, self.coarse = convs(1, f), convs(f, 2 * f), convs(2 * f, 4 * f)
        self.up_middle, self.up_fine = transposed(4 * f, 2 * f), transposed(2 * f, f)
        self.out_middle, self.out_fine = convs(4 * f, 2 * f), convs(2 * f, f)
        self.pool, self.logits = nn.MaxPool2d(2), glorot(nn.Conv2d(f, classes, 1))

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(self.pool(fine))
        coarse = self.coarse(self.pool(middle))
        middle = self.out_middle(torch.cat([middle, self.up_middle(coarse)], 1))
        return self.logits(self.out_fine(torch.cat([fine, self.up_fine(middle)], 1)))


def perceptron():
    return nn.Sequential(Standardize(), zeros(nn.Linear(30, 1)))


def linear_regression():
    return nn.Sequential(Standardize(), zeros(nn.Linear(10, 1)))


def tabular_regression():
    last = glorot(nn.Linear(16, 1))
    nn.init.constant_(last.bias, 150)
    hidden = [glorot(nn.Linear(10, 32)), nn.ReLU(), nn.Dropout(0.2), glorot(nn.Linear(32, 16)), nn.ReLU()]
    return nn.Sequential(Standardize(), *hidden, last)


def tabular_classification():
    first = [glorot(nn.Linear(13, 32, bias=False)), nn.BatchNorm1d(32, eps=1e-3, momentum=0.1), nn.ReLU()]
    return nn.Sequential(Standardize(), *first, glorot(nn.Linear(32, 16)), nn.ReLU(), glorot(nn.Linear(16, 3)))


def softmax_regression():
    return nn.Sequential(nn.Flatten(), zeros(nn.Linear(784, 10)))


def mlp():
    hidden = glorot(nn.Linear(784, 128))
    return nn.Sequential(nn.Flatten(), hidden, nn.ReLU(), nn.Dropout(0.2), glorot(nn.Linear(128, 10)))


def lenet5(dropout=0.0):
    return nn.Sequential(
        *(glorot(nn.Conv2d(1, 6, 5, padding=2)), nn.Tanh(), nn.MaxPool2d(2)),
        *(glorot(nn.Conv2d(6, 16, 5)), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten()),
        *(glorot(nn.Linear(400, 256)), nn.ReLU(), nn.Dropout(dropout)),
        *(glorot(nn.Linear(256, 128)), nn.ReLU(), glorot(nn.Linear(128, 10))),
    )


def alexnet(divisor=4):
    a, b, c, d = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    return nn.Sequential(
        *(he(nn.Conv2d(1, a, 11, 4)), nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)),
        *(he(nn.Conv2d(a, b, 5, padding=2)), nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)),
        *(he(nn.Conv2d(b, c, 3, padding=1)), nn.ReLU(), he(nn.Conv2d(c, c, 3, padding=1)), nn.ReLU()),
        *(he(nn.Conv2d(c, b, 3, padding=1)), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()),
        *(he(nn.Linear(b, d)), nn.ReLU(), nn.Dropout(0.5), he(nn.Linear(d, d)), nn.ReLU(), nn.Dropout(0.5)),
        glorot(nn.Linear(d, 10)),
    )


def vgg_small(filters=8):
    stages = [(1, filters), (filters, 2 * filters), (2 * filters, 4 * filters)]
    return nn.Sequential(
        *(nn.Sequential(convs(before, after), nn.MaxPool2d(2)) for before, after in stages),
        *(nn.Flatten(), glorot(nn.Linear(4 * filters * 9, 128)), nn.ReLU(), nn.Dropout(0.5)),
        glorot(nn.Linear(128, 10)),
    )


def resnet_small(filters=16):
    def change(before, after, stride=1):
        return nn.Sequential(normalized(before, after, 3, stride), nn.ReLU(), normalized(after, after, 3))

    f = filters
    return nn.Sequential(
        *(normalized(1, f, 3, 2), nn.ReLU(), Residual(change(f, f)), Residual(change(f, f))),
        Residual(change(f, 2 * f, 2), normalized(f, 2 * f, 1, 2)),
        *(Residual(change(2 * f, 2 * f)), nn.AdaptiveAvgPool2d(1), nn.Flatten(), glorot(nn.Linear(2 * f, 10))),
    )


def transfer():
    """LeNet-5's convolutions, frozen, under a new head; ``begin`` gives them their weights."""
    features = [nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh()]
    frozen = nn.Sequential(*features).requires_grad_(False)
    head = [glorot(nn.Linear(400, 128)), nn.ReLU(), nn.Dropout(0.3), glorot(nn.Linear(128, 10))]
    return nn.Sequential(frozen, nn.MaxPool2d(2), nn.Flatten(), *head)


def begin(model, weights):
    """Give the convolutions of *model* the weights that a run of declnet has for conv_1, conv_2, ..."""
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    for number, layer in enumerate(convolutions, 1):
        values = {"weight": weights[f"conv_{number}/kernel"], "bias": weights[f"conv_{number}/bias"]}
        layer.load_state_dict({name: torch.tensor(value) for name, value in values.items()})


def autoencoder():
    code = [glorot(nn.Linear(784, 128)), nn.ReLU(), glorot(nn.Linear(128, 32))]
    decoded = [glorot(nn.Linear(32, 128)), nn.ReLU(), glorot(nn.Linear(128, 784))]
    return nn.Sequential(nn.Flatten(), *code, *decoded, nn.Unflatten(1, (1, 28, 28)))


def convs(before, after):
    """Two 3x3 convolutions with relu."""
    first, second = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
    return nn.Sequential(he(first), nn.ReLU(), he(second), nn.ReLU())


def normalized(before, after, size, stride=1):
    """A convolution with batch normalization."""
    conv = he(nn.Conv2d(before, after, size, stride, size // 2, bias=False))
    return nn.Sequential(conv, nn.BatchNorm2d(after, eps=1e-3, momentum=0.1))


def transposed(before, after):
    """A transposed convolution that doubles height and width; PyTorch takes fan_in and fan_out the other way round."""
    layer = nn.ConvTranspose2d(before, after, 2, 2)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    return _without_bias(layer)


def zeros(layer):
    nn.init.zeros_(layer.weight)
    return _without_bias(layer)


def glorot(layer):
    nn.init.xavier_uniform_(layer.weight)
    return _without_bias(layer)


def he(layer):
    nn.init.kaiming_normal_(layer.weight)
    return _without_bias(layer)


def _without_bias(layer):
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


MODELS = {
    "perceptron": perceptron,
    "logistic_regression": perceptron,
    "linear_regression": linear_regression,
    "tabular_regression": tabular_regression,
    "tabular_classification": tabular_classification,
    "softmax_regression": softmax_regression,
    "mlp": mlp,
    "lenet5": lenet5,
    "lenet5_fashion": lambda: lenet5(dropout=0.3),
    "alexnet": alexnet,
    "vgg_small": vgg_small,
    "resnet_small": resnet_small,
    "unet_small": lambda: UNet(8, 11),
    "autoencoder": autoencoder,
    "transfer": transfer,
}

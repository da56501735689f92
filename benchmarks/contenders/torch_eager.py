"""PyTorch as its tutorials write it: modules, autograd, torch.optim.Adam with its defaults."""

import torch


class Contender:
    fused = None

    def __init__(self, problem, threads):
        # Before the first operator, so that all threads have it: declnet and XLA count denormals as zero, too.
        torch.set_flush_denormal(True)
        torch.set_num_threads(threads)
        self.version = f"torch {torch.__version__}"
        self._x, self._y = torch.from_numpy(problem.x), torch.from_numpy(problem.y)
        model = torch.nn.Sequential(*(module for layer in problem.layers for module in _modules(layer)))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=self.fused)
        criterion = torch.nn.CrossEntropyLoss()
        self._forward = self.compiled(lambda x, y: criterion(model(x), y))
        self._update = self.compiled(optimizer.step)
        self._optimizer = optimizer

    def compiled(self, function):
        """Where torch.compile comes in, in the contender that uses it."""
        return function

    def step(self, index):
        rows = torch.from_numpy(index)
        self._optimizer.zero_grad(set_to_none=True)
        self._last = self._forward(self._x[rows], self._y[rows])
        self._last.backward()
        self._update()

    def loss(self):
        return self._last.item()


def _modules(layer):
    """The modules of a layer and of its activation, with the problem's weights."""
    if layer.type == "conv":
        filters, channels = layer.kernel.shape[:2]
        made = torch.nn.Conv2d(channels, filters, layer.size, padding=layer.padding)
        _set(made, layer.kernel, layer.bias)
    elif layer.type == "dense":
        made = torch.nn.Linear(*layer.kernel.shape)
        _set(made, layer.kernel.T, layer.bias)
    else:
        made = torch.nn.MaxPool2d(layer.size) if layer.type == "max_pool" else torch.nn.Flatten()
    activations = {"relu": [torch.nn.ReLU()], "tanh": [torch.nn.Tanh()], "linear": []}
    return [made, *activations[layer.activation]]


def _set(module, kernel, bias):
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(kernel.copy()))
        module.bias.copy_(torch.from_numpy(bias))

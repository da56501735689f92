"""Hold a layer against PyTorch's."""

import numpy as np
import pytest

from declnet.plugins import installed
from declnet.testing import layer_gradients


def drawn(random, shape):
    """Normal numbers of a shape; of ("int64", bound, shape), integers below the bound."""
    if shape and shape[0] == "int64":
        return random.integers(0, shape[1], shape[2])
    return random.standard_normal(shape).astype("float32")


@pytest.fixture
def assert_as_pytorch(torch):
    """Assert that outputs and all gradients of a layer agree to 1e-4 with PyTorch's, of the same weights in float64.

    It takes the layer's type and properties, the shapes of its inputs, and of its weights by name, and what PyTorch
    computes: a function of (torch, torch.nn.functional, inputs, weights).
    """

    def check(layer, properties, shapes, weight_shapes, reference, training=True):
        random = np.random.default_rng(0)
        inputs = [drawn(random, shape) for shape in shapes]
        weights = {key: drawn(random, shape) for key, shape in weight_shapes.items()}
        x = [torch.tensor(array.astype("float64") if array.dtype == "float32" else array) for array in inputs]
        w = {key: torch.tensor(array.astype("float64")) for key, array in weights.items()}
        tensors = {f"input_{k}": value for k, value in enumerate(x) if value.is_floating_point()} | w
        for tensor in tensors.values():
            tensor.requires_grad_()

        expected = reference(torch, torch.nn.functional, x, w)
        dy = random.standard_normal(expected.shape).astype("float32")
        expected.backward(torch.tensor(dy.astype("float64")))
        [y], gradients = layer_gradients(
            installed().components("layer")[layer], properties, inputs, [dy], weights=weights, training=training
        )

        np.testing.assert_allclose(expected.detach().numpy(), y, rtol=1e-4, atol=1e-4)
        assert set(tensors) == set(gradients)
        for key, tensor in tensors.items():
            np.testing.assert_allclose(tensor.grad.numpy(), gradients[key], rtol=1e-4, atol=1e-4, err_msg=key)

    return check

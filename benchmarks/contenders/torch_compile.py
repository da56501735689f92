"""PyTorch with torch.compile over the forward and backward pass, and over the optimizer's step."""

import torch

from contenders import torch_eager


class Contender(torch_eager.Contender):
    def compiled(self, function):
        return torch.compile(function)

"""PyTorch eager with the fused form of Adam, which is off by default."""

from contenders import torch_eager


class Contender(torch_eager.Contender):
    fused = True

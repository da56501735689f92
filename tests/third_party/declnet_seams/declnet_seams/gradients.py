"""The gradient of Tanh in two forms: by a kernel where the runtime has it, else by arithmetic."""

from declnet import gradient_rule
from declnet_seams.runtime import DOMAIN


@gradient_rule("Tanh", needs={DOMAIN})
def tanh_by_kernel(node, dy):
    y = node.output
    return (node.graph.op("TanhGrad", dy, y, domain=DOMAIN, types=[(y.dtype, y.shape)]),)


@gradient_rule("Tanh")
def tanh(node, dy):
    y = node.output
    return (dy - dy * y * y,)

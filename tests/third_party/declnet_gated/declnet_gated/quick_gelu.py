"""The quick Gelu: one operator of onnxruntime's own domain, for which the plugin brings the gradient."""

from declnet import activation, gradient_rule


@activation("quick_gelu.schema.json")
def quick_gelu(net, x, *, alpha):
    """x * sigmoid(alpha * x), a cheap neighbour of Gelu.

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016; com.microsoft QuickGelu.
    """
    return net.op("QuickGelu", x, domain="com.microsoft", types=[(x.dtype, x.shape)], alpha=alpha)


@gradient_rule("QuickGelu", domain="com.microsoft")
def quick_gelu_gradient(node, dy):
    (x,), alpha = node.inputs, node.attribute("alpha", 1.702)
    gate = node.graph.Sigmoid(x * alpha)
    return (dy * (gate + x * alpha * gate * (1.0 - gate)),)

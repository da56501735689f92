"""Batch normalization."""

from declnet import Net, Value, layer


@layer("batch_norm.schema.json")
def batch_norm(net: Net, x: Value, *, momentum: float, epsilon: float, center: bool, scale: bool) -> Value:
    """Normalize each channel by the mean and variance of the batch: (N, channels, ...) to the same shape.

    Ioffe and Szegedy 2015; ONNX BatchNormalization. Training uses the statistics of the batch and keeps running
    ones, of the population variance as in Keras (PyTorch keeps the unbiased one); inference uses those.
    """
    channels = x.shape[1] if len(x.shape) > 1 else None
    if not isinstance(channels, int):
        raise net.error(
            "batch_norm needs an axis of channels, of known size, after the batch",
            code="DN1401",
            allowed="(N, channels), (N, channels, length), (N, channels, height, width), ...",
        )
    gain = net.weight("scale", [channels]) if scale else [1.0] * channels
    offset = net.weight("bias", [channels]) if center else [0.0] * channels
    mean = net.state("mean", [channels], 0.0)
    variance = net.state("variance", [channels], 1.0)
    if not net.training:
        return net.BatchNormalization(x, gain, offset, mean, variance, epsilon=epsilon)
    # With a momentum of 0 the last two outputs are the mean and variance of the batch alone. ONNX Runtime writes them
    # over the operator's last two inputs, whoever else reads those: it gets values that nobody else reads.
    y, batch_mean, batch_variance = net.BatchNormalization(
        x, gain, offset, -mean, -variance, epsilon=epsilon, momentum=0.0, training_mode=1, outputs=3
    )
    net.update("mean", momentum * mean + (1 - momentum) * batch_mean)
    net.update("variance", momentum * variance + (1 - momentum) * batch_variance)
    return y

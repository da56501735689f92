"""A loss that is a layer's own result."""

from declnet import LossNet, Value, loss


@loss("minimize.schema.json", target=False)
def minimize(net: LossNet, prediction: Value) -> Value:
    """The values themselves (N, ...), without a target: training makes their mean small.

    For what a layer computes and a model is to keep small, such as the divergence of a variational autoencoder:
    {"type": "minimize", "from": "sampling_1.divergence", "weight": 0.001}. Where the reconstruction is a mean over
    outputs, as mean_squared_error is, the evidence lower bound (beta-VAE: Higgins et al., 2017) has the weight
    beta / number of outputs.
    """
    return prediction

"""The Kullback-Leibler divergence of Gaussians."""

from declnet import Net, Value, layer
from declnet_vae.shapes import check_same


@layer("kl_gaussian.schema.json")
def kl_gaussian(net: Net, mean: Value, log_variance: Value, *prior: Value) -> Value:
    """The divergence KL(q || p) of diagonal Gaussians, in nats: two or four inputs (N, ...) to (N,), one for each row.

    q has the mean and the logarithm of the variance of the first two inputs, p those of the other two; without them p
    is the unit Gaussian. The sum over all axes but the first of (log v_p - log v_q + (v_q + (m_q - m_p)²) / v_p
    - 1) / 2 (Kingma and Welling, 2014, appendix B).
    """
    if len(prior) not in (0, 2):
        raise net.error("a prior is a mean and a logarithm of the variance", property="inputs", allowed="2 or 4 inputs")
    check_same(net, mean, log_variance, *prior)
    if prior:
        prior_mean, prior_log_variance = prior
        difference = mean - prior_mean
        log_ratio = log_variance - prior_log_variance
        terms = net.Exp(log_ratio) + difference * difference * net.Exp(-prior_log_variance) - log_ratio - 1.0
    else:
        terms = net.Exp(log_variance) + mean * mean - log_variance - 1.0
    return net.ReduceSum(terms, list(range(1, len(mean.shape))), keepdims=0) * 0.5

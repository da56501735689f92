"""What the blocks of a transformer share: residual connections around normalised parts."""


class Residual:
    """Parts with a residual connection and layer normalization, each before its part or after the sum.

    ``residual(x, "attention", part)`` is x + dropout(part(norm(x))) with *norm_first*, norm(x + dropout(part(x)))
    without; the normalization is named ``attention_norm``. *kernel* holds what is chosen for the kernels of all dense
    layers.
    """

    def __init__(self, net, *, norm_first, epsilon, dropout, kernel):
        self._net = net
        self._norm_first = norm_first
        self._epsilon = epsilon
        self._dropout = dropout
        self._kernel = kernel

    def __call__(self, x, name, part):
        entering = self._norm(x, name) if self._norm_first else x
        total = x + self._net.layer("dropout", part(entering), rate=self._dropout)
        return total if self._norm_first else self._norm(total, name)

    def feed_forward(self, x, units, activation):
        """Two dense layers: to *units* and back, with an activation and dropout between them."""

        def part(x):
            hidden = self._net.layer("dense", x, name="hidden", units=units, activation=activation, **self._kernel)
            hidden = self._net.layer("dropout", hidden, rate=self._dropout)
            return self._net.layer("dense", hidden, name="output", units=x.shape[-1], **self._kernel)

        return self(x, "output", part)

    def _norm(self, x, name):
        return self._net.layer("layer_norm", x, name=f"{name}_norm", epsilon=self._epsilon)

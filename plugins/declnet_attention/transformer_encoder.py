"""A block of a transformer's encoder, or of a decoder-only transformer."""

from declnet import Choice, Net, Value, layer
from declnet_attention.blocks import Residual


@layer("transformer_encoder.schema.json")
def transformer_encoder(
    net: Net, x: Value, *mask: Value, heads: int, kv_heads: int | None, units: int, activation: Choice, causal: bool,
    rotary: bool, norm_first: bool, epsilon: float, dropout: float,
) -> dict[str, Value]:  # fmt: skip
    """Self-attention and two dense layers, each with a residual connection: (N, steps, features) to the same shape.

    The encoder block of Vaswani et al. (2017); with "norm_first" as in Xiong et al. (2020); with "causal" the block of
    a GPT. Of multi_head_attention "attention" and dense "hidden" and "output", with layer_norm. A second input is a
    mask of integers, as multi_head_attention takes it: lengths (N,), or 1 for what counts, (N, steps) or (N, steps,
    steps). The second result, `weights`, is that of the attention, (N, heads, steps, steps).
    """
    kernel = net.chosen("kernel")
    residual = Residual(net, norm_first=norm_first, epsilon=epsilon, dropout=dropout, kernel=kernel)
    made = {}

    def attention(x: Value) -> Value:
        made.update(
            net.layer(
                "multi_head_attention", x, *mask, name="attention",
                heads=heads, kv_heads=kv_heads, causal=causal, rotary=rotary, dropout=dropout, **kernel,
            )
        )  # fmt: skip
        return made["output"]

    x = residual(x, "attention", attention)
    return {"output": residual.feed_forward(x, units, activation), "weights": made["weights"]}

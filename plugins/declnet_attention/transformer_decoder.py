"""A block of a transformer's decoder."""

from declnet import Choice, Net, Value, layer
from declnet_attention.blocks import Residual


@layer("transformer_decoder.schema.json")
def transformer_decoder(
    net: Net, x: Value, memory: Value, *mask: Value, heads: int, kv_heads: int | None, units: int, activation: Choice,
    causal: bool, rotary: bool, norm_first: bool, epsilon: float, dropout: float,
) -> dict[str, Value]:  # fmt: skip
    """Self-attention, attention to a memory, and two dense layers: (N, steps, features) to the same shape.

    The decoder block of Vaswani et al. (2017). Of multi_head_attention "attention" and "memory_attention" and dense
    "hidden" and "output", each with a residual connection and layer_norm. Inputs: the sequence; the memory (N, keys,
    m), mostly the result of an encoder; and a mask of integers for the memory, as multi_head_attention takes it. The
    second result, `weights`, is that of the attention to the memory, (N, heads, steps, keys).
    """
    kernel = net.chosen("kernel")
    residual = Residual(net, norm_first=norm_first, epsilon=epsilon, dropout=dropout, kernel=kernel)
    how = {"heads": heads, "kv_heads": kv_heads, "dropout": dropout, **kernel}
    made = {}

    def attention(x: Value) -> Value:
        own = net.layer("multi_head_attention", x, name="attention", causal=causal, rotary=rotary, **how)
        return own["output"]

    def memory_attention(x: Value) -> Value:
        made.update(net.layer("multi_head_attention", x, memory, *mask, name="memory_attention", **how))
        return made["output"]

    x = residual(x, "attention", attention)
    x = residual(x, "memory_attention", memory_attention)
    return {"output": residual.feed_forward(x, units, activation), "weights": made["weights"]}

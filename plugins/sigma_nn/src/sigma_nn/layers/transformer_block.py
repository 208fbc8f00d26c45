"""TransformerBlock: attention and a feed-forward network around residuals (Vaswani et al. 2017, section 3.1)."""

from attrs import field, frozen

from sigma_core.extend import Activation, Block, Link, component
from sigma_nn._settings import integer, number
from sigma_nn.layers.add import Add
from sigma_nn.layers.dense import Dense
from sigma_nn.layers.dropout import Dropout
from sigma_nn.layers.layer_norm import LayerNorm
from sigma_nn.layers.multi_head_attention import MultiHeadAttention


@frozen
class TransformerBlock(Block):
    """Let each step of a sequence look at the others, then think by itself; both are added to what came in.

        x = x + dropout(attention(norm(x)))
        x = x + dropout(dense(dropout(activation(dense(norm(x))))))

    Takes and gives (batch, time, size). The dense layer between has `hidden` units, 4 * size if nothing is said. With
    `norm_first` false what is normalised is each sum, `norm(x + ...)`, as in the paper; normalised first, deep stacks
    learn without a warm-up (Xiong et al. 2020). With `causal` a step looks at none that comes later. A mask,
    (batch, time), as a second input or as the section `mask`, is true where a step may be looked at.
    """

    size: int = integer(at_least=1)
    heads: int = integer(at_least=1)
    hidden: int | None = integer(default=None, at_least=1)
    activation: Activation | str = component("activations", "gelu")
    rate: float = number(default=0.1, at_least=0, below=1)
    causal: bool = False
    norm_first: bool = True
    mask: str | None = field(default=None, kw_only=True)
    """The section of the data that holds the mask; None where the network hands one on, or where all steps count."""

    def connect(self, inputs: Link, mask: Link | None = None) -> Link:
        """(batch, time, size) of the same shape."""
        attention = MultiHeadAttention(self.heads, self.size, self.causal, self.rate, mask=self.mask)
        hidden = 4 * self.size if self.hidden is None else self.hidden

        def look(x: Link) -> Link:
            return Dropout(self.rate)(attention(x) if mask is None else attention(x, mask))

        def think(x: Link) -> Link:
            return Dropout(self.rate)(Dense(self.size)(Dropout(self.rate)(Dense(hidden, self.activation)(x))))

        x = inputs
        for part in (look, think):
            norm = LayerNorm()
            x = Add()(x, part(norm(x))) if self.norm_first else norm(Add()(x, part(x)))
        return x

"""Row LSTM over pixels (van den Oord 2016): exact likelihood of a picture, one pixel after another.

A row is computed at once: its gates come from a masked convolution over what is above and left of each pixel
(input-to-state) and from the row above's hidden state (state-to-state, 1x3). Their input-to-state convolution
is 1x3; here it looks one row up as well, which fills the gap beside the row LSTM's triangular context.
Serves binary pixels (2 levels) and grids of codes (``levels`` codes) alike.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CausalConv(nn.Module):
    """A convolution that sees only what comes before a pixel in reading order.

    ``sees_itself`` False is their mask A (first layer), True their mask B.
    """

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, reach: int, rows: int, *, sees_itself: bool) -> None:
        super().__init__()
        self.reach, self.rows = reach, rows
        self.conv = nn.Conv2d(inputs, outputs, (rows + 1, 2 * reach + 1))
        mask = torch.ones(rows + 1, 2 * reach + 1)
        mask[-1, reach + int(sees_itself) :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h, w)."""
        return self.valid(F.pad(x, (self.reach, self.reach, self.rows, 0)))

    def valid(self, window: Tensor) -> Tensor:
        """Without padding: a window (n, inputs, rows + 1, 2 reach + 1) gives the one pixel below its middle."""
        return F.conv2d(window, self.conv.weight * self.mask, self.conv.bias)


class RowLstm(nn.Module):
    """One recurrent layer: (n, width, h, w) to hidden states (n, hidden, h, w), from the top row down."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.input_to_state = CausalConv(width, 4 * hidden, 1, 1, sees_itself=True)
        self.state_to_state = nn.Linear(3 * hidden, 4 * hidden, bias=False)
        nn.init.normal_(self.state_to_state.weight, std=0.5 / (3 * hidden) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        # channels last: a row of a batch is then one matrix
        gates = self.input_to_state(x).permute(0, 2, 3, 1)
        n, _, columns, _ = gates.shape
        state = gates.new_zeros(n, columns, self.hidden)
        cell = torch.zeros(n, columns, self.hidden, dtype=torch.float32, device=x.device)
        states: list[Tensor] = []
        for row in gates.unbind(1):
            state, cell = self.step(row + self.from_above(state), cell)
            states.append(state)
        return torch.stack(states, 1).permute(0, 3, 1, 2)

    def from_above(self, state: Tensor) -> Tensor:
        """What the row above (n, w, hidden) adds to the gates of this row, (n, w, 4 hidden)."""
        padded = F.pad(state, (0, 0, 1, 1))
        return self.state_to_state(torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], dim=-1))

    def step(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """One LSTM step (their eq. 3): gates (..., 4 hidden) and cell (..., hidden) to state and cell."""
        h = self.hidden
        enter, keep, leave = gates[..., : 3 * h].sigmoid().split(h, dim=-1)
        cell = keep * cell + enter * gates[..., 3 * h :].tanh()
        return leave * cell.to(gates.dtype).tanh(), cell


class PixelRnn(nn.Module):
    """p(x) = product over pixels of p(x_i | x_1 .. x_i-1); pixels are integers (n, h, w) from 0 to levels - 1.

    ``classes`` 0 makes it unconditional; else y (n,) chooses a class.
    """

    def __init__(
        self,
        *,
        height: int = 28,
        columns: int = 28,
        levels: int = 2,
        hidden: int = 64,
        layers: int = 2,
        embedding: int = 16,
        classes: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.height, self.columns, self.levels, self.classes = height, columns, levels, classes
        width = 2 * hidden
        self.embed = nn.Embedding(levels, embedding)
        self.first = CausalConv(embedding, width, 3, 3, sees_itself=False)
        self.by_class = nn.Embedding(max(classes, 1), width)
        nn.init.zeros_(self.by_class.weight)
        self.layers = nn.ModuleList(RowLstm(width, hidden) for _ in range(layers))
        self.back = nn.ModuleList(nn.Conv2d(hidden, width, 1) for _ in range(layers))
        self.drop = nn.Dropout2d(dropout)
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, levels, 1))

    def logits(self, pixels: Tensor, y: Tensor | None = None) -> Tensor:
        """(n, levels, h, w): at each pixel, from the pixels before it alone."""
        x = self.embed(pixels).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        x = self.first(x) + self.class_bias(y, len(pixels))
        for layer, back in zip(self.layers, self.back, strict=True):
            x = x + self.drop(back(layer(x)))
        return self.head(x).float()

    def log_likelihood(self, pixels: Tensor, y: Tensor | None = None) -> Tensor:
        """log p(x), exact, (n,) in nats."""
        each = F.cross_entropy(self.logits(pixels, y), pixels, reduction="none")
        return -each.flatten(1).sum(1)

    def class_bias(self, y: Tensor | None, n: int) -> Tensor:
        """What the class adds to the first layer, (n, width, 1, 1). Without classes a learned constant."""
        if self.classes and y is None:
            bias = self.by_class.weight.mean(0, keepdim=True).expand(n, -1)
        else:
            chosen = torch.zeros(n, dtype=torch.long, device=self.embed.weight.device) if y is None else y
            bias = self.by_class(chosen)
        return bias[:, :, None, None]

    def forward(self, pixels: Tensor, y: Tensor | None = None) -> Tensor:
        return self.logits(pixels, y)

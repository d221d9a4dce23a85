"""Drawing pictures from a ``PixelRnn`` pixel by pixel, at the cost of one picture, not one a pixel.

Every layer keeps what it has computed for the rows before; a new pixel then needs only the windows around it.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from genrepair_desktop.networks.pixel_rnn import CausalConv, PixelRnn, RowLstm

Watch = Callable[[float], None]


class _Window:
    """The inputs of one causal convolution, filled as pixels become known."""

    def __init__(self, conv: CausalConv, n: int, inputs: int, height: int, columns: int, like: Tensor) -> None:
        self._conv = conv
        self._kernel = conv.conv.weight * conv.mask
        self._buffer = like.new_zeros(n, inputs, height + conv.rows, columns + 2 * conv.reach)

    def put(self, row: int, column: int, value: Tensor) -> None:
        self._buffer[:, :, row + self._conv.rows, column + self._conv.reach] = value

    def at(self, row: int, column: int) -> Tensor:
        """The convolution at one pixel, (n, outputs)."""
        conv = self._conv
        window = self._buffer[:, :, row : row + conv.rows + 1, column : column + 2 * conv.reach + 1]
        return F.linear(window.flatten(1), self._kernel.flatten(1), conv.conv.bias)


class _Layer:
    """One row LSTM with its window, and the states of the row above and of this one."""

    def __init__(self, layer: RowLstm, window: _Window, n: int, columns: int, like: Tensor) -> None:
        self._layer, self._window = layer, window
        self._state = like.new_zeros(n, columns, layer.hidden)
        self._cell = like.new_zeros(n, columns, layer.hidden)
        self._above = layer.from_above(self._state)
        self._cell_above = self._cell.clone()

    def start_row(self) -> None:
        self._above = self._layer.from_above(self._state)
        self._cell_above = self._cell.clone()

    def put(self, row: int, column: int, x: Tensor) -> Tensor:
        """The layer's state at a pixel whose input is x."""
        self._window.put(row, column, x)
        gates = self._window.at(row, column) + self._above[:, column]
        state, self._cell[:, column] = self._layer.step(gates, self._cell_above[:, column])
        self._state[:, column] = state
        return state


class PixelCursor:
    """Walks a batch of pictures in reading order: ``logits`` of the next pixel, then ``put`` its value."""

    def __init__(self, net: PixelRnn, n: int, y: Tensor | None = None) -> None:
        self._net, like = net, net.embed.weight
        shape = (net.height, net.columns, like)
        self._first = _Window(net.first, n, like.shape[1], *shape)
        width = net.first.conv.out_channels
        self._layers = [
            _Layer(layer, _Window(layer.input_to_state, n, width, *shape), n, net.columns, like)
            for layer in net.layers
            if isinstance(layer, RowLstm)
        ]
        self._bias = net.class_bias(y, n)[:, :, 0, 0]

    def start_row(self) -> None:
        for layer in self._layers:
            layer.start_row()

    def logits(self, row: int, column: int) -> Tensor:
        """(n, levels) for this pixel, given all that were put before it."""
        x = self._first.at(row, column) + self._bias
        for layer, back in zip(self._layers, self._net.back, strict=True):
            x = x + back(layer.put(row, column, x)[:, :, None, None])[:, :, 0, 0]
        return self._net.head(x[:, :, None, None])[:, :, 0, 0]

    def put(self, row: int, column: int, values: Tensor) -> None:
        """Fix this pixel to values (n,)."""
        self._first.put(row, column, self._net.embed(values))


@torch.no_grad()
def draw(
    net: PixelRnn,
    n: int,
    generator: torch.Generator,
    *,
    y: Tensor | None = None,
    known: Tensor | None = None,
    free: Tensor | None = None,
    temperature: float = 1.0,
    watch: Watch = lambda fraction: None,
) -> tuple[Tensor, Tensor]:
    """``n`` pictures (n, h, w) of integers, and the log probability (n,) of what was drawn.

    ``known`` (n, h, w) or (h, w) with ``free`` (h, w) completes a picture: only pixels where ``free`` is True
    are drawn, the others are given. A drawn pixel knows what is above and left of it, never what is below.
    ``temperature`` under 1 prefers likely values. ``watch`` is told the share done after each row.
    """
    device = net.embed.weight.device
    pictures = torch.zeros(n, net.height, net.columns, dtype=torch.long, device=device)
    if known is not None:
        pictures.copy_(known)
    to_draw = torch.ones(net.height, net.columns, dtype=torch.bool) if free is None else free.cpu()
    cursor, total = PixelCursor(net, n, y), torch.zeros(n, device=device)
    for row in range(net.height):
        cursor.start_row()
        for column in range(net.columns):
            logits = cursor.logits(row, column).float()
            if to_draw[row, column]:
                odds = torch.softmax(logits / temperature, dim=1)
                values = torch.multinomial(odds, 1, generator=generator)
                pictures[:, row, column] = values[:, 0]
                total += torch.log_softmax(logits, dim=1).gather(1, values)[:, 0]
            cursor.put(row, column, pictures[:, row, column])
        watch((row + 1) / net.height)
    return pictures, total

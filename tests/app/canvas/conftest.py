"""Fixtures of the canvas's tests."""

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.arrays import Pixels
from tests.app.canvas.bench import Bench, photo


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[Callable[[Pixels], Bench]]:
    """A function that opens pixels in a canvas of 400 x 300; no ring or ants in the way of exact colours."""
    made: list[CanvasWidget] = []

    def make(pixels: Pixels) -> Bench:
        document = Document(pixels)
        history = History(document)
        canvas = CanvasWidget()
        made.append(canvas)
        qtbot.addWidget(canvas)
        canvas.resize(400, 300)
        with qtbot.waitExposed(canvas):
            canvas.show()
        canvas.set_marching(False)
        canvas.set_document(document, history)
        return Bench(canvas, document, history, qtbot)

    yield make
    for canvas in made:
        canvas.set_document(None, None)


@pytest.fixture
def bench(make_bench: Callable[[Pixels], Bench]) -> Bench:
    return make_bench(photo())

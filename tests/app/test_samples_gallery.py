"""The gallery: rows, selection, and ten thousand pictures of which only those in sight are looked at."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.gallery_model import GalleryModel
from genrepair_desktop.app.browser.gallery_view import GalleryView
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Kind, Shelf
from genrepair_desktop.app.browser.thumbnails import ThumbnailMaker
from genrepair_desktop.app.theme import Theme

WAIT = 20_000
CELL = 104


def entries(count: int, kind: Kind = "generated") -> list[Entry]:
    pictures = np.random.default_rng(0).random((16, 8, 8, 3), dtype=np.float32)
    return [Entry(NO_KEY, kind, "tiny", pictures[i % 16], None, f"no. {i}", 1, i) for i in range(count)]


@pytest.fixture
def shelf(qtbot: QtBot) -> Shelf:
    return Shelf()


@pytest.fixture
def view(shelf: Shelf, qtbot: QtBot, dark: Theme) -> Iterator[GalleryView]:
    """Five columns and a little over three rows in sight."""
    maker = ThumbnailMaker()
    made = GalleryView(shelf, GalleryModel(shelf), maker, dark)
    made.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.resize(5 * CELL + 10, 3 * CELL + 50)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    maker.shut_down()


def click(view: GalleryView, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    place = view.visualRect(view.model().index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_the_model_keeps_qts_contract_through_all_changes(shelf: Shelf) -> None:
    model = GalleryModel(shelf)
    # fails the test by a warning when a row is told wrongly
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    keys = shelf.add(entries(100))
    shelf.add(entries(3, "real"))
    assert model.rowCount() == 100, "real pictures belong to the map"
    shelf.star(keys[:5], True)
    shelf.remove([keys[3], keys[50]])
    shelf.remove(keys[60:])
    assert [model.row(key) for key in (keys[0], keys[4], keys[3])] == [0, 3, None]
    model.set_filter("starred")
    assert model.keys() == (keys[0], keys[1], keys[2], keys[4])
    shelf.star([keys[1]], False)
    shelf.star([keys[10]], True)
    assert model.keys() == (keys[0], keys[2], keys[4], keys[10])
    shelf.add(entries(2, "mine"))
    model.set_filter("mine")
    assert model.rowCount() == 2
    tester.deleteLater()


def test_ten_thousand_pictures_take_only_the_thumbnails_in_sight(
    shelf: Shelf, view: GalleryView, qtbot: QtBot
) -> None:
    asked: set[int] = set()
    get = view.delegate._maker.get

    def counted(key: int, size: int, picture: np.ndarray) -> object:
        asked.add(key)
        return get(key, size, picture)

    view.delegate._maker.get = counted  # type: ignore[method-assign]
    keys = shelf.add(entries(10_000))
    view.repaint()
    assert len(asked) <= 5 * 5
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.repaint()
    assert keys[-1] in asked
    assert len(asked) <= 2 * 5 * 5
    assert view.visualRect(view.model().index(9_999, 0)).bottom() < view.viewport().height()


def test_thumbnails_come_from_another_thread_and_are_then_painted(
    shelf: Shelf, view: GalleryView, qtbot: QtBot
) -> None:
    shelf.add([Entry(NO_KEY, "generated", "tiny", np.ones((8, 8, 3), np.float32), None, "white")])

    def is_white() -> bool:
        return view.grab().toImage().pixelColor(CELL // 2, CELL // 2).lightness() > 240

    qtbot.waitUntil(is_white, timeout=WAIT)


def test_clicks_choose_in_their_order_and_shift_chooses_a_row_of_them(shelf: Shelf, view: GalleryView) -> None:
    keys = shelf.add(entries(30))
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    click(view, 7)
    click(view, 2, control)
    click(view, 11, control)
    assert shelf.selected == (keys[7], keys[2], keys[11])
    click(view, 2, control)
    assert shelf.selected == (keys[7], keys[11])
    click(view, 3)
    click(view, 12, shift)
    assert set(shelf.selected) == set(keys[3:13]), "everything from one to the other, not a rectangle"


def test_dragging_selects_what_the_rectangle_touches(shelf: Shelf, view: GalleryView) -> None:
    keys = shelf.add(entries(30))
    viewport = view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(CELL + 10, 10))
    QTest.mouseMove(viewport, QPoint(2 * CELL + 10, CELL + 10))
    QTest.mouseMove(viewport, QPoint(2 * CELL + 20, CELL + 20))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(2 * CELL + 20, CELL + 20))
    assert set(shelf.selected) == {keys[1], keys[2], keys[6], keys[7]}


def test_arrow_keys_walk_the_grid_and_enter_opens(shelf: Shelf, view: GalleryView, qtbot: QtBot) -> None:
    keys = shelf.add(entries(30))
    click(view, 0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    assert shelf.selected == (keys[11],)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert shelf.selected == (keys[29],)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    with qtbot.waitSignal(view.opened, check_params_cb=lambda key: key == keys[29]):
        QTest.keyClick(view, Qt.Key.Key_Return)


def test_the_selection_follows_the_shelf_and_all_can_be_chosen_at_once(shelf: Shelf, view: GalleryView) -> None:
    keys = shelf.add(entries(10_000))
    shelf.select([keys[5], keys[3]])
    assert {index.row() for index in view.selectionModel().selectedIndexes()} == {3, 5}
    view.selectAll()
    assert len(shelf.selected) == 10_000
    assert shelf.selected[:2] == (keys[5], keys[3]), "what was chosen first stays first"
    shelf.remove(keys[:9_000])
    assert len(shelf.selected) == 1_000


def test_the_pointer_tells_the_shelf_what_it_is_over(shelf: Shelf, view: GalleryView, qtbot: QtBot) -> None:
    keys = shelf.add(entries(3))
    with qtbot.waitSignal(shelf.hovered, check_params_cb=lambda key: key == keys[1]):
        QTest.mouseMove(view.viewport(), QPoint(CELL + 20, 20))
    with qtbot.waitSignal(shelf.hovered, check_params_cb=lambda key: key is None):
        QTest.mouseMove(view.viewport(), QPoint(4 * CELL, 20))


def test_larger_pictures_keep_the_place_in_the_gallery(shelf: Shelf, view: GalleryView) -> None:
    shelf.add(entries(1000))
    view.scrollTo(view.model().index(500, 0), GalleryView.ScrollHint.PositionAtCenter)
    first = view.indexAt(QPoint(5, 5)).row()
    view.set_side(160)
    assert abs(view.indexAt(QPoint(5, 5)).row() - first) <= view.columns * 2

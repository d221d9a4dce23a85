"""The latent map as the user sees and touches it: points, pictures at places, lasso, legend, keys."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.map_marks import MARKS
from genrepair_desktop.app.browser.map_panel import MapPanel
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Kind, Shelf
from genrepair_desktop.app.canvas.qimage import from_qimage
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.theme import load_theme
from tests.app.test_map_session import GAN, VAE, TinyModels, made, photos, settle

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def models() -> Any:
    return TinyModels()


@pytest.fixture
def shelf(qtbot: QtBot) -> Shelf:
    return Shelf()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures count as settled sooner: a test adds all of them at once."""
    monkeypatch.setattr("genrepair_desktop.app.browser.map_session._SETTLE_MS", 50)


@pytest.fixture
def panel(shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot) -> Iterator[MapPanel]:
    made_panel = MapPanel(shelf, desk, models, load_theme("dark"))
    qtbot.addWidget(made_panel)
    made_panel.resize(640, 700)
    made_panel.show()
    yield made_panel
    made_panel.shut_down()


@pytest.fixture
def mapped(panel: MapPanel, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot) -> MapPanel:
    """Forty samples and six photos on a map that is drawn."""
    shelf.add([*made(models, VAE, 40), *photos(6)])
    settle(panel.session, desk, qtbot)
    panel.view.show_thumbnails(False)
    return panel


def pixel_of(panel: MapPanel, key: int) -> QPoint:
    table = panel.session.table
    x, y = panel.view.frame.to_pixels(table.points[table.rows_of((key,))])[0]
    return QPoint(round(float(x)), round(float(y)))


def empty_pixel(panel: MapPanel) -> QPoint:
    """A place of the map's view far from all points."""
    view, points = panel.view, panel.session.table.points
    for y in range(20, view.height() - 20, 7):
        for x in range(20, view.width() - 20, 7):
            if view.frame.nearest(points, x, y, 30) is None:
                return QPoint(x, y)
    raise AssertionError("points everywhere")


def drag(panel: MapPanel, start: QPoint, end: QPoint, qtbot: QtBot, modifier: Qt.KeyboardModifier = NONE) -> None:
    overlay = panel.view.overlay
    qtbot.mousePress(overlay, LEFT, modifier, start)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(overlay, start + (end - start) * share)
    qtbot.mouseRelease(overlay, LEFT, modifier, end)


def test_before_there_is_a_map_the_panel_says_what_will_come(panel: MapPanel) -> None:
    assert "Sample some pictures" in panel.empty.text()
    assert panel.empty.isVisible()
    assert not panel.bar.fit_button.isEnabled()


def test_points_are_drawn_in_the_colours_of_their_kinds(mapped: MapPanel) -> None:
    seen = _count(mapped, "generated"), _count(mapped, "real")
    assert min(seen) > 30
    mapped.legend.buttons["generated"].click()
    assert _count(mapped, "generated") == 0, "hidden by its legend"
    assert _count(mapped, "real") >= seen[1], "nothing lies above them any more"


@pytest.mark.parametrize("size", [(640, 700), (411, 903), (900, 500)])
def test_a_point_is_drawn_where_it_can_be_clicked(mapped: MapPanel, size: tuple[int, int]) -> None:
    mapped.resize(*size)
    mapped.view.show_all()
    shown = from_qimage(mapped.view.grab().toImage())[..., :3].astype(int)
    table, frame = mapped.session.table, mapped.view.frame
    assert (frame.width, frame.height) == (mapped.view.width(), mapped.view.height())
    at = frame.to_pixels(table.points)
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + np.eye(len(at)) * 99
    alone = [row for row in table.of_kind("generated") if apart[row].min() > 20]
    assert len(alone) > 3
    wanted = MARKS["generated"].colour(load_theme("dark")).getRgb()[:3]
    for x, y in np.rint(at[alone]).astype(int):
        assert np.abs(shown[y, x] - wanted).max() < 25


def _count(panel: MapPanel, kind: Kind) -> int:
    """How many pixels of the map have the colour of this kind."""
    wanted = MARKS[kind].colour(load_theme("dark"))
    shown = from_qimage(panel.view.grab().toImage())[..., :3].astype(int)
    return int((np.abs(shown - wanted.getRgb()[:3]).max(axis=2) < 12).sum())


def test_a_click_on_a_point_selects_its_entry_and_ctrl_adds_in_order(mapped: MapPanel, qtbot: QtBot) -> None:
    first, second = mapped.session.table.keys[3], mapped.session.table.keys[9]
    overlay, shelf = mapped.view.overlay, mapped.session.shelf
    qtbot.mouseClick(overlay, LEFT, NONE, pixel_of(mapped, first))
    assert shelf.selected == (first,)
    qtbot.mouseClick(overlay, LEFT, Qt.KeyboardModifier.ControlModifier, pixel_of(mapped, second))
    assert shelf.selected == (first, second)
    overlay.repaint()
    assert overlay.drawn.is_path, "the order of the selection is a path"
    assert len(overlay.drawn.chosen) == 2
    qtbot.mouseClick(overlay, LEFT, Qt.KeyboardModifier.ControlModifier, pixel_of(mapped, first))
    assert shelf.selected == (second,)


def test_what_the_gallery_selects_and_hovers_is_shown_on_the_map(mapped: MapPanel) -> None:
    key = mapped.session.table.keys[5]
    mapped.session.shelf.select([key])
    mapped.session.shelf.hover(key)
    mapped.view.overlay.repaint()
    drawn = mapped.view.overlay.drawn
    assert len(drawn.chosen) == 1
    assert drawn.hover is not None
    assert len(drawn.links) == 8, "to the neighbours by features"
    assert "generated" in mapped.strip.words.text().lower()
    assert not mapped.strip.near_title.isHidden()


def test_hovering_a_point_shows_its_picture_and_tells_the_gallery(mapped: MapPanel, qtbot: QtBot) -> None:
    key = mapped.session.table.keys[2]
    with qtbot.waitSignal(mapped.session.shelf.hovered):
        qtbot.mouseMove(mapped.view.overlay, pixel_of(mapped, key))
    mapped.view.overlay.repaint()
    card = mapped.view.overlay.drawn.card
    assert card is not None
    assert not card.picture.isNull()


def test_a_drag_makes_pictures_and_letting_go_hands_the_latent_over(
    mapped: MapPanel, models: Any, qtbot: QtBot
) -> None:
    shown: list[bool] = []
    mapped.probe.changed.connect(lambda: shown.append(mapped.probe.shown is not None))
    start = empty_pixel(mapped)
    with qtbot.waitSignal(mapped.picture_wanted, timeout=30_000) as wanted:
        drag(mapped, start, start + QPoint(60, 40), qtbot)
    latent = wanted.args[0]
    assert mapped.picture_model == VAE
    assert latent.shape == (models.open(VAE).latent_dim,)
    assert any(shown)
    probed = mapped.probe.shown
    assert probed is not None
    assert probed.is_final
    assert np.array_equal(probed.picture, models.open(VAE).decode(latent[None])[0]), "the full picture, to the byte"
    assert len(probed.neighbours) == 8
    assert mapped.strip.keep_button.isHidden(), "it is kept already"


def test_what_was_kept_stays_kept_and_gives_way_to_what_is_selected_next(
    mapped: MapPanel, desk: JobDesk, qtbot: QtBot
) -> None:
    probe, session, shelf = mapped.probe, mapped.session, mapped.session.shelf
    place = session.table.points[3] + 0.01
    with qtbot.waitSignal(probe.settled, timeout=60_000) as caught:
        probe.settle((float(place[0]), float(place[1])))
    assert mapped.strip.keep_button.isHidden()
    probed = caught.args[0]
    shelf.add([Entry(NO_KEY, "generated", VAE, probed.picture, probed.latent, "From the map")])
    before = probe.shown
    # the kept picture is a point of the map now, which is measured anew
    settle(session, desk, qtbot)
    qtbot.waitUntil(lambda: probe.shown is not before, timeout=60_000)
    assert probe.is_kept
    assert mapped.strip.keep_button.isHidden()
    shelf.select([session.table.keys[5]])
    assert probe.place is None
    assert mapped.strip.words.text().startswith(shelf.entry(session.table.keys[5]).title)


def test_a_click_on_an_empty_place_only_looks_and_keep_takes_it(mapped: MapPanel, qtbot: QtBot) -> None:
    taken: list[object] = []
    mapped.picture_wanted.connect(taken.append)
    qtbot.mouseClick(mapped.view.overlay, LEFT, NONE, empty_pixel(mapped))
    qtbot.waitUntil(lambda: mapped.probe.shown is not None, timeout=30_000)
    assert not taken
    assert not mapped.strip.keep_button.isHidden()
    mapped.strip.keep_button.click()
    qtbot.waitUntil(lambda: len(taken) == 1, timeout=30_000)


def test_the_neighbours_of_a_place_may_leave_the_shelf(mapped: MapPanel, desk: JobDesk, qtbot: QtBot) -> None:
    mapped.probe.look((0.1, 0.1))
    qtbot.waitUntil(lambda: mapped.probe.shown is not None and mapped.probe.shown.is_final, timeout=30_000)
    probed = mapped.probe.shown
    assert probed is not None
    mapped.session.shelf.remove(probed.neighbours[:3])
    mapped.strip.refresh()
    mapped.view.overlay.repaint()
    assert len([button for button in mapped.strip.near if not button.isHidden()]) <= 5
    qtbot.waitUntil(lambda: desk.is_idle, timeout=60_000)


def test_a_place_far_from_all_pictures_is_called_a_guess(mapped: MapPanel, qtbot: QtBot) -> None:
    left, _, bottom, _ = mapped.view.frame.edges
    mapped.probe.look((left - 100.0, bottom - 100.0))
    qtbot.waitUntil(lambda: mapped.probe.shown is not None, timeout=30_000)
    assert mapped.probe.shown is not None
    assert mapped.probe.shown.is_guess
    assert "guess" in mapped.strip.words.text()


def test_both_ways_back_can_be_chosen_and_say_their_error(mapped: MapPanel, qtbot: QtBot) -> None:
    latents = {}
    for row, kind in ((1, "average"), (2, "smooth")):
        mapped.facts.way_back.setCurrentIndex(row)
        assert mapped.probe.inverse == kind
        mapped.probe.look((0.1, 0.2))
        qtbot.waitUntil(lambda: mapped.probe.shown is not None, timeout=30_000)
        assert mapped.probe.shown is not None
        latents[kind] = mapped.probe.shown.latent
        mapped.probe.clear()
    assert not np.array_equal(latents["average"], latents["smooth"])
    assert "Average of neighbours" in mapped.facts.figures["average"].toolTip()


def test_a_slow_model_gives_a_mix_while_the_pointer_moves_and_its_picture_when_it_rests(
    mapped: MapPanel, models: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genrepair_desktop.app.browser.map_probe._BUDGET_S", 0.0)
    kinds: list[tuple[bool, bool]] = []

    def note() -> None:
        probed = mapped.probe.shown
        if probed is not None:
            kinds.append((probed.is_mixed, probed.is_final))

    mapped.probe.changed.connect(note)
    for i in range(6):
        mapped.probe.move((0.01 * i, 0.0))
        qtbot.waitUntil(lambda i=i: mapped.probe.shown is not None and mapped.probe.shown.place[0] == 0.01 * i)
    assert (True, False) in kinds
    qtbot.waitUntil(lambda: (False, True) in kinds, timeout=30_000)


def test_a_lasso_selects_what_lies_inside_but_nothing_hidden(mapped: MapPanel, qtbot: QtBot) -> None:
    width, height = mapped.view.width(), mapped.view.height()
    around = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    mapped.view.overlay.lassoed.emit(around, False)
    assert set(mapped.session.shelf.selected) == set(mapped.session.table.keys)
    mapped.legend.buttons["real"].click()
    mapped.view.overlay.lassoed.emit(around, False)
    generated = [mapped.session.table.keys[row] for row in mapped.session.table.of_kind("generated")]
    assert set(mapped.session.shelf.selected) == set(generated)
    mapped.legend.buttons["real"].click()
    mapped.choose_tool("lasso")
    drag(mapped, QPoint(1, 1), QPoint(3, 30), qtbot)
    assert mapped.session.shelf.selected == ()
    assert mapped.probe.place is None, "the lasso makes no picture"


def test_the_legend_counts_every_kind_that_is_there(mapped: MapPanel) -> None:
    assert mapped.legend.buttons["generated"].text() == "Generated 40"
    assert mapped.legend.buttons["real"].text() == "Real 6"
    assert mapped.legend.buttons["mine"].isHidden()


def test_the_wheel_zooms_at_the_pointer_and_the_right_button_moves(mapped: MapPanel, qtbot: QtBot) -> None:
    view = mapped.view
    before, at = view.frame, QPointF(120, 90)
    place = before.to_map(120, 90)
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view.overlay, wheel)
    assert view.frame.scale > before.scale
    np.testing.assert_allclose(view.frame.to_map(120, 90), place, rtol=1e-5)
    middle = view.frame.x
    qtbot.mousePress(view.overlay, Qt.MouseButton.RightButton, NONE, QPoint(50, 50))
    qtbot.mouseMove(view.overlay, QPoint(80, 50))
    qtbot.mouseRelease(view.overlay, Qt.MouseButton.RightButton, NONE, QPoint(80, 50))
    assert view.frame.x < middle
    mapped.all_button.click()
    assert view.frame == before


def test_newcomers_do_not_move_the_view_of_who_has_zoomed_in(
    mapped: MapPanel, models: Any, desk: JobDesk, qtbot: QtBot
) -> None:
    mapped.view.zoom(3.0)
    before = mapped.view.frame
    mapped.session.shelf.add(made(models, VAE, 3, seed=5))
    settle(mapped.session, desk, qtbot)
    assert mapped.view.frame == before


def test_pictures_take_the_place_of_points_where_there_is_room(mapped: MapPanel, qtbot: QtBot) -> None:
    mapped.pictures_button.setChecked(False)
    mapped.pictures_button.setChecked(True)
    mapped.view.overlay.repaint()
    drawn = mapped.view.overlay.drawn
    assert 0 < len(drawn.thumbnails) <= 46
    middles = [(at.x(), at.y()) for at, _ in drawn.thumbnails]
    for i, (x, y) in enumerate(middles):
        assert all(max(abs(x - a), abs(y - b)) >= 43.9 for a, b in middles[:i]), "none lies over another"


def test_the_keyboard_moves_the_place_makes_its_picture_and_goes_away(mapped: MapPanel, qtbot: QtBot) -> None:
    overlay = mapped.view.overlay
    qtbot.keyClick(overlay, Qt.Key.Key_Right)
    first = mapped.probe.place
    qtbot.keyClick(overlay, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert first is not None
    assert mapped.probe.place is not None
    assert mapped.probe.place[1] > first[1]
    with qtbot.waitSignal(mapped.picture_wanted, timeout=30_000):
        qtbot.keyClick(overlay, Qt.Key.Key_Return)
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    assert mapped.probe.place is None
    scale = mapped.view.frame.scale
    qtbot.keyClick(overlay, Qt.Key.Key_Plus)
    assert mapped.view.frame.scale > scale


def test_a_bookmark_is_found_again_on_another_map(mapped: MapPanel, desk: JobDesk, qtbot: QtBot) -> None:
    mapped.probe.look((0.2, 0.1))
    qtbot.waitUntil(lambda: mapped.probe.shown is not None and mapped.probe.shown.is_final, timeout=30_000)
    assert not mapped.places.hint.isHidden(), "says how to get one"
    mapped.strip.bookmark_button.click()
    assert [(one.name, one.place) for one in mapped.bookmarks.bookmarks] == [("Place 1", (0.2, 0.1))]
    assert mapped.places.list.count() == 1
    mapped.session.choose_params(type(mapped.session.params["pca"])(first=1, second=2))  # type: ignore[call-arg]
    mapped.session.fit()
    settle(mapped.session, desk, qtbot)
    qtbot.waitUntil(lambda: desk.is_idle and mapped.bookmarks.bookmarks[0].place is not None, timeout=30_000)
    place = mapped.bookmarks.bookmarks[0].place
    assert place != (0.2, 0.1)
    mapped.probe.clear()
    mapped.places.go_button.click()
    assert mapped.probe.place == place
    assert (mapped.view.frame.x, mapped.view.frame.y) == place, "in the middle"


def test_a_bookmark_is_renamed_in_its_list_its_picture_taken_and_forgotten(mapped: MapPanel, qtbot: QtBot) -> None:
    for place in ((0.2, 0.1), (0.0, 0.3)):
        mapped.probe.clear()
        mapped.probe.look(place)
        qtbot.waitUntil(lambda: mapped.probe.shown is not None and mapped.probe.shown.is_final, timeout=30_000)
        mapped.strip.bookmark_button.click()
    places = mapped.places
    places.list.item(0).setText("  the smiling\none ")
    assert [one.name for one in mapped.bookmarks.bookmarks] == ["the smiling one", "Place 2"]
    assert places.list.item(0).text() == "the smiling one"
    places.list.setCurrentRow(0)
    with qtbot.waitSignal(mapped.place_wanted) as wanted:
        places.take_button.click()
    assert wanted.args[0].name == "the smiling one"
    places.forget_button.click()
    assert [one.name for one in mapped.bookmarks.bookmarks] == ["Place 2"]
    assert places.list.count() == 1
    mapped.view.overlay.repaint()
    assert [name for _, name in mapped.view.overlay.drawn.bookmarks] == ["Place 2"]


def test_a_problem_is_told_in_the_bar(panel: MapPanel, models: Any, qtbot: QtBot) -> None:
    panel.session.shelf.add(made(models, GAN, 3))
    panel.session.fit()
    qtbot.waitUntil(lambda: bool(panel.session.problem), timeout=60_000)
    assert panel.message.isVisible()
    assert "at least 4" in panel.message.text.text()


def test_another_theme_reaches_the_ground_and_the_points(mapped: MapPanel) -> None:
    dark = mapped.view.grab().toImage().pixelColor(3, 3)
    mapped.set_theme(load_theme("light"))
    light = mapped.view.grab().toImage().pixelColor(3, 3)
    assert light.lightness() > dark.lightness() + 80

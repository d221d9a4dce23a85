"""What the latent map is made of, each piece alone: frame, marks, thumbnails, fields, the newest question."""

import threading
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.browser.map_latest import LatestWorker
from genrepair_desktop.app.browser.map_marks import MARKS, ORDER, mark_icon, mark_path, mark_pixmap
from genrepair_desktop.app.browser.map_settings import MapSettingsForm
from genrepair_desktop.app.browser.map_thumbnails import MOST, spread_out
from genrepair_desktop.app.theme import load_theme
from genrepair_desktop.latent.features import KINDS
from genrepair_desktop.latent.map import map_kinds


@pytest.mark.parametrize("kind", ["tsne", "pca", "umap"])
def test_every_setting_of_a_map_has_a_field_that_changes_it(kind: str, qtbot: QtBot) -> None:
    params: Any = map_kinds()[kind]()
    form = MapSettingsForm(params, load_theme("dark"))
    qtbot.addWidget(form)
    assert form.params == params
    name, editor = next(iter(form.editors.items()))
    with qtbot.waitSignal(form.changed) as told:
        editor.box.setValue(7)
    assert getattr(told.args[0], name) == 7
    assert type(getattr(told.args[0], name)) is type(getattr(params, name))


def test_the_newest_question_wins(qtbot: QtBot) -> None:
    gate, begun, worked = threading.Event(), threading.Event(), []

    def work(question: int) -> int:
        begun.set()
        assert gate.wait(10)
        worked.append(question)
        return question * 2

    worker = LatestWorker(work)
    answers: list[tuple[int, int]] = []
    worker.answered.connect(lambda question, answer: answers.append((question, answer)))
    worker.ask(1)
    assert begun.wait(10)
    for question in range(2, 9):
        worker.ask(question)
    gate.set()
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=30_000)
    assert answers == [(1, 2), (8, 16)]
    assert worked == [1, 8]
    with qtbot.waitSignal(worker.failed, timeout=30_000):
        worker.ask(None)
    worker.wait()


def test_a_frame_goes_from_map_to_pixels_and_back() -> None:
    frame = MapFrame.around((-2.0, 4.0, 1.0, 9.0), 400, 300)
    points = np.array([[-2, 1], [4, 9], [1, 5]], np.float32)
    at = frame.to_pixels(points)
    assert (at >= 0).all()
    assert (at <= (400, 300)).all()
    assert at[1][1] < at[0][1], "up on the map is up on the screen"
    for point, (x, y) in zip(points, at, strict=True):
        np.testing.assert_allclose(frame.to_map(float(x), float(y)), point, atol=1e-3)
    assert frame.nearest(points, *map(float, at[2]), 5) == 2
    assert frame.nearest(points, 0, 0, 5) is None
    assert len(frame.zoomed(20, *map(float, at[2])).seen(points)) == 1


def test_thumbnails_are_few_and_apart() -> None:
    at = np.random.default_rng(0).uniform(0, 500, (120, 2)).astype(np.float32)
    kept = spread_out(at, 44)
    assert 20 < len(kept) < 120
    apart = np.abs(at[kept][:, None] - at[kept][None]).max(axis=2) + np.eye(len(kept)) * 99
    assert apart.min() >= 44
    assert spread_out(np.zeros((MOST + 1, 2), np.float32), 44) == []


@pytest.mark.parametrize("theme_name", ["dark", "light"])
def test_every_kind_has_a_shape_and_a_colour_of_its_own_that_can_be_seen(theme_name: Any, qtbot: QtBot) -> None:
    theme = load_theme(theme_name)
    assert set(MARKS) == set(KINDS) == set(ORDER)
    ground = QColor({"dark": "#181818", "light": "#f0f0f0"}[theme_name])
    colours = [MARKS[kind].colour(theme) for kind in KINDS]
    assert len({colour.name() for colour in colours}) == len(KINDS)
    assert all(_contrast(colour, ground) >= 3.0 for colour in colours)
    assert len({round(_area(kind), 3) for kind in KINDS}) == len(KINDS)
    assert all(not mark_icon(kind, theme).isNull() for kind in KINDS)


def _area(kind: Any) -> float:
    polygon = mark_path(kind).toFillPolygon()
    corners = [polygon.at(i) for i in range(polygon.count())]
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in pairs)) / 2


def _contrast(first: QColor, second: QColor) -> float:
    def luminance(colour: QColor) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]  # type: ignore[operator]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_mark_lies_in_the_middle_of_its_picture_with_a_pixel_for_its_place(qtbot: QtBot) -> None:
    theme = load_theme("dark")
    for kind in KINDS:
        for side in (6.0, 8.0, 11.0):
            image = mark_pixmap(kind, theme, side).toImage()
            assert image.width() % 2 == 1
            middle = image.pixelColor(image.width() // 2, image.height() // 2)
            assert middle == MARKS[kind].colour(theme)
            assert image.pixelColor(0, 0).alpha() == 0

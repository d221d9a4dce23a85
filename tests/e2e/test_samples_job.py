"""The generative job in the real window: sample, map, click, drag, fuse, use in the photo, undo, export."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.browser.samples_workspace import SamplesWorkspace
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import SAMPLES_VIEWS
from genrepair_desktop.document.edits import StrokeRecorder
from genrepair_desktop.imaging.geometry import Rect
from tests import tiny_models

WAIT = 60_000
pytestmark = pytest.mark.e2e


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tiny models in the user's folder, and none that ship."""
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "none"))
    tiny_models.install(paths.user_models_dir())
    return paths.user_models_dir()


@pytest.fixture
def started(own_models: Path, program: Program) -> Program:
    """The program with those models."""
    return program


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:160, 0:200]
    slope = np.stack([80 + x * 0.4, 100 + y * 0.3, 150 - x * 0.3], axis=2) + rng.normal(0, 2, (160, 200, 3))
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.clip(slope, 0, 255).astype(np.uint8))
    return path


def click_picture(samples: SamplesWorkspace, row: int, *, adds: bool = False) -> None:
    view = samples.gallery.view
    place = view.visualRect(view.model().index(row, 0)).center()
    modifier = Qt.KeyboardModifier.ControlModifier if adds else Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_sample_map_click_drag_fuse_use_in_photo_undo_and_export(
    started: Program, qtbot: QtBot, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_with_mask(started, photo, qtbot)
    QTest.keyClick(started.window, Qt.Key.Key_F8)
    samples = started.window.shown_samples
    assert samples is not None
    sample_32(samples, qtbot)
    the_map_is_clicked_and_dragged(started, samples, qtbot)
    fused = two_are_fused(samples, qtbot)
    it_fills_the_hole_and_undo_takes_it_back(started, samples, fused, qtbot)
    the_gallery_is_exported(started, samples, tmp_path / "out", qtbot, monkeypatch)


def open_with_mask(started: Program, photo: Path, qtbot: QtBot) -> None:
    session = started.sessions.session
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        started.window.files.open_path(photo)
    assert session.document is not None
    stroke = StrokeRecorder(session.document, "mask")
    stroke.paint(Rect(60, 50, 40, 36), lambda block: np.full_like(block, 255))
    session.push_applied(stroke.finish("brush"))


def sample_32(samples: SamplesWorkspace, qtbot: QtBot) -> None:
    shelf, bar = samples.parts.shelf, samples.bar
    bar.model.setCurrentIndex(bar.model.findData("vae-tiny"))
    bar.model.activated.emit(bar.model.currentIndex())
    bar.count.setValue(32)
    bar.seed.setValue(5)
    QTest.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    assert bar.button.text().startswith("Stop")
    qtbot.waitUntil(lambda: len(shelf.entries()) == 32 and bar.button.text() == "Sample", timeout=WAIT)


def the_map_is_clicked_and_dragged(started: Program, samples: SamplesWorkspace, qtbot: QtBot) -> None:
    """Over the whole window, and both again at the end; one picture more is in the gallery."""
    desk, shelf = started.sessions.session.desk, samples.parts.shelf
    qtbot.waitUntil(lambda: samples.map is not None, timeout=WAIT)
    panel = samples.map
    assert panel is not None
    qtbot.waitUntil(lambda: len(panel.session.table) == 32 and panel.probe.can_make and desk.is_idle, timeout=WAIT)
    small = panel.view.size()
    QTest.keyClick(started.window, Qt.Key.Key_F9)
    assert not samples.gallery.isVisible()
    qtbot.waitUntil(lambda: panel.view.width() > 1.5 * small.width(), timeout=WAIT)
    assert panel.view.height() > 0.5 * started.window.height(), "the map is the largest thing on the screen"
    panel.view.show_thumbnails(False)

    overlay, table, left = panel.view.overlay, panel.session.table, Qt.MouseButton.LeftButton
    at = panel.view.frame.to_pixels(table.points)
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + np.eye(len(at)) * 1e6
    alone = int(apart.min(axis=1).argmax())
    place = QPoint(*np.rint(at[alone]).astype(int).tolist())
    QTest.mouseClick(overlay, left, Qt.KeyboardModifier.NoModifier, place)
    assert shelf.selected == (table.keys[alone],)

    end = place + QPoint(70 if place.x() < overlay.width() // 2 else -70, 12)
    QTest.mousePress(overlay, left, Qt.KeyboardModifier.NoModifier, place)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(overlay, place + (end - place) * share)
    qtbot.waitUntil(lambda: panel.probe.shown is not None, timeout=WAIT)
    assert len(shelf.entries()) == 32, "nothing is kept while the pointer is down"
    QTest.mouseRelease(overlay, left, Qt.KeyboardModifier.NoModifier, end)
    qtbot.waitUntil(lambda: len(shelf.entries()) == 33, timeout=WAIT)
    made = shelf.entries()[-1]
    assert made.title == "From the map"
    model = samples.parts.studio.models.open_latent("vae-tiny")
    assert made.latent is not None
    assert np.abs(model.decode(made.latent[None])[0] - made.picture).max() <= 0.5 / 255 + 1e-6
    for _ in range(2):
        QTest.keyClick(started.window, Qt.Key.Key_F9)
    assert samples.gallery.isVisible()
    assert panel.isVisible()


def two_are_fused(samples: SamplesWorkspace, qtbot: QtBot) -> int:
    shelf, fusion = samples.parts.shelf, samples.parts.fusion
    click_picture(samples, 3)
    click_picture(samples, 8, adds=True)
    assert [shelf.entry(key).number for key in shelf.selected] == [3, 8]
    qtbot.waitUntil(lambda: fusion.is_made, timeout=WAIT)
    first = fusion.preview
    samples.panel.fuse.sliders[0].setValue(20)
    qtbot.waitUntil(lambda: fusion.preview is not first, timeout=WAIT)
    qtbot.waitUntil(samples.panel.keep_button.isEnabled, timeout=WAIT)
    QTest.mouseClick(samples.panel.keep_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(shelf.entries()) == 34, timeout=WAIT)
    assert shelf.entries()[-1].title == "Fusion of 2 pictures"
    return shelf.entries()[-1].key


def it_fills_the_hole_and_undo_takes_it_back(
    started: Program, samples: SamplesWorkspace, fused: int, qtbot: QtBot
) -> None:
    window, session = started.window, started.sessions.session
    document, history = session.document, session.history
    assert document is not None
    assert history is not None
    before, mask, steps = document.pixels.copy(), document.mask.copy(), history.index
    samples.parts.shelf.select([fused])
    qtbot.waitUntil(samples.panel.use_button.isEnabled, timeout=WAIT)
    with qtbot.waitSignal(started.sessions.repair.repaired, timeout=WAIT):
        QTest.mouseClick(samples.panel.use_button, Qt.MouseButton.LeftButton)
    assert window.shown_samples is None, "the photo is in front"
    assert (document.pixels[mask > 0] != before[mask > 0]).any()
    assert document.pixels[mask == 0].tobytes() == before[mask == 0].tobytes()
    assert history.index == steps + 1
    qtbot.waitUntil(window.table.action("edit.undo").isEnabled, timeout=WAIT)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.pixels.tobytes() == before.tobytes()
    assert np.array_equal(document.mask, mask)


def the_gallery_is_exported(
    started: Program, samples: SamplesWorkspace, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = started.window
    window.table.run("view.samples")
    samples.parts.shelf.select(())
    monkeypatch.setattr(ask, "open_folder", lambda *_: folder)
    qtbot.waitUntil(window.table.action("samples.export").isEnabled, timeout=WAIT)
    with qtbot.waitSignal(samples.parts.exports.exported, timeout=WAIT):
        QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 34
    assert {"vae-tiny-from-the-map.png", "vae-tiny-fusion-of-2-pictures.png", "vae-tiny-seed5-0001.png"} <= set(names)
    assert "Exported 34 files" in samples.messages.text.text()


def test_gallery_and_map_share_the_window_as_it_was_left(started: Program, qtbot: QtBot) -> None:
    window, table = started.window, started.window.table
    table.run("view.samples")
    samples = window.shown_samples
    assert samples is not None
    qtbot.waitUntil(lambda: samples.map is not None and samples.map.isVisible(), timeout=WAIT)
    assert samples.map is not None
    assert samples.map.height() > 0.7 * window.height(), "full height beside the gallery"
    assert table.action("samples.view-both").isChecked()
    samples.views.setSizes([samples.views.width() // 2] * 2)
    sizes = samples.views.sizes()
    seen: list[tuple[bool, bool]] = []
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_F9)
        seen.append((samples.gallery.isVisible(), samples.map.isVisible()))
        assert [view for view in SAMPLES_VIEWS if table.action(f"samples.view-{view}").isChecked()] == [
            samples.views.view
        ]
    assert seen == [(False, True), (True, False), (True, True)]
    qtbot.waitUntil(lambda: samples.views.sizes() == sizes, timeout=WAIT)
    table.run("samples.view-gallery")
    table.run("samples.view-gallery")
    assert table.action("samples.view-gallery").isChecked(), "chosen again, it stays chosen"
    settings = samples.parts.studio.settings
    assert settings.samples_view == "gallery"
    assert not settings.window_bytes("samples-columns").isEmpty()


def test_the_photos_keys_do_nothing_while_the_gallery_is_in_front(started: Program, qtbot: QtBot, photo: Path) -> None:
    window, session = started.window, started.sessions.session
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        window.files.open_path(photo)
    window.table.run("tool.brush")
    window.table.run("view.samples")
    for key in (Qt.Key.Key_E, Qt.Key.Key_W, Qt.Key.Key_Q):
        QTest.keyClick(window, key)
    QTest.keyClick(window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.toolbox.tool.id == "brush"
    assert session.document is not None
    assert not session.document.mask.any()
    QTest.keyClick(window, Qt.Key.Key_F7)
    QTest.keyClick(window, Qt.Key.Key_E)
    assert window.canvas.toolbox.tool.id == "eraser"


def test_without_a_model_the_workspace_says_how_to_get_one(
    program: Program, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "none"))
    program.window.table.run("view.samples")
    samples = program.window.shown_samples
    assert samples is not None
    assert "genrepair train" in samples.gallery.empty.text()
    assert not samples.bar.button.isEnabled()
    assert not program.window.table.action("samples.sample").isEnabled()
    tiny_models.install(paths.user_models_dir(), "vae-tiny")
    program.window.table.run("view.photo")
    program.window.table.run("view.samples")
    assert samples.bar.button.isEnabled(), "a model that came meanwhile is found"


def test_closing_the_window_in_the_middle_of_a_sampling_ends_cleanly(
    started: Program, qtbot: QtBot, qapp: QApplication
) -> None:
    window = started.window
    window.table.run("view.samples")
    samples = window.shown_samples
    assert samples is not None
    samples.parts.samples.choose(count=5000)
    window.table.run("samples.sample")
    assert samples.parts.samples.is_running
    started.shut_down()
    assert started.engine.isFinished()


def test_everything_in_the_samples_workspace_that_takes_the_focus_has_a_name(started: Program, qtbot: QtBot) -> None:
    window = started.window
    window.table.run("view.samples")
    samples = window.shown_samples
    assert samples is not None
    qtbot.waitUntil(lambda: samples.map is not None, timeout=WAIT)
    samples.parts.samples.choose(count=3)
    window.table.run("samples.sample")
    qtbot.waitUntil(lambda: len(samples.parts.shelf.entries()) == 3, timeout=WAIT)
    unnamed: list[str] = []
    for tab in range(samples.panel.tabs.count()):
        samples.panel.tabs.setCurrentIndex(tab)
        samples.parts.shelf.select([entry.key for entry in samples.parts.shelf.entries()][: 1 + tab % 2])
        unnamed += [
            f"{type(widget).__name__} {widget.objectName()}"
            for widget in samples.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.isVisible()
            and not isinstance(widget, QScrollArea | QSplitter)
            and not accessible_name(widget)
        ]
    assert not unnamed


def accessible_name(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""

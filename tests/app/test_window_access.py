"""The window for keyboard and screen reader: everything focusable has a name, and the keys do what they say."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QScrollArea, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import ask
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import Settings

WAIT = 30_000


@pytest.fixture
def opened(program: Program, qtbot: QtBot, tiny_photo: Path) -> Program:
    with qtbot.waitSignal(program.sessions.session.opened, timeout=WAIT):
        program.window.files.open_path(tiny_photo)
    return program


def accessible_name(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def focusable(root: QWidget) -> list[QWidget]:
    """What Tab stops at."""
    inner = (QScrollArea, QSplitter)
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and not isinstance(widget, inner)
    ]


def test_everything_that_takes_the_focus_has_a_name(opened: Program) -> None:
    widgets = focusable(opened.window)
    assert len(widgets) > 15
    assert not [f"{type(w).__name__} {w.objectName()}" for w in widgets if not accessible_name(w)]


def test_the_empty_state_can_be_used_by_keyboard_and_has_names(program: Program) -> None:
    widgets = focusable(program.window.workspace.empty)
    assert {"Open photo…", "Paste", "Try a damaged sample"} <= {accessible_name(widget) for widget in widgets}


def test_tab_on_the_canvas_shows_the_original_and_does_not_move_the_focus(opened: Program) -> None:
    canvas, compare = opened.window.canvas, opened.sessions.compare
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Tab)
    assert compare.comparison.is_held
    QTest.keyRelease(canvas, Qt.Key.Key_Tab)
    assert not compare.comparison.is_held


def test_comparisons_are_toggled_by_command_and_shown_as_checked(opened: Program, qtbot: QtBot) -> None:
    table, compare = opened.window.table, opened.sessions.compare
    qtbot.waitUntil(table.action("compare.split").isEnabled)
    table.run("compare.split")
    assert compare.comparison.mode == "split"
    assert table.action("compare.split").isChecked()
    opened.window.canvas.split_dragged.emit(0.25)
    assert compare.comparison.split == 0.25
    table.run("compare.difference")
    assert opened.window.workspace.bar.gain.isVisible()
    opened.window.workspace.bar.gain.box.setValue(16)
    assert compare.comparison.gain == 16
    table.run("compare.difference")
    assert compare.comparison.mode == "off"
    assert not table.action("compare.difference").isChecked()


def test_keys_change_tool_and_brush_and_both_are_remembered(opened: Program, settings: Settings, qtbot: QtBot) -> None:
    window, tools = opened.window, opened.window.canvas.toolbox
    QTest.keyClick(window, Qt.Key.Key_E)
    assert tools.tool.id == "eraser"
    QTest.keyClick(window, Qt.Key.Key_X)
    assert tools.tool.id == "brush"
    size = tools.brush.size
    QTest.keyClick(window, Qt.Key.Key_BracketRight)
    assert tools.brush.size > size
    assert settings.brush_size == tools.brush.size
    assert window.workspace.panel.mask_panel.brush_size.value == pytest.approx(tools.brush.size, abs=1)


def test_only_options_of_the_tool_in_hand_are_shown(opened: Program) -> None:
    panel, tools = opened.window.workspace.panel.mask_panel, opened.window.canvas.toolbox
    tools.choose("wand")
    assert panel.tolerance.isVisible()
    assert not panel.brush_size.isVisible()
    tools.choose("brush")
    assert panel.brush_size.isVisible()
    assert not panel.tolerance.isVisible()


def test_the_theme_changes_at_once_everywhere(opened: Program, settings: Settings) -> None:
    before = opened.window.workspace.bar.grab().toImage()
    settings.theme = "light"
    opened.window.apply_settings()
    after = opened.window.workspace.bar.grab().toImage()
    assert after.pixelColor(2, 2).lightness() > before.pixelColor(2, 2).lightness() + 100
    assert opened.window.canvas.look.background == opened.switch.theme.canvas


def test_a_photo_dropped_on_the_empty_window_is_opened(program: Program, qtbot: QtBot, tiny_photo: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tiny_photo))])
    with qtbot.waitSignal(program.sessions.session.opened, timeout=WAIT):
        assert program.window.files.drop(mime, as_mask=False)
    assert program.sessions.session.title == "tiny.png"


def test_a_dropped_folder_opens_its_first_photo_and_page_down_walks_on(
    program: Program, qtbot: QtBot, tiny_photo: Path
) -> None:
    second = tiny_photo.with_name("Zebra.PNG")
    second.write_bytes(tiny_photo.read_bytes())
    (tiny_photo.parent / "notes.txt").write_text("no photo")
    session = program.sessions.session
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        program.window.files.open_path(tiny_photo.parent)
    assert session.title == "tiny.png"
    qtbot.waitUntil(program.window.table.action("file.next").isEnabled, timeout=WAIT)
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        QTest.keyClick(program.window, Qt.Key.Key_PageDown)
    assert session.title == "Zebra.PNG"
    assert program.window.files.neighbour(1) is None
    assert program.window.files.neighbour(-1) == tiny_photo


def test_the_right_half_of_an_open_photo_takes_a_drop_as_mask(opened: Program) -> None:
    overlay = opened.window.workspace.overlay
    overlay.cover(has_photo=True)
    assert overlay.is_mask_place(QPointF(overlay.width() * 0.75, 10))
    assert not overlay.is_mask_place(QPointF(overlay.width() * 0.25, 10))
    overlay.cover(has_photo=False)
    assert not overlay.is_mask_place(QPointF(overlay.width() * 0.75, 10))
    overlay.hide()


def test_a_pasted_picture_is_unsaved_and_a_pasted_mask_marks(
    program: Program, qapp: QApplication, qtbot: QtBot
) -> None:
    picture = QImage(40, 30, QImage.Format.Format_RGB888)
    picture.fill(0x406080)
    qapp.clipboard().setImage(picture)
    program.window.table.run("file.paste")
    session = program.sessions.session
    assert session.document is not None
    assert session.document.bounds[2:] == (40, 30)
    assert not session.is_clean
    mask = QImage(40, 30, QImage.Format.Format_Grayscale8)
    mask.fill(0)
    for x in range(10, 20):
        mask.setPixel(x, 5, 0xFFFFFFFF)
    qapp.clipboard().setImage(mask)
    program.window.files.paste_mask()
    qtbot.waitUntil(lambda: program.sessions.mask.has_mask, timeout=WAIT)
    assert session.document.mask[5, 10:20].all()
    assert int((session.document.mask > 0).sum()) == 10


def test_leaving_unsaved_changes_asks_and_cancel_keeps_them(
    opened: Program, qtbot: QtBot, tiny_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened.sessions.session
    opened.sessions.mask.mark_all()
    monkeypatch.setattr(ask, "unsaved", lambda *_: "cancel")
    opened.window.files.open_path(tiny_photo)
    assert session.document is not None
    assert session.document.mask.all()
    monkeypatch.setattr(ask, "unsaved", lambda *_: "discard")
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        opened.window.files.open_path(tiny_photo)
    assert not session.document.mask.any()


def test_leaving_offers_a_project_because_an_exported_photo_has_no_mask(
    opened: Program, qtbot: QtBot, tiny_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.sessions.mask.mark_all()
    project = tiny_photo.with_name("kept.genrepair")

    def press(box: QMessageBox) -> int:
        next(button for button in box.buttons() if button.text() == "Save project…").click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    monkeypatch.setattr(ask, "save_file", lambda *_: project)
    with qtbot.waitSignal(opened.sessions.session.opened, timeout=WAIT):
        opened.window.files.close_photo()
    assert project.is_file()
    assert opened.sessions.session.document is None


def test_the_history_list_jumps_to_any_step(opened: Program) -> None:
    sessions, panel = opened.sessions, opened.window.workspace.panel.history
    sessions.mask.mark_all()
    sessions.mask.clear()
    sessions.mask.mark_all()
    assert [panel.list.item(row).text() for row in range(panel.list.count())] == [
        "Opened", "Mark everything", "Clear mask", "Mark everything",
    ]  # fmt: skip
    panel.list.setCurrentRow(0)
    assert not sessions.mask.has_mask
    undone = panel.list.item(3)
    assert undone.font().italic()
    assert undone.foreground().color().name() == opened.switch.theme.text_quiet
    panel.list.setCurrentRow(1)
    assert sessions.mask.has_mask
    assert sessions.session.history is not None
    assert sessions.session.history.index == 1


def test_hints_come_one_at_a_time_and_can_be_put_away_for_good(opened: Program, settings: Settings) -> None:
    hint = opened.window.workspace.hint
    assert hint.isVisible()
    assert "Paint" in hint.text.text()
    opened.sessions.mask.mark_all()
    hint.refresh()
    assert "Repair" in hint.text.text()
    hint.close_button.click()
    assert not hint.isVisible()
    assert settings.show_hints is False


def test_the_message_bar_offers_its_action_once(opened: Program) -> None:
    from genrepair_desktop.app.widgets.message_bar import Notice

    ran: list[str] = []
    bar = opened.window.workspace.messages
    opened.sessions.session.tell(Notice("Something was kept.", "error", "Do it", lambda: ran.append("done")))
    assert bar.isVisible()
    assert bar.text.text() == "Something was kept."
    bar.button.click()
    assert ran == ["done"]
    assert not bar.isVisible()


def test_running_work_shows_in_queue_and_status_and_can_be_cancelled(opened: Program, qtbot: QtBot) -> None:
    from genrepair_desktop.app.engine_thread import Watch
    from genrepair_desktop.jobs.context import RunContext

    def endless(ctx: RunContext) -> None:
        while True:
            ctx.checkpoint(0.5, "repairing")

    window = opened.window
    ended: list[bool] = []
    window.toggle_queue()
    opened.desk.submit(endless, Watch(cancelled=lambda: ended.append(True)), title="A long job")
    qtbot.waitUntil(lambda: "A long job: Repairing" in window.status.work.text(), timeout=WAIT)
    rows = [row.title.text() for row in window.queue.rows.values()]
    assert "A long job" in rows
    window.status.cancel.click()
    qtbot.waitUntil(lambda: bool(ended) and not window.queue.rows, timeout=WAIT)
    assert window.status.work.text() == ""


def test_without_a_photo_no_zoom_is_told(program: Program) -> None:
    assert program.window.status.zoom.text() == ""


def test_text_is_not_cut_at_125_percent(qapp: QApplication, opened: Program) -> None:
    from PySide6.QtWidgets import QLabel, QPushButton

    font = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * 1.25)
    qapp.setFont(larger)
    try:
        opened.window.ensurePolished()
        qapp.processEvents()
        cut = [
            part.text()
            for part in (*opened.window.findChildren(QLabel), *opened.window.findChildren(QPushButton))
            if part.isVisible() and part.text() and part.width() < part.minimumSizeHint().width()
        ]
        assert not cut
    finally:
        qapp.setFont(font)


def test_the_bar_has_buttons_for_the_original_and_for_export(
    opened: Program, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    bar, compare = opened.window.workspace.bar, opened.sessions.compare
    QTest.mousePress(bar.hold, Qt.MouseButton.LeftButton)
    assert compare.comparison.is_held
    QTest.mouseRelease(bar.hold, Qt.MouseButton.LeftButton)
    assert not compare.comparison.is_held
    asked: list[bool] = []
    monkeypatch.setattr(opened.window.dialogs, "export", lambda: asked.append(True))
    opened.window.files.export_asked.disconnect()
    opened.window.files.export_asked.connect(opened.window.dialogs.export)
    qtbot.waitUntil(opened.window.table.action("file.export").isEnabled)
    bar.export.click()
    assert asked == [True]
    assert "Ctrl+Shift+E" in bar.export.toolTip()


def test_facts_of_the_photo_are_told_only_beside_the_photo(opened: Program) -> None:
    status = opened.window.status
    assert status.photo_size.isVisible()
    opened.window.show_samples()
    assert not status.photo_size.isVisible()
    opened.window.show_photo()
    assert status.photo_size.isVisible()


def test_whole_picture_methods_are_found_in_the_repair_menu(opened: Program, qtbot: QtBot) -> None:
    table, button = opened.window.table, opened.window.workspace.panel.repair.button
    qtbot.waitUntil(table.action("repair.background").isEnabled)
    table.run("repair.background")
    assert opened.sessions.repair.choice.method == "background"
    assert button.text() == "Even out photo"
    assert button.isEnabled()

"""The window fits small screens, whatever is shown in it."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.app.widgets.message_bar import Notice

WAIT = 30_000
# what is left of 1366 x 768 under a title bar and a task bar of usual height
SMALL_SCREEN = (1366, 738)
LONG = "grandmother_with_her_sisters_at_the_seaside_" * 4


@pytest.fixture
def long_name(tiny_photo: Path) -> Path:
    path = tiny_photo.with_name(f"{LONG}.png")
    tiny_photo.rename(path)
    return path


def test_a_very_long_file_name_does_not_widen_the_window(program: Program, qtbot: QtBot, long_name: Path) -> None:
    window = program.window
    with qtbot.waitSignal(program.sessions.session.opened, timeout=WAIT):
        window.files.open_path(long_name)
    assert window.minimumSizeHint().width() < 1000
    assert window.width() == 1280
    name = window.workspace.bar.name
    assert name.text() == long_name.name
    assert "…" in name.shown
    assert name.toolTip() == long_name.name


def test_a_sentence_about_a_long_path_does_not_widen_the_window(program: Program) -> None:
    program.sessions.session.tell(Notice(f"Cannot open {LONG}.", "error"))
    assert program.window.minimumSizeHint().width() < 1000
    assert program.window.workspace.messages.isVisible()


def test_the_samples_workspace_fits_a_small_screen(program: Program, qtbot: QtBot) -> None:
    window = program.window
    window.show_samples()
    qtbot.waitUntil(lambda: window.samples_workspace().map is not None, timeout=WAIT)
    least = window.minimumSizeHint()
    assert (least.width() <= SMALL_SCREEN[0], least.height() <= SMALL_SCREEN[1]) == (True, True), least


def test_a_name_with_room_is_shown_whole_and_needs_no_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("tiny.png")
    qtbot.addWidget(label)
    label.resize(label.sizeHint())
    assert (label.shown, label.toolTip()) == ("tiny.png", "")

"""Every dialog for keyboard and screen reader: what takes the focus has a name, and no text is cut."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QScrollArea, QSplitter, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.dialogs.about_dialog import AboutDialog
from genrepair_desktop.app.dialogs.command_palette import CommandPalette
from genrepair_desktop.app.dialogs.export_dialog import ExportDialog
from genrepair_desktop.app.dialogs.models_dialog import ModelsDialog
from genrepair_desktop.app.dialogs.models_session import ModelsSession
from genrepair_desktop.app.dialogs.preferences_dialog import PreferencesDialog
from genrepair_desktop.app.dialogs.race_dialog import RaceDialog
from genrepair_desktop.app.dialogs.recovery_dialog import RecoveryDialog
from genrepair_desktop.app.dialogs.shortcut_sheet import ShortcutSheet
from genrepair_desktop.app.dialogs.train_dialog import TrainDialog
from genrepair_desktop.app.dialogs.train_session import TrainSession
from genrepair_desktop.paths import trainings_dir

Make = Callable[[Program], QDialog]
DIALOGS: dict[str, Make] = {
    "about": lambda p: AboutDialog(p.switch.theme, p.window),
    "export": lambda p: ExportDialog(p.sessions.session, p.sessions.export, p.switch.theme, p.window),
    "models": lambda p: ModelsDialog(ModelsSession(p.desk, p.window), p.window),
    "palette": lambda p: CommandPalette(p.window.table, p.window),
    "preferences": lambda p: PreferencesDialog(p.settings, p.window.table, p.switch.theme, p.window),
    "race": lambda p: RaceDialog(p.window.race, p.window),
    "recovery": lambda p: RecoveryDialog(p.recovery, p.window),
    "shortcuts": lambda p: ShortcutSheet(p.window.table, p.window),
    "train": lambda p: TrainDialog(TrainSession(trainings_dir(), p.window), trainings_dir(), p.switch.theme, p.window),
}


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def faults(dialog: QDialog) -> list[str]:
    """What takes the focus without a name, and what is cut, of all that is visible."""
    no_stop = (QScrollArea, QSplitter)
    parts = [part for part in dialog.findChildren(QWidget) if part.isVisible()]
    nameless = [
        f"no name: {type(part).__name__} {part.objectName()}"
        for part in parts
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(part, no_stop) and not name_of(part)
    ]
    cut = [
        f"cut: {part.text()}"
        for part in parts
        if isinstance(part, QLabel | QAbstractButton) and part.text() and part.width() < part.minimumSizeHint().width()
    ]
    return nameless + cut


@pytest.fixture
def opened(program: Program, qtbot: QtBot, tiny_photo: Path) -> Program:
    program.sessions.repair.choose_method("telea")  # no network is got ready
    with qtbot.waitSignal(program.sessions.session.opened, timeout=30_000):
        program.window.files.open_path(tiny_photo)
    return program


def test_every_dialog_has_names_for_the_keyboard_and_cuts_no_text(opened: Program) -> None:
    found: dict[str, list[str]] = {}
    for name, make in DIALOGS.items():
        dialog = make(opened)
        dialog.show()
        pages = dialog.findChild(QTabWidget)
        for page in range(pages.count() if pages is not None else 1):
            if pages is not None:
                pages.setCurrentIndex(page)
            found.setdefault(name, []).extend(faults(dialog))
        dialog.close()
        dialog.deleteLater()
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_every_dialog_fits_a_small_screen(opened: Program) -> None:
    sizes = {name: make(opened) for name, make in DIALOGS.items()}
    too_large = {name: one.size().toTuple() for name, one in sizes.items() if one.width() > 1366 or one.height() > 738}
    for one in sizes.values():
        one.deleteLater()
    assert not too_large

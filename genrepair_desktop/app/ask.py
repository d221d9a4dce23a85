"""The few questions that stop a person: which file, overwrite, discard. One place, so that tests can answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

UnsavedAnswer = Literal["export", "save", "discard", "cancel"]


def open_file(parent: QWidget, title: str, folder: str, filters: Sequence[str]) -> Path | None:
    """An existing file; None when the user thought better of it."""
    name, _ = QFileDialog.getOpenFileName(parent, title, folder, ";;".join(filters))
    return Path(name) if name else None


def open_folder(parent: QWidget, title: str) -> Path | None:
    """An existing folder; None when the user thought better of it."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return Path(name) if name else None


def open_files(parent: QWidget, title: str, folder: str, filters: Sequence[str]) -> list[Path]:
    """Existing files; empty when the user thought better of it."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, folder, ";;".join(filters))
    return [Path(name) for name in names]


def save_file(parent: QWidget, title: str, suggestion: Path, filters: Sequence[str]) -> Path | None:
    """A file to write; the dialog has asked about overwriting."""
    name, _ = QFileDialog.getSaveFileName(parent, title, str(suggestion), ";;".join(filters))
    return Path(name) if name else None


def unsaved(parent: QWidget, title: str, is_project: bool = False) -> UnsavedAnswer:
    """What to do with changes that are in no file: of a project, save them; of a photo, export it or make a project.

    An exported photo has no mask in it: who has only marked the damage so far needs the project.
    """
    box = QMessageBox(parent)
    project = None
    box.setWindowTitle("Unsaved changes")
    if is_project:
        box.setText(f"“{title}” has changes that are not in the project file yet.")
        box.setInformativeText("Save them before going on?")
        keep = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    else:
        box.setText(f"“{title}” has changes that are in no file yet.")
        box.setInformativeText("Export writes the photo as it looks. A project also keeps the mask and every step.")
        keep = box.addButton("Export photo…", QMessageBox.ButtonRole.AcceptRole)
        project = box.addButton("Save project…", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(keep)
    box.exec()
    clicked = box.clickedButton()
    if clicked is keep:
        return "save" if is_project else "export"
    if clicked is project:
        return "save"
    return "discard" if clicked is discard else "cancel"


def confirm(parent: QWidget, title: str, question: str, yes: str) -> bool:
    """A yes or no about something that cannot be undone; no is the default."""
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setText(question)
    accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is accept

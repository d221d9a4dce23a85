"""Export: only what the format uses is asked, nothing is overwritten unasked, and the file holds the promise."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.export_dialog import ExportDialog
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.codecs import read_photo

WAIT = 20_000


def dialog_for(sessions: Sessions, theme: Theme, qtbot: QtBot) -> ExportDialog:
    made = ExportDialog(sessions.session, sessions.export, theme, None)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def dialog(marked: Sessions, dark: Theme, qtbot: QtBot) -> Iterator[ExportDialog]:
    made = dialog_for(marked, dark, qtbot)
    yield made
    made.close()


def choose(dialog: ExportDialog, name: str) -> None:
    dialog.format.setCurrentIndex(dialog.format.findData(name))


def test_it_offers_the_source_format_under_a_free_name(dialog: ExportDialog, tiny_photo: Path) -> None:
    offered = Path(dialog.path.text())
    assert offered.parent == tiny_photo.parent
    assert offered.suffix == ".png"
    assert offered != tiny_photo
    assert not offered.exists()
    assert "bit for bit" in dialog.note.text()


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("png", set(), {"quality", "subsampling", "lossless", "as_source"}),
        ("jpeg", {"quality", "subsampling"}, {"lossless", "as_source", "deep"}),
        ("webp", {"lossless"}, {"quality", "subsampling"}),
        ("avif", {"quality", "subsampling"}, {"lossless"}),
        ("tiff", set(), {"quality", "subsampling"}),
    ],
)
def test_only_what_the_format_uses_is_shown(
    dialog: ExportDialog, name: str, shown: set[str], hidden: set[str]
) -> None:
    choose(dialog, name)
    assert not [field for field in shown if not getattr(dialog, field).isVisible()]
    assert not [field for field in hidden if getattr(dialog, field).isVisible()]


def test_format_and_ending_follow_each_other(dialog: ExportDialog) -> None:
    choose(dialog, "webp")
    assert dialog.path.text().endswith(".webp")
    dialog.path.setText("/somewhere/photo.tif")
    assert dialog.options().format == "tiff"
    choose(dialog, "jpeg")
    assert "compresses every pixel anew" in dialog.note.text()


def test_an_existing_file_is_only_overwritten_when_told(
    dialog: ExportDialog, marked: Sessions, tiny_photo: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[str] = []

    def refuse(parent: object, title: str, question: str, yes: str) -> bool:
        asked.append(question)
        return False

    before = tiny_photo.read_bytes()
    monkeypatch.setattr(ask, "confirm", refuse)
    dialog.path.setText(str(tiny_photo))
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert "the photo you opened" in asked[0]
    assert tiny_photo.read_bytes() == before
    assert marked.session.desk.is_idle or not marked.session.is_clean


def test_exporting_marks_the_photo_as_saved_and_tells_where(
    dialog: ExportDialog, marked: Sessions, tmp_path: Path, qtbot: QtBot
) -> None:
    document = marked.session.document
    assert document is not None
    target = tmp_path / "out.png"
    dialog.path.setText(str(target))
    assert not marked.session.is_clean
    with qtbot.waitSignals([marked.export.exported, marked.session.noticed], timeout=WAIT):
        dialog.accept()
    assert marked.session.is_clean
    assert np.array_equal(read_photo(target).pixels, document.pixels)


def test_a_folder_that_is_not_there_is_told_and_nothing_counts_as_saved(
    dialog: ExportDialog, marked: Sessions, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.path.setText(str(tmp_path / "nowhere" / "out.png"))
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        dialog.accept()
    assert told.args is not None
    assert told.args[0].kind == "error"
    assert not marked.session.is_clean


def test_sixteen_bits_are_offered_and_kept(sessions: Sessions, dark: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    deep = np.arange(64 * 48 * 3, dtype=np.uint16).reshape(48, 64, 3) * 7
    source = tmp_path / "deep.png"
    cv2.imwrite(str(source), deep)
    with qtbot.waitSignal(sessions.session.opened, timeout=WAIT):
        sessions.session.open_path(source)
    dialog = dialog_for(sessions, dark, qtbot)
    assert dialog.deep.isVisible()
    target = tmp_path / "out.tif"
    dialog.path.setText(str(target))
    with qtbot.waitSignal(sessions.export.exported, timeout=WAIT):
        dialog.accept()
    written = read_photo(target).pixels
    assert written.dtype == np.uint16
    assert np.array_equal(written, deep[..., ::-1])


def test_a_jpeg_is_offered_to_be_compressed_as_it_was(
    sessions: Sessions, dark: Theme, tmp_path: Path, tiny_pixels: np.ndarray, qtbot: QtBot
) -> None:
    source = tmp_path / "photo.jpg"
    cv2.imwrite(str(source), tiny_pixels, [cv2.IMWRITE_JPEG_QUALITY, 81])
    with qtbot.waitSignal(sessions.session.opened, timeout=WAIT):
        sessions.session.open_path(source)
    dialog = dialog_for(sessions, dark, qtbot)
    assert dialog.as_source.isChecked()
    assert not dialog.quality.isVisible()
    assert dialog.options().as_source is not None
    dialog.as_source.setChecked(False)
    assert dialog.quality.isVisible()
    assert dialog.options().as_source is None
    dialog.close()

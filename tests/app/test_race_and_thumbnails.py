"""The method race from the window, and the small pictures of recent photos."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import texts
from genrepair_desktop.app.dialogs.race_dialog import RaceDialog
from genrepair_desktop.app.editor import thumbnails
from genrepair_desktop.app.editor.race_session import RaceSession
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.edits import edit_from_patch

WAIT = 60_000


@pytest.fixture
def race(marked: Sessions) -> RaceSession:
    return RaceSession(marked.session, marked.repair, marked.session)


def test_the_contact_sheet_shows_scores_and_one_click_takes_a_method(
    race: RaceSession, marked: Sessions, qtbot: QtBot
) -> None:
    dialog = RaceDialog(race, None)
    qtbot.addWidget(dialog)
    dialog.show()
    document = marked.session.document
    assert document is not None
    before = document.pixels.copy()
    race.start()
    assert dialog.cancel_button.isVisible()
    qtbot.waitUntil(lambda: race.race is not None and not race.is_running, timeout=WAIT)
    assert race.race is not None
    said = {label.text() for label in dialog.findChildren(QLabel)}
    for entry in race.race.entries:
        assert texts.method_title(entry.method) in said
        if not entry.problem:
            assert f"{entry.psnr:.1f} dB" in said
            assert f"{entry.texture:.4f}" in said
    assert np.array_equal(document.pixels, before), "comparing changes nothing"
    winner = race.race.winner.method
    qtbot.mouseClick(dialog.use_buttons[winner], Qt.MouseButton.LeftButton)
    assert marked.repair.choice.method == winner
    assert not dialog.isVisible()


def test_the_dialog_says_when_there_was_room_for_too_few_places(
    race: RaceSession, marked: Sessions, qtbot: QtBot
) -> None:
    dialog = RaceDialog(race, None)
    qtbot.addWidget(dialog)
    document = marked.session.document
    assert document is not None
    wide = np.full(document.mask.shape, 255, np.uint8)
    wide[:, -30:] = 0
    marked.session.push(edit_from_patch(document, "mask", document.bounds, wide, label="mask-all"))
    race.start()
    qtbot.waitUntil(lambda: not race.is_running, timeout=WAIT)
    assert race.race is not None
    assert race.race.doubt
    assert race.race.doubt in dialog.line.text()


def test_closing_the_dialog_gives_up_the_race(race: RaceSession, qtbot: QtBot) -> None:
    dialog = RaceDialog(race, None)
    qtbot.addWidget(dialog)
    dialog.show()
    race.start()
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not race.is_running, timeout=WAIT)
    assert race.race is None


def test_a_race_without_a_mask_says_what_to_do(race: RaceSession, marked: Sessions, qtbot: QtBot) -> None:
    marked.mask.clear()
    race.start()
    qtbot.waitUntil(lambda: not race.is_running, timeout=WAIT)
    assert "Nothing is marked" in race.problem


def test_opening_a_photo_keeps_its_thumbnail(
    open_sessions: Sessions, tiny_photo: Path, tiny_pixels: np.ndarray
) -> None:
    thumbnails.keep_thumbnail(tiny_photo, tiny_pixels)
    kept = cv2.imread(str(thumbnails.thumbnail_path(tiny_photo)))
    assert kept is not None
    assert np.array_equal(kept[..., ::-1], tiny_pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_kind_of_photo_has_a_thumbnail(channels: int, dtype: type, tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    pixels = np.full((300, 700, channels), top, dtype)
    photo = tmp_path / "photo.tif"
    photo.write_bytes(b"x")
    thumbnails.keep_thumbnail(photo, pixels)
    kept = cv2.imread(str(thumbnails.thumbnail_path(photo)))
    assert kept is not None
    assert max(kept.shape) == thumbnails.SIDE
    assert kept.min() == 255


def test_a_changed_file_has_another_thumbnail(tmp_path: Path) -> None:
    import os

    photo = tmp_path / "photo.png"
    photo.write_bytes(b"x")
    before = thumbnails.thumbnail_path(photo)
    os.utime(photo, ns=(1, 1))
    assert thumbnails.thumbnail_path(photo) != before

"""Merge copies, in the window: what is shown of each copy, and the one edit that comes of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.merge_dialog import MergeDialog
from genrepair_desktop.app.dialogs.merge_session import MergeSession
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.codecs import write_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """photo.png with a white blot, copy.png with another, copy-mask.png, and other.png of something else."""
    truth = np.ascontiguousarray(skimage.data.coffee()[60:260, 100:360])
    moved = cv2.warpAffine(truth, np.array([[1.02, 0.01, 3], [-0.01, 1.02, 5]]), (270, 210), flags=cv2.INTER_CUBIC)
    copy, photo = np.rint(moved * 0.85 + 10).astype(np.uint8), truth.copy()
    mask = np.zeros(copy.shape[:2], np.uint8)
    cv2.circle(mask, (150, 70), 20, 255, -1)
    copy[mask > 0] = 255
    photo[50:66, 80:120] = 255
    for name, pixels in (("photo", photo), ("copy", copy), ("copy-mask", mask[..., None])):
        write_photo(tmp_path / f"{name}.png", pixels)
    write_photo(tmp_path / "other.png", np.ascontiguousarray(skimage.data.astronaut()[:200, :260]))
    return tmp_path


@pytest.fixture
def opened(sessions: Sessions, folder: Path, qtbot: QtBot) -> Sessions:
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        sessions.session.open_path(folder / "photo.png")
    return sessions


@pytest.fixture
def merging(opened: Sessions, mark) -> MergeSession:
    """A session over the photo with its blot marked, 40 x 16 pixels."""
    mark(opened, 80, 50, 120, 66)
    return MergeSession(opened.session, opened.repair, opened.session)


def wait(qtbot: QtBot, merging: MergeSession) -> None:
    qtbot.waitUntil(lambda: not merging.is_running, timeout=60_000)


def test_a_merge_is_one_edit_with_a_recipe_and_can_be_undone(
    merging: MergeSession, opened: Sessions, folder: Path, qtbot: QtBot
) -> None:
    document, history = opened.session.document, opened.session.history
    assert document is not None
    assert history is not None
    before, steps = document.pixels.copy(), len(history.entries)
    merging.add([folder / "copy.png"])
    merging.set_damage(0, "file", folder / "copy-mask.png")
    wait(qtbot, merging)
    given = merging.given(0)
    assert given is not None
    assert given.likeness > 0.9
    assert 500 < given.pixels <= 640
    with qtbot.waitSignal(opened.repair.repaired, timeout=30_000):
        assert merging.apply()
    assert len(history.entries) == steps + 1
    recipe = history.entries[-1].recipe
    assert recipe is not None
    assert recipe["recipe"]["method"] == "copies"
    changed = (document.pixels != before).any(axis=2)
    assert changed.sum() == given.pixels
    assert not changed[:50].any()
    truth = skimage.data.coffee()[60:260, 100:360].astype(int)
    assert np.abs(document.pixels[changed] - truth[changed]).mean() < 5
    # what the copy did not show, if anything, is still marked, and nothing else
    assert np.count_nonzero(document.mask) == 640 - given.pixels
    opened.session.undo()
    assert np.array_equal(document.pixels, before)


def test_the_dialog_tells_which_copy_fits_and_which_does_not(
    merging: MergeSession, folder: Path, qtbot: QtBot
) -> None:
    dialog = MergeDialog(merging, None)
    qtbot.addWidget(dialog)
    assert not dialog.merge_button.isEnabled()
    merging.add([folder / "other.png", folder / "copy.png"])
    for place in range(2):
        merging.set_damage(place, "none")
    wait(qtbot, merging)
    assert "does not show the same picture" in dialog.states[0].text()
    assert "Lies well" in dialog.states[1].text()
    assert "100%" in dialog.line.text()
    assert dialog.merge_button.isEnabled()
    dialog.removes[1].click()
    wait(qtbot, merging)
    assert [one.path.name for one in merging.files] == ["other.png"]
    assert "does not show the same picture" in dialog.line.text()
    assert not dialog.merge_button.isEnabled()


def test_copies_are_chosen_by_files_and_their_masks_too(
    merging: MergeSession, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "open_files", lambda *_: [folder / "copy.png", folder / "copy.png", folder / "photo.png"])
    monkeypatch.setattr(ask, "open_file", lambda *_: folder / "copy-mask.png")
    dialog = MergeDialog(merging, None)
    qtbot.addWidget(dialog)
    dialog.add_button.click()
    # neither twice nor the photo itself
    assert [one.path.name for one in merging.files] == ["copy.png"]
    dialog.damages[0].setCurrentIndex(2)
    dialog.damages[0].activated.emit(2)
    assert merging.files[0].mask == folder / "copy-mask.png"
    assert "copy-mask.png" in dialog.damages[0].currentText()
    wait(qtbot, merging)
    # leaving the question for a mask's file leaves all as it was
    monkeypatch.setattr(ask, "open_file", lambda *_: None)
    dialog.damages[0].activated.emit(2)
    assert merging.files[0].damage == "file"
    plain = merging.merged
    assert plain is not None
    assert merging.sources is not None
    assert (plain != merging.sources).any()


def test_without_marks_the_dialog_says_what_to_do_first(opened: Sessions, folder: Path, qtbot: QtBot) -> None:
    merging = MergeSession(opened.session, opened.repair, opened.session)
    dialog = MergeDialog(merging, None)
    qtbot.addWidget(dialog)
    assert "Nothing is marked" in dialog.line.text()
    assert not dialog.add_button.isEnabled()
    merging.add([folder / "copy.png"])
    assert not merging.is_running
    assert not merging.apply()


def test_a_file_that_is_no_picture_is_told(merging: MergeSession, folder: Path, qtbot: QtBot) -> None:
    (folder / "text.png").write_text("no picture")
    merging.add([folder / "text.png"])
    wait(qtbot, merging)
    assert "text.png" in merging.problem
    assert merging.plan is None


def test_closing_gives_up_the_alignment(merging: MergeSession, folder: Path, qtbot: QtBot) -> None:
    dialog = MergeDialog(merging, None)
    qtbot.addWidget(dialog)
    merging.add([folder / "copy.png"])
    dialog.reject()
    qtbot.waitUntil(lambda: merging._session.desk.is_idle, timeout=30_000)
    assert not merging.problem

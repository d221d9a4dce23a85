"""Tone and grain of another photo, in the window: the preview, the amounts, and the one edit that comes of it."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.carry_dialog import CarryDialog
from genrepair_desktop.app.dialogs.carry_session import CarrySession
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.imaging.codecs import write_photo
from genrepair_desktop.imaging.look import measure

WAIT = 60_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """photo.png, grey.png, other.png, and one that is none."""
    photo = np.ascontiguousarray(skimage.data.coffee()[60:260, 100:360])
    write_photo(tmp_path / "photo.png", photo)
    write_photo(tmp_path / "grey.png", np.ascontiguousarray(photo[..., :1]))
    write_photo(tmp_path / "other.png", np.ascontiguousarray(skimage.data.chelsea()[:200, :260]))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return tmp_path


def opened(sessions: Sessions, path: Path, qtbot: QtBot) -> CarrySession:
    with qtbot.waitSignal(sessions.session.opened, timeout=WAIT):
        sessions.session.open_path(path)
    return CarrySession(sessions.session, sessions.repair, sessions.session)


def test_the_look_is_carried_over_as_one_edit_and_the_mask_stays(
    sessions: Sessions, folder: Path, mark, qtbot: QtBot
) -> None:
    carrying = opened(sessions, folder / "photo.png", qtbot)
    mark(sessions, 80, 50, 120, 66)
    document, history = sessions.session.document, sessions.session.history
    assert document is not None
    assert history is not None
    before, mask, steps = document.pixels.copy(), document.mask.copy(), len(history.entries)
    assert not carrying.apply(), "no photo is chosen"
    carrying.choose(folder / "other.png")
    qtbot.waitUntil(lambda: carrying.preview is not None, timeout=WAIT)
    with qtbot.waitSignal(sessions.repair.repaired, timeout=WAIT):
        assert carrying.apply()
    got, wanted = (measure(to_image(p)).tone for p in (document.pixels, skimage.data.chelsea()[:200, :260]))
    np.testing.assert_allclose(got.mean, wanted.mean, atol=0.03)
    assert np.array_equal(document.mask, mask)
    assert len(history.entries) == steps + 1
    assert (history.entries[-1].recipe or {})["recipe"]["method"] == "carry"
    sessions.session.undo()
    assert document.pixels.tobytes() == before.tobytes()


def test_the_preview_shows_what_the_edit_will(sessions: Sessions, folder: Path, qtbot: QtBot) -> None:
    carrying = opened(sessions, folder / "photo.png", qtbot)
    carrying.set_amounts(grain=0.0)
    carrying.choose(folder / "other.png")
    qtbot.waitUntil(lambda: carrying.preview is not None, timeout=WAIT)
    assert carrying.preview is not None
    shown = carrying.preview.whole
    with qtbot.waitSignal(sessions.repair.repaired, timeout=WAIT):
        carrying.apply()
    assert sessions.session.document is not None
    # the photo is small enough to be shown pixel by pixel
    assert np.abs(sessions.session.document.pixels.astype(int) - shown).max() <= 1


def test_the_dialog_follows_the_sliders_and_tells_what_is_wrong(
    sessions: Sessions, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrying = opened(sessions, folder / "grey.png", qtbot)
    dialog = CarryDialog(carrying, None)
    qtbot.addWidget(dialog)
    assert not dialog.apply_button.isEnabled()
    monkeypatch.setattr(ask, "open_file", lambda *_: folder / "broken.png")
    dialog.choose_button.click()
    qtbot.waitUntil(lambda: "broken.png" in dialog.line.text(), timeout=WAIT)
    assert not dialog.apply_button.isEnabled()
    monkeypatch.setattr(ask, "open_file", lambda *_: folder / "other.png")
    dialog.choose_button.click()
    qtbot.waitUntil(lambda: carrying.preview is not None, timeout=WAIT)
    assert "holds no colour" in dialog.line.text()
    first = carrying.preview
    dialog.tone.setValue(40)
    dialog.grain.setValue(0)
    qtbot.waitUntil(lambda: not carrying.is_looking and carrying.preview is not first, timeout=WAIT)
    assert (carrying.tone, carrying.grain) == (0.4, 0.0)
    assert dialog.values[dialog.tone].text() == "40%"
    dialog.tone.setValue(0)
    assert not dialog.apply_button.isEnabled(), "nothing of it is nothing"
    dialog.tone.setValue(100)
    with qtbot.waitSignal(sessions.repair.repaired, timeout=WAIT):
        dialog.apply_button.click()
    assert dialog.result() == CarryDialog.DialogCode.Accepted

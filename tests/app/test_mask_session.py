"""Whole-mask edits, live adjusting, masks from files, and what is said of a mask."""

from pathlib import Path

import cv2
import numpy as np
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_for_new_pixels
from genrepair_desktop.imaging import masks

WAIT = 10_000


def document_of(sessions: Sessions) -> Document:
    document = sessions.session.document
    assert document is not None
    return document


def test_the_mask_is_measured_after_a_stroke(marked: Sessions, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: marked.mask.facts is not None and marked.mask.facts.places == 1, timeout=WAIT)
    facts = marked.mask.facts
    assert facts is not None
    assert facts.share == 12 * 6 / (96 * 72)


def test_marking_everything_inverting_and_clearing_are_single_undo_steps(marked: Sessions) -> None:
    document, painted = document_of(marked), document_of(marked).mask.copy()
    marked.mask.invert()
    assert np.array_equal(document.mask, 255 - painted)
    marked.mask.mark_all()
    assert (document.mask == 255).all()
    marked.mask.clear()
    assert not marked.mask.has_mask
    for _ in range(3):
        marked.session.undo()
    assert np.array_equal(document.mask, painted)


def test_adjusting_previews_and_writes_nothing_until_applied(marked: Sessions, qtbot: QtBot) -> None:
    document, painted = document_of(marked), document_of(marked).mask.copy()
    with qtbot.waitSignal(marked.mask.preview_changed, timeout=WAIT):
        marked.mask.adjust(4, 3)
    preview = marked.mask.preview
    assert preview is not None
    assert np.array_equal(preview, masks.feather(masks.grow(painted, 4), 3))
    assert np.array_equal(document.mask, painted)
    marked.mask.apply_adjust()
    assert np.array_equal(document.mask, preview)
    assert marked.mask.preview is None
    marked.session.undo()
    assert np.array_equal(document.mask, painted)


def test_applying_before_the_preview_is_ready_waits_for_it(marked: Sessions, qtbot: QtBot) -> None:
    painted = document_of(marked).mask.copy()
    with qtbot.waitSignal(marked.session.history_changed, timeout=WAIT):
        marked.mask.adjust(-2, 0)
        marked.mask.apply_adjust()
    assert np.array_equal(document_of(marked).mask, masks.shrink(painted, 2))


def test_only_the_newest_adjusting_is_shown(marked: Sessions, qtbot: QtBot) -> None:
    painted = document_of(marked).mask.copy()
    for grow in range(1, 8):
        marked.mask.adjust(grow, 0)
    qtbot.waitUntil(lambda: marked.mask.preview is not None and marked.session.desk.is_idle, timeout=WAIT)
    preview = marked.mask.preview
    assert preview is not None
    assert np.array_equal(preview, masks.grow(painted, 7))
    marked.mask.adjust(0, 0)
    assert marked.mask.preview is None


def test_a_mask_file_of_another_size_is_fitted_and_said_so(
    open_sessions: Sessions, qtbot: QtBot, tmp_path: Path
) -> None:
    half = np.zeros((36, 48), np.uint8)
    half[10:12, 20:30] = 255
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), half)
    with qtbot.waitSignal(open_sessions.session.noticed, timeout=WAIT) as told:
        open_sessions.mask.import_file(path)
    assert told.args is not None
    assert "another size" in told.args[0].text
    mask = document_of(open_sessions).mask
    assert mask[21, 50] == 255
    assert set(np.unique(mask)) == {0, 255}


def test_a_mask_that_was_read_for_another_size_of_the_photo_is_not_laid_in(
    open_sessions: Sessions, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), np.full((72, 96), 255, np.uint8))
    document = document_of(open_sessions)
    larger = np.repeat(np.repeat(document.pixels, 2, axis=0), 2, axis=1)
    with qtbot.waitSignal(open_sessions.session.noticed, timeout=WAIT) as told:
        open_sessions.mask.import_file(path)
        open_sessions.session.push(edit_for_new_pixels(larger, label="upscale"))
    assert told.args is not None
    assert "import it again" in told.args[0].text
    assert document.mask.shape == larger.shape[:2]
    assert not document.mask.any()


def test_a_mask_goes_out_and_comes_back_the_same(marked: Sessions, qtbot: QtBot, tmp_path: Path) -> None:
    document, painted = document_of(marked), document_of(marked).mask.copy()
    path = tmp_path / "out.png"
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT):
        marked.mask.export_file(path)
    marked.mask.clear()
    with qtbot.waitSignal(marked.session.history_changed, timeout=WAIT):
        marked.mask.import_file(path)
    assert np.array_equal(document.mask, painted)


def test_a_file_that_is_no_picture_is_told_and_changes_nothing(marked: Sessions, qtbot: QtBot, tmp_path: Path) -> None:
    painted = document_of(marked).mask.copy()
    path = tmp_path / "mask.png"
    path.write_text("not a picture")
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        marked.mask.import_file(path)
    assert told.args is not None
    assert told.args[0].kind == "error"
    assert "mask.png" in told.args[0].text
    assert np.array_equal(document_of(marked).mask, painted)


def test_the_mask_of_one_photo_can_be_used_on_the_next(marked: Sessions, qtbot: QtBot, tiny_photo: Path) -> None:
    painted = document_of(marked).mask.copy()
    with qtbot.waitSignal(marked.session.opened, timeout=WAIT):
        marked.session.open_path(tiny_photo)
    assert not marked.mask.has_mask
    marked.mask.bring_back()
    assert np.array_equal(document_of(marked).mask, painted)


def test_a_kept_mask_that_marks_nothing_any_more_is_told_and_nothing_is_marked(marked: Sessions, qtbot: QtBot) -> None:
    closed = document_of(marked)
    marked.session.open_pixels(np.full((30, 40, 3), 99, np.uint8), "small")
    closed.write("mask", closed.bounds, np.zeros_like(closed.mask))
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        marked.mask.bring_back()
    assert told.args is not None
    assert "marks nothing" in told.args[0].text
    assert not document_of(marked).mask.any()


def test_opening_a_bad_file_leaves_the_open_photo_untouched(marked: Sessions, qtbot: QtBot, tmp_path: Path) -> None:
    document, revision = document_of(marked), document_of(marked).revision
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff\xe0 cut off")
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        marked.session.open_path(bad)
    assert told.args is not None
    assert "bad.jpg" in told.args[0].text
    assert marked.session.document is document
    assert document.revision == revision

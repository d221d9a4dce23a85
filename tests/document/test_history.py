"""Undo gives back exactly what was, whatever was done, within the byte budget."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.document.document import Change, Document
from genrepair_desktop.document.edits import StrokeRecorder, edit_for_new_pixels, edit_from_patch, edit_from_pieces
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect


def photo(h: int = 300, w: int = 280, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)


def patch_edit(document: Document, rect: Rect, value: int):
    block = np.full((rect.h, rect.w, 3), value, np.uint8)
    edit = edit_from_patch(document, "pixels", rect, block, label="repair")
    assert edit is not None
    return edit


actions = st.lists(
    st.one_of(
        st.tuples(st.just("patch"), st.integers(0, 250), st.integers(0, 250), st.integers(1, 60), st.integers(0, 255)),
        st.tuples(
            st.just("stroke"), st.integers(0, 250), st.integers(0, 250), st.integers(1, 60), st.integers(0, 255)
        ),
        st.just(("undo",)),
        st.just(("redo",)),
        st.just(("enlarge",)),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(actions)
def test_every_history_position_shows_the_same_pixels_again(steps: list[tuple]) -> None:
    document = Document(photo())
    history = History(document)
    states = [(document.pixels.copy(), document.mask.copy())]
    for step in steps:
        before = history.index
        if step[0] == "undo":
            history.undo()
        elif step[0] == "redo":
            history.redo()
        else:
            if not perform(document, history, step):
                continue
            states = [*states[: before + 1], (document.pixels.copy(), document.mask.copy())]
        pixels, mask = states[history.index]
        assert np.array_equal(document.pixels, pixels)
        assert np.array_equal(document.mask, mask)
    for index in (0, len(history.entries), 0):
        history.jump(index)
        assert np.array_equal(document.pixels, states[index][0])
        assert np.array_equal(document.mask, states[index][1])


def perform(document: Document, history: History, step: tuple) -> bool:
    if step[0] == "enlarge":
        if document.pixels.shape[0] > 400:
            return False
        history.push(edit_for_new_pixels(np.repeat(document.pixels, 2, axis=0), label="upscale"))
        return True
    _, x, y, side, value = step
    rect = Rect(x, y, side, side).intersect(document.bounds)
    if step[0] == "patch":
        block = np.full((rect.h, rect.w, 3), value, np.uint8)
        edit = edit_from_patch(document, "pixels", rect, block, label="repair")
        if edit is None:
            return False
        history.push(edit)
        return True
    recorder = StrokeRecorder(document, "mask")
    recorder.paint(rect, lambda block: np.full_like(block, value))
    edit = recorder.finish("brush")
    if edit is None:
        return False
    history.push_applied(edit)
    return True


def test_a_stroke_that_changes_nothing_is_no_edit() -> None:
    document = Document(photo())
    recorder = StrokeRecorder(document, "mask")
    recorder.paint(Rect(5, 5, 40, 40), lambda block: block)
    assert recorder.finish("brush") is None


def test_an_abandoned_stroke_leaves_the_layer_as_it_was() -> None:
    document = Document(photo())
    recorder = StrokeRecorder(document, "mask")
    recorder.paint(Rect(-5, -5, 400, 400), lambda block: np.full_like(block, 200))
    assert document.mask.min() == 200
    assert recorder.before(Rect(0, 0, 10, 10)).max() == 0
    recorder.abandon()
    assert not document.mask.any()


def test_the_opened_photo_is_remembered_through_edits() -> None:
    pixels = photo()
    document = Document(pixels.copy())
    history = History(document)
    history.push(patch_edit(document, Rect(200, 200, 80, 80), 7))
    assert np.array_equal(document.opened(document.bounds), pixels)
    assert not np.array_equal(document.pixels, pixels)


def test_a_read_only_picture_can_be_edited() -> None:
    pixels = photo()
    pixels.flags.writeable = False
    document = Document(pixels)
    History(document).push(patch_edit(document, Rect(0, 0, 10, 10), 9))
    assert (document.pixels[:10, :10] == 9).all()
    assert not (pixels[:10, :10] == 9).all()


def test_the_oldest_edits_are_forgotten_first_and_the_newest_never() -> None:
    document = Document(photo())
    history = History(document, budget=500_000)
    for value in range(6):
        history.push(patch_edit(document, Rect(0, 0, 256, 256), value))
    assert history.nbytes <= 500_000
    assert len(history.entries) == 2
    history.jump(0)
    assert (document.pixels[:256, :256] == 3).all()


def test_clean_is_where_it_was_saved_and_nowhere_else() -> None:
    document = Document(photo())
    history = History(document)
    history.push(patch_edit(document, Rect(0, 0, 9, 9), 1))
    history.mark_clean()
    history.push(patch_edit(document, Rect(0, 0, 9, 9), 2))
    assert not history.is_clean
    history.undo()
    assert history.is_clean
    history.undo()
    history.push(patch_edit(document, Rect(0, 0, 9, 9), 3))
    assert not history.is_clean
    history.undo()
    assert not history.is_clean, "the saved state was dropped with the redo branch"


def test_the_saved_place_moves_along_when_older_edits_are_forgotten() -> None:
    document = Document(photo())
    history = History(document, budget=500_000)
    for value in range(2):
        history.push(patch_edit(document, Rect(0, 0, 256, 256), value))
    history.mark_clean()
    history.push(patch_edit(document, Rect(0, 0, 256, 256), 2))
    assert len(history.entries) == 2
    assert not history.is_clean
    history.undo()
    assert history.is_clean
    assert (document.pixels[:256, :256] == 1).all()
    history.redo()
    for value in (3, 4):
        history.push(patch_edit(document, Rect(0, 0, 256, 256), value))
    history.jump(0)
    assert not history.is_clean, "the saved state was forgotten"


def test_listeners_hear_the_rectangle_that_changed() -> None:
    document = Document(photo())
    heard: list[Change] = []
    unsubscribe = document.subscribe(heard.append)
    history = History(document)
    history.push(patch_edit(document, Rect(10, 10, 5, 5), 1))
    assert [change.layer for change in heard] == ["pixels"]
    assert heard[0].rect.contains(Rect(10, 10, 5, 5))
    unsubscribe()
    history.undo()
    assert len(heard) == 1


def test_pieces_that_overlap_are_laid_down_in_order() -> None:
    document = Document(photo())
    pieces = [
        (Rect(0, 0, 20, 20), np.full((20, 20, 3), 1, np.uint8)),
        (Rect(10, 0, 20, 20), np.full((20, 20, 3), 2, np.uint8)),
    ]
    edit = edit_from_pieces(document, "pixels", pieces, label="repair")
    assert edit is not None
    History(document).push(edit)
    assert (document.pixels[:20, :10] == 1).all()
    assert (document.pixels[:20, 10:30] == 2).all()


@pytest.mark.parametrize("rect", [Rect(-1, 0, 5, 5), Rect(278, 0, 5, 5), Rect(0, 0, 0, 5)])
def test_writing_outside_the_picture_is_refused(rect: Rect) -> None:
    with pytest.raises(ValueError, match="not inside"):
        Document(photo()).write("mask", rect, np.zeros((rect.h, rect.w), np.uint8))


def test_an_edit_of_everything_holds_only_the_tiles_that_change() -> None:
    document = Document(np.zeros((700, 900, 3), np.uint8))
    mask = np.zeros((700, 900), np.uint8)
    mask[300:310, 20:40] = 255
    edit = edit_from_patch(document, "mask", document.bounds, mask, label="mask-import")
    assert edit is not None
    assert [tile.rect for tile in edit.tiles] == [Rect(0, 256, 256, 256)]
    # of two pieces the later one counts, also where it shows what was there
    again = edit_from_pieces(
        document, "mask", [(document.bounds, mask), (document.bounds, np.zeros_like(mask))], label="mask-none"
    )
    assert again is None

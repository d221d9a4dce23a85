"""Fills to choose from: made one by one, previewed in place, one of them applied."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor import repair_work
from genrepair_desktop.app.editor.candidate_tile import CandidateTile
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.pipeline import prepare
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import HoleRecord

WAIT = 60_000
COUNT = 3
Mark = Callable[[Sessions, int, int, int, int], None]


@pytest.fixture
def filled(open_sessions: Sessions, mark: Mark, qtbot: QtBot) -> Sessions:
    """The tiny photo after a seeded repair with three fills to choose from."""
    sessions = open_sessions
    sessions.session.settings.candidates = COUNT
    mark(sessions, 30, 20, 46, 36)
    sessions.repair.choose_method("patchmatch")
    sessions.repair.repair()
    qtbot.waitUntil(lambda: len(sessions.candidates.candidates) == COUNT, timeout=WAIT)
    return sessions


def test_the_first_fill_is_in_the_photo_and_the_others_have_other_seeds(filled: Sessions) -> None:
    made = filled.candidates
    assert [one.number for one in made.candidates] == [1, 2, 3]
    assert len({one.seed for one in made.candidates}) == COUNT
    assert made.applied == 1
    assert not made.is_making


def test_hovering_previews_and_leaves_the_photo_alone(filled: Sessions) -> None:
    document = filled.session.document
    assert document is not None
    before = document.pixels.copy()
    filled.candidates.hover(2)
    preview = filled.candidates.preview
    assert preview is not None
    assert any((piece != before[rect.slices]).any() for rect, piece in preview)
    assert np.array_equal(document.pixels, before)
    filled.candidates.hover(None)
    assert filled.candidates.preview is None


def laid_in(sessions: Sessions, qtbot: QtBot) -> None:
    """Wait until the photo shows what was asked for."""
    qtbot.waitUntil(lambda: not sessions.repair.is_replacing, timeout=WAIT)


def test_enter_applies_the_selected_fill_as_the_same_undo_step(filled: Sessions, qtbot: QtBot) -> None:
    document, history = filled.session.document, filled.session.history
    assert document is not None
    assert history is not None
    steps = len(history.entries)
    filled.candidates.select(2)
    preview = filled.candidates.preview
    assert preview is not None
    filled.candidates.apply()
    laid_in(filled, qtbot)
    assert all(np.array_equal(document.pixels[rect.slices], piece) for rect, piece in preview)
    assert len(history.entries) == steps
    assert filled.candidates.applied == 2
    assert len(filled.candidates.candidates) == COUNT


def test_going_back_gives_up_the_selection_and_then_the_strip(filled: Sessions) -> None:
    filled.candidates.select(3)
    filled.candidates.go_back()
    assert filled.candidates.selected is None
    assert filled.candidates.preview is None
    assert len(filled.candidates.candidates) == COUNT
    filled.candidates.go_back()
    assert filled.candidates.candidates == ()


def test_starred_fills_stay_when_more_are_made(filled: Sessions, qtbot: QtBot) -> None:
    filled.candidates.star(3)
    seeds = {one.number: one.seed for one in filled.candidates.candidates}
    filled.candidates.more()
    qtbot.waitUntil(lambda: not filled.candidates.is_making, timeout=WAIT)
    numbers = [one.number for one in filled.candidates.candidates]
    assert {1, 3} <= set(numbers)
    assert 2 not in numbers
    new = [one for one in filled.candidates.candidates if one.number not in (1, 3)]
    assert len(new) == COUNT
    assert not {one.seed for one in new} & set(seeds.values())


def test_undoing_the_repair_forgets_its_fills(filled: Sessions) -> None:
    filled.session.undo()
    assert filled.candidates.candidates == ()
    assert filled.candidates.preview is None


def test_strength_holds_for_fills_too(filled: Sessions, qtbot: QtBot) -> None:
    document = filled.session.document
    assert document is not None
    filled.repair.set_strength(0.0)
    laid_in(filled, qtbot)
    opened = document.opened(document.bounds)
    assert np.array_equal(document.pixels, opened)
    filled.candidates.select(2)
    filled.candidates.apply()
    laid_in(filled, qtbot)
    assert np.array_equal(document.pixels, opened)
    filled.repair.set_strength(1.0)
    laid_in(filled, qtbot)
    assert not np.array_equal(document.pixels, opened)


def test_tiles_show_the_place_that_another_seed_fills_differently() -> None:
    mask = np.zeros((200, 200), np.uint8)
    large, small = Rect(20, 20, 60, 60), Rect(150, 150, 12, 12)
    mask[large.slices] = mask[small.slices] = 255
    request = prepare(np.zeros((200, 200, 3), np.uint8), mask, Recipe("auto"))
    same, other = HoleRecord(large, 3600, "telea"), HoleRecord(small, 144, "patchmatch")
    assert repair_work.focus_of(request, (same, other)).contains(small)
    assert repair_work.focus_of(request, (same,)).contains(large)


def test_a_tile_says_how_far_the_model_misses_what_is_known(qtbot: QtBot, dark: Theme) -> None:
    plain, faces = (CandidateTile(2, QPixmap(92, 92), dark, misses=misses) for misses in (None, 0.054))
    for tile in (plain, faces):
        qtbot.addWidget(tile)
        assert not tile.grab().isNull()
    assert "misses" not in plain.accessibleName() + plain.toolTip()
    assert "misses the known pixels by 5%" in faces.accessibleName()
    assert "knows no such face" in faces.toolTip()
    assert faces.grab().toImage() != plain.grab().toImage()

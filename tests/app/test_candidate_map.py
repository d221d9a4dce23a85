"""Many fills of one hole as a map: alike ones side by side, previewed, chosen and applied like those of the strip."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor.candidate_map_session import LEAST
from genrepair_desktop.app.editor.candidate_strip import CandidateStrip
from genrepair_desktop.app.theme import load_theme
from genrepair_desktop.app.workbench import Sessions

WAIT = 60_000
NONE = Qt.KeyboardModifier.NoModifier
Mark = Callable[[Sessions, int, int, int, int], None]


@pytest.fixture
def strip(open_sessions: Sessions, mark: Mark, qtbot: QtBot) -> CandidateStrip:
    """The strip after a repair with as many fills as a map needs."""
    sessions = open_sessions
    made = CandidateStrip(sessions.candidates, load_theme("dark"))
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    sessions.session.settings.candidates = LEAST
    mark(sessions, 30, 20, 46, 36)
    sessions.repair.choose_method("patchmatch")
    sessions.repair.repair()
    qtbot.waitUntil(lambda: len(sessions.candidates.candidates) > 1, timeout=WAIT)
    assert made.map_button.isHidden(), "too few for a map so far"
    qtbot.waitUntil(lambda: len(sessions.candidates.candidates) == LEAST, timeout=WAIT)
    return made


@pytest.fixture
def mapped(strip: CandidateStrip, qtbot: QtBot) -> CandidateStrip:
    """The same shown as a map."""
    strip.map_button.click()
    qtbot.waitUntil(lambda: len(strip.map.places()) == LEAST, timeout=WAIT)
    return strip


def at(strip: CandidateStrip, number: int) -> QPoint:
    """A pixel where this fill, and no other, is found."""
    middle = strip.map.places()[number]
    for across in range(-24, 25, 4):
        for down in range(-24, 25, 4):
            place = middle + QPointF(across, down)
            if strip.map.at(place) == number:
                return place.toPoint()
    raise AssertionError(f"fill {number} is hidden by others")


def test_many_fills_are_a_map_on_which_alike_ones_lie_near(mapped: CandidateStrip) -> None:
    assert mapped.map.isVisible()
    assert set(mapped.map.places()) == {one.number for one in mapped.map_session.candidates.candidates}
    assert "Alike fills lie side by side" in mapped.map_session.said
    inside = mapped.map.rect()
    assert all(inside.contains(place.toPoint()) for place in mapped.map.places().values())
    candidates, points = mapped.map_session.candidates, mapped.map_session.points
    shown = [candidates.close_up(one) for one in candidates.candidates]
    rows = np.stack([one for one in shown if one is not None]).astype(float).reshape(LEAST, -1)
    above = np.triu_indices(LEAST, 1)
    true = np.linalg.norm(rows[:, None] - rows[None], axis=2)[above]
    drawn = np.linalg.norm(points[:, None] - points[None], axis=2)[above]
    assert np.corrcoef(true, drawn)[0, 1] > 0.5
    mapped.map_button.click()
    assert mapped.map.isHidden(), "a strip again"
    mapped.map_button.click()
    candidates.clear()
    assert mapped.map.isHidden()
    assert mapped.map_button.isHidden(), "the map goes with the fills"


def test_pointing_previews_a_click_selects_and_a_double_click_applies(
    mapped: CandidateStrip, qtbot: QtBot, open_sessions: Sessions
) -> None:
    candidates = mapped.map_session.candidates
    other = next(one.number for one in candidates.candidates if one.number != candidates.applied)
    place = at(mapped, other)
    qtbot.mouseMove(mapped.map, place)
    assert candidates.preview is not None
    assert candidates.selected is None
    qtbot.mouseClick(mapped.map, Qt.MouseButton.LeftButton, NONE, place)
    assert candidates.selected == other
    assert not mapped.map.grab().isNull()
    qtbot.mouseDClick(mapped.map, Qt.MouseButton.LeftButton, NONE, place)
    assert candidates.applied == other
    qtbot.waitUntil(lambda: not open_sessions.repair.is_replacing, timeout=WAIT)

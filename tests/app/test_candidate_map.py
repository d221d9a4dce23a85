"""Many fills of one hole as a map: alike ones side by side, previewed, chosen and applied like those of the strip."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor.candidate_map_session import LEAST, shares_at
from genrepair_desktop.app.editor.candidate_strip import CandidateStrip
from genrepair_desktop.app.theme import load_theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.repair.catalog import METHODS

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


def test_fills_without_a_latent_say_so_when_clicked_between(mapped: CandidateStrip, open_sessions: Sessions) -> None:
    told: list[object] = []
    open_sessions.session.noticed.connect(told.append)
    candidates = mapped.map_session.candidates
    assert not candidates.can_blend
    assert "Click between" not in mapped.map_session.said
    candidates.blend({1: 0.5, 2: 0.5})
    assert "nothing between them" in str(told[-1])
    assert not candidates.is_making


def test_a_place_on_the_map_is_made_of_its_nearest_fills() -> None:
    places = {1: (0.0, 0.0), 2: (10.0, 0.0), 3: (0.0, 10.0), 4: (900.0, 0.0)}
    middle = shares_at(places, (5.0, 0.0))
    assert middle[1] == pytest.approx(middle[2])
    assert sum(middle.values()) == pytest.approx(1)
    assert 4 not in middle
    assert shares_at(places, (0.0, 0.0)) == {1: 1.0}


def test_a_click_between_fills_of_one_latent_makes_the_fill_between(
    open_sessions: Sessions, mark: Mark, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fills of patchmatch, declared to blend: what is made, selected, and recorded is looked at."""
    spec = replace(METHODS["patchmatch"], blends=True)
    monkeypatch.setitem(METHODS, "patchmatch", spec)
    sessions, candidates = open_sessions, open_sessions.candidates
    sessions.session.settings.candidates = 3
    mark(sessions, 30, 20, 46, 36)
    sessions.repair.choose_method("patchmatch")
    sessions.repair.repair()
    qtbot.waitUntil(lambda: len(candidates.candidates) == 3, timeout=WAIT)
    assert candidates.can_blend
    candidates.blend({1: 0.25, 3: 0.75})
    qtbot.waitUntil(lambda: len(candidates.candidates) == 4, timeout=WAIT)
    made = candidates.candidates[-1]
    seeds = [one.seed for one in candidates.candidates]
    assert made.outcome.recipe.blend == ((seeds[0], 0.25), (seeds[2], 0.75))
    assert made.outcome.values["recipe"]["blend"] == [[seeds[0], 0.25], [seeds[2], 0.75]]
    assert candidates.selected == made.number
    # of a blend and a fill: resolved into seeds
    candidates.blend({2: 0.5, made.number: 0.5})
    qtbot.waitUntil(lambda: len(candidates.candidates) == 5, timeout=WAIT)
    assert dict(candidates.candidates[-1].outcome.recipe.blend) == {seeds[0]: 0.125, seeds[1]: 0.5, seeds[2]: 0.375}
    # the same place again selects what is there
    candidates.blend({1: 0.25, 3: 0.75})
    assert candidates.selected == made.number
    assert not candidates.is_making
    candidates.apply()
    qtbot.waitUntil(lambda: not sessions.repair.is_replacing, timeout=WAIT)
    history = sessions.session.history
    assert history is not None
    recipe = history.entries[-1].recipe
    assert recipe is not None
    assert recipe["recipe"]["blend"] == [[seeds[0], 0.25], [seeds[2], 0.75]]

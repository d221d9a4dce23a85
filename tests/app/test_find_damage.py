"""Finding damage: looked at once, then only the line is drawn elsewhere; an ordinary mask comes of it."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor import damage_session
from genrepair_desktop.app.editor.damage_panel import DamagePanel
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.document import Document
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import ModelLoader

WAIT = 30_000


@pytest.fixture
def scratched(sessions: Sessions) -> Document:
    """A calm photo of 240 x 160 with one strong and one faint scratch."""
    rng = np.random.default_rng(4)
    pixels = np.clip(110 + rng.normal(0, 1.5, (160, 240, 3)), 0, 255)
    pixels[10:150, 60:62] += 110
    pixels[10:150, 180:182] += 20
    sessions.session.open_pixels(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "scratched")
    document = sessions.session.document
    assert document is not None
    return document


def found(sessions: Sessions, qtbot: QtBot) -> Pixels:
    qtbot.waitUntil(lambda: sessions.session.desk.is_idle and sessions.mask.preview is not None, timeout=WAIT)
    preview = sessions.mask.preview
    assert preview is not None
    return preview.copy()


def test_found_damage_is_a_preview_until_it_is_added(sessions: Sessions, scratched: Document, qtbot: QtBot) -> None:
    sessions.damage.find()
    preview = found(sessions, qtbot)
    assert preview[80, 60] == 255
    assert not scratched.mask.any()
    sessions.damage.apply()
    assert np.array_equal(scratched.mask, preview)
    assert not sessions.damage.is_active
    assert sessions.mask.preview is None
    sessions.session.undo()
    assert not scratched.mask.any()


def test_the_sensitivity_only_draws_the_line_elsewhere(
    sessions: Sessions, scratched: Document, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    real = damage_session.damage_probability

    def counted(pixels: Pixels, models: ModelLoader, ctx: RunContext) -> damage_session.Map:
        looks.append(1)
        return real(pixels, models, ctx)

    monkeypatch.setattr(damage_session, "damage_probability", counted)
    sessions.damage.find()
    middle = found(sessions, qtbot)
    sessions.damage.set_sensitivity(5)
    low = found(sessions, qtbot)
    sessions.damage.set_sensitivity(90)
    high = found(sessions, qtbot)
    assert len(looks) == 1
    assert (low > 0).sum() < (middle > 0).sum() <= (high > 0).sum()
    assert high[80, 180] == 255


def test_strokes_made_meanwhile_join_the_suggestion_and_discarding_keeps_them(
    sessions: Sessions, scratched: Document, qtbot: QtBot
) -> None:
    sessions.damage.find()
    found(sessions, qtbot)
    sessions.mask.mark_all()
    assert found(sessions, qtbot).all()
    sessions.damage.discard()
    assert scratched.mask.all()
    assert sessions.mask.preview is None


def test_another_photo_ends_the_search(sessions: Sessions, scratched: Document, qtbot: QtBot) -> None:
    sessions.damage.find()
    sessions.session.close()
    qtbot.waitUntil(lambda: sessions.session.desk.is_idle, timeout=WAIT)
    assert not sessions.damage.is_active
    assert sessions.mask.preview is None


def test_the_panel_says_that_it_looks_and_then_offers_what_it_found(
    sessions: Sessions, scratched: Document, qtbot: QtBot, dark: Theme
) -> None:
    panel = DamagePanel(sessions.damage, dark)
    qtbot.addWidget(panel)
    panel.show()
    panel.find_button.click()
    assert panel.cancel_button.isVisible()
    assert not panel.sensitivity.isVisible()
    found(sessions, qtbot)
    assert panel.sensitivity.isVisible()
    assert not panel.cancel_button.isVisible()
    panel.discard_button.click()
    assert panel.find_button.isVisible()
    assert not sessions.damage.has_suggestion

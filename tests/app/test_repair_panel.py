"""The Method part of the panel: what stands where in the list, one strength, and what the strip of fills says."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import make_sessions
from genrepair_desktop.app.editor.candidate_strip import CandidateStrip
from genrepair_desktop.app.editor.candidate_tile import TILE_SIDE, CandidateTile
from genrepair_desktop.app.editor.repair_panel import RepairPanel
from genrepair_desktop.app.editor.repair_work import HashedModels
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme, load_theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.catalog import METHODS


@pytest.fixture
def with_models(desk: JobDesk, settings: Settings) -> Iterator[Sessions]:
    """The sessions with the models that the program ships."""
    parent = QObject()
    yield make_sessions(desk, settings, HashedModels(ModelLoader(ModelStore.installed(), "cpu"), str), parent)
    parent.deleteLater()


@pytest.fixture
def panel(with_models: Sessions, dark: Theme, qtbot: QtBot) -> RepairPanel:
    made = RepairPanel(with_models.repair, dark)
    qtbot.addWidget(made)
    made.show()
    return made


def test_whole_picture_methods_stand_together_below_a_line(panel: RepairPanel) -> None:
    ids = [panel.method.itemData(place) for place in range(panel.method.count())]
    assert ids[0] == "auto"
    lines = [place for place, method_id in enumerate(ids) if method_id is None]
    assert {METHODS[method_id].task for method_id in ids[: lines[-1]] if method_id} == {"fill"}
    below = ids[lines[-1] + 1 :]
    assert set(below) == {spec.id for spec in METHODS.values() if spec.task != "fill"}


def test_every_method_can_be_chosen_from_the_list(panel: RepairPanel, with_models: Sessions) -> None:
    for method_id in METHODS:
        panel.method.setCurrentIndex(panel.method.findData(method_id))
        assert with_models.repair.choice.method == method_id


def test_a_method_with_a_strength_of_its_own_shows_one_strength(panel: RepairPanel, with_models: Sessions) -> None:
    with_models.repair.choose_method("denoise")
    assert panel.form.is_empty
    assert panel.strength.isVisible()
    assert with_models.repair.choice.recipe.params.get("strength", 1.0) == 1.0


def test_the_strip_says_what_can_be_done(sessions: Sessions, dark: Theme, qtbot: QtBot) -> None:
    strip = CandidateStrip(sessions.candidates, dark)
    qtbot.addWidget(strip)
    assert "Point at a fill" in strip.waiting.text()
    sessions.candidates.selected = 3
    strip.refresh()
    assert "Fill 3 is shown" in strip.waiting.text()
    assert strip.apply_button.isEnabled()


def test_a_selected_tile_takes_the_colours_of_another_theme(dark: Theme, qtbot: QtBot) -> None:
    picture = QPixmap(TILE_SIDE, TILE_SIDE)
    picture.fill(Qt.GlobalColor.black)
    tile = CandidateTile(1, picture, load_theme("light"))
    qtbot.addWidget(tile)
    tile.show_state(is_applied=False, is_selected=True, is_starred=False)
    tile.set_theme(dark)
    frame = tile.grab().toImage().pixelColor(tile.width() // 2, 2)
    assert frame.name() == dark.accent_line

"""Directions between two groups of pictures: marked, pushed along, kept in the project, read from strangers."""

import base64
import json
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app.browser.attribute_session import EXTRA, FARTHEST, SIDES, AttributeSession, Side
from genrepair_desktop.app.browser.attribute_tab import AttributeTab
from genrepair_desktop.app.browser.direction_file import MOST_DIRECTIONS, Direction, from_values, values_of
from genrepair_desktop.app.browser.parts import SamplesParts, make_parts
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.preview import quick_pictures
from genrepair_desktop.registry.store import ModelStore
from tests import tiny_models

WAIT = 60_000


@pytest.fixture
def parts(sessions: Sessions, qtbot: QtBot) -> Iterator[SamplesParts]:
    """Twelve pictures of a VAE and two of a GAN."""
    tiny_models.install(paths.user_models_dir(), "vae-tiny", "gan-tiny")
    parent = QObject()
    made = make_parts(sessions, GenerativeModels(ModelStore([paths.user_models_dir()])), parent)
    for model, count in (("vae-tiny", 12), ("gan-tiny", 2)):
        made.samples.choose_model(model)
        made.samples.choose(count=count, seed=3)
        made.samples.sample()
        qtbot.waitUntil(lambda: not made.samples.is_running, timeout=WAIT)
    made.attribute.set_active(True)
    yield made
    made.shut_down()
    parent.deleteLater()


def select(parts: SamplesParts, *places: int) -> list[int]:
    keys = [parts.shelf.entries()[place].key for place in places]
    parts.shelf.select(keys)
    return keys


def mark_groups(parts: SamplesParts, qtbot: QtBot) -> np.ndarray:
    """Mark two groups and wait for the direction; returns the step between their means."""
    latents = np.stack([e.latent for e in parts.shelf.entries()[:7] if e.latent is not None])
    select(parts, 0, 1, 2)
    parts.attribute.mark("with")
    select(parts, 3, 4, 5, 6)
    parts.attribute.mark("without")
    qtbot.waitUntil(lambda: parts.attribute.direction is not None, timeout=WAIT)
    return latents[:3].mean(axis=0) - latents[3:].mean(axis=0)


def named(parts: SamplesParts) -> list[str]:
    return [one.name for one in parts.attribute.named]


def test_a_picture_is_pushed_by_the_difference_of_the_groups_means(parts: SamplesParts, qtbot: QtBot) -> None:
    attribute = parts.attribute
    step = mark_groups(parts, qtbot)
    (key,) = select(parts, 9)
    assert attribute.obstacle == ""
    assert not attribute.is_made
    attribute.set_amount(1.5)
    latent = parts.shelf.entry(key).latent
    assert latent is not None
    qtbot.waitUntil(lambda: attribute.is_made, timeout=WAIT)
    assert attribute.latent is not None
    assert attribute.preview is not None
    np.testing.assert_allclose(attribute.latent - latent, 1.5 * step, atol=1e-5)
    model = parts.studio.models.open_latent("vae-tiny")
    assert np.array_equal(attribute.preview, quick_pictures(model, attribute.latent[None])[0])
    # the next picture is pushed as far, so that several can be tried one after the other
    before = attribute.preview
    select(parts, 10)
    qtbot.waitUntil(lambda: attribute.is_made and attribute.preview is not before, timeout=WAIT)
    attribute.set_amount(9.0)
    assert attribute.amount == FARTHEST
    attribute.set_amount(0.0)
    assert not attribute.is_made
    assert attribute.preview is not None
    assert np.array_equal(attribute.preview, parts.shelf.entries()[10].picture)


def test_each_step_says_what_comes_next_and_what_does_not_fit(parts: SamplesParts, qtbot: QtBot) -> None:
    attribute = parts.attribute
    said: list[str] = []
    parts.studio.noticed.connect(lambda notice: said.append(notice.text))
    assert "have something in common" in attribute.obstacle
    select(parts, 0, 1)
    attribute.mark("with")
    assert "group B" in attribute.obstacle
    assert attribute.told("with").startswith("2 pictures are group A. Now select pictures that lack it")
    assert not said
    attribute.mark("without")
    qtbot.waitUntil(lambda: "Both groups are the same" in attribute.obstacle, timeout=WAIT)
    select(parts, 12)
    attribute.mark("without")
    assert "different models" in attribute.obstacle
    mark_groups(parts, qtbot)
    select(parts, 13)
    assert "vae-tiny" in attribute.obstacle
    attribute.set_amount(1.0)
    assert not attribute.is_made, "a latent of another model means something else"
    parts.shelf.select(())
    assert "select the picture to push" in attribute.obstacle
    select(parts, 0, 12)
    attribute.mark("with")
    assert "different models" in said[-1]


def test_a_kept_direction_travels_in_the_project_and_can_be_forgotten(
    parts: SamplesParts, open_sessions: Sessions, qtbot: QtBot
) -> None:
    attribute, photo = parts.attribute, open_sessions.session
    assert photo.history is not None
    step = mark_groups(parts, qtbot)
    photo.history.mark_clean()
    attribute.keep("  Open   mouth ")
    assert not photo.history.is_clean
    assert (attribute.chosen, named(parts)) == ("Open mouth", ["Open mouth"])
    kept = json.loads(json.dumps(photo.extras[EXTRA], allow_nan=False))
    select(parts, 7, 8)
    attribute.mark("with")
    qtbot.waitUntil(lambda: attribute.direction is not None, timeout=WAIT)
    assert attribute.chosen == "", "new groups are what one wants to try"
    attribute.choose("Open mouth")
    assert attribute.direction is not None
    np.testing.assert_allclose(attribute.direction.step, step, atol=1e-6)
    attribute.forget()
    assert not attribute.named
    assert photo.extras[EXTRA] == []
    photo.take_extras({EXTRA: kept})
    assert named(parts) == ["Open mouth"]
    photo.take_extras({})
    assert named(parts) == ["Open mouth"], "a photo without any leaves those of the session"


@pytest.mark.parametrize(
    "forged",
    [
        7, {}, {"name": "", "model": "m", "step": "AACAPw=="}, {"name": "n", "model": 3, "step": "AACAPw=="},
        {"name": "n", "model": "m" * 999, "step": "AACAPw=="}, {"name": "n", "model": "m", "step": "no base 64"},
        {"name": "n", "model": "m", "step": ""}, {"name": "n", "model": "m", "step": "AAA="},
        {"name": "n", "model": "m", "step": base64.b64encode(np.full(3, np.inf, "<f4").tobytes()).decode()},
        {"name": "n", "model": "m", "step": "A" * 10**6},
    ],
)  # fmt: skip
def test_a_forged_direction_is_left_out_and_the_others_stay(forged: object) -> None:
    good = Direction("smile", "vae-tiny", np.array([1, 2, 3], np.float32))
    (found,) = from_values([forged, *values_of([good])])
    assert (found.name, found.model_id) == ("smile", "vae-tiny")
    assert np.array_equal(found.step, good.step)
    assert from_values({"smile": good}) == ()
    many = values_of([Direction(f"d{i}", "m", good.step) for i in range(3 * MOST_DIRECTIONS)])
    assert len(from_values(many)) == MOST_DIRECTIONS


def test_a_direction_of_another_length_is_told_and_costs_nothing(parts: SamplesParts, qtbot: QtBot) -> None:
    said: list[str] = []
    parts.studio.noticed.connect(lambda notice: said.append(notice.text))
    parts.attribute.named = (Direction("odd", "vae-tiny", np.ones(3, np.float32)),)
    parts.attribute.choose("odd")
    select(parts, 2)
    parts.attribute.set_amount(1.0)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "numbers each" in said[0]
    assert not parts.attribute.is_made


@pytest.fixture
def tab(parts: SamplesParts, qtbot: QtBot) -> AttributeTab:
    """The tab, its commands marking as those of the window do."""
    actions: dict[Side, QAction] = {side: QAction(f"Mark selected as {side}", parts.attribute) for side in SIDES}
    actions["with"].triggered.connect(lambda: parts.attribute.mark("with"))
    actions["without"].triggered.connect(lambda: parts.attribute.mark("without"))
    made = AttributeTab(parts.attribute, actions)
    qtbot.addWidget(made)
    return made


def test_the_tab_marks_pushes_and_keeps(parts: SamplesParts, tab: AttributeTab, qtbot: QtBot) -> None:
    attribute: AttributeSession = parts.attribute
    assert not tab.slider.isEnabled()
    select(parts, 0, 1)
    tab.marks["with"].click()
    select(parts, 2)
    tab.marks["without"].click()
    assert [label.text() for label in tab.counts.values()] == ["2 pictures", "1 picture"]
    select(parts, 5)
    qtbot.waitUntil(tab.slider.isEnabled, timeout=WAIT)
    assert tab.hint.isHidden()
    tab.slider.setValue(tab.slider.maximum())
    assert (attribute.amount, tab.amount.text()) == (FARTHEST, "+2.0")
    qtbot.waitUntil(lambda: attribute.is_made, timeout=WAIT)
    assert not tab.keep_button.isEnabled()
    tab.direction.setEditText("Smile")
    tab.keep_button.click()
    assert named(parts) == ["Smile"]
    assert tab.direction.currentText() == "Smile"
    assert not tab.keep_button.isEnabled()
    tab.direction.setCurrentIndex(0)
    tab.direction.activated.emit(0)
    assert attribute.chosen == ""
    tab.direction.activated.emit(1)
    tab.forget_button.click()
    assert named(parts) == []
    tab.reset_button.click()
    assert attribute.amount == 0

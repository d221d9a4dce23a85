"""The Samples workspace without a window: sampling, taking in, fusing, walking, changing, using, exporting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app.browser.change_tab import MixTab
from genrepair_desktop.app.browser.fuse_tabs import PartsTab
from genrepair_desktop.app.browser.parts import SamplesParts, make_parts
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.fusion import FACE_PARTS, blend_latents, carry_tone
from genrepair_desktop.generate.preview import quick_pictures
from genrepair_desktop.registry.store import ModelStore
from tests import tiny_models

WAIT = 60_000


@pytest.fixture
def parts(sessions: Sessions) -> Iterator[SamplesParts]:
    """The sessions over tiny models, the VAE chosen."""
    tiny_models.install(paths.user_models_dir())
    parent = QObject()
    made = make_parts(sessions, GenerativeModels(ModelStore([paths.user_models_dir()])), parent)
    made.samples.choose_model("vae-tiny")
    yield made
    made.shut_down()
    parent.deleteLater()


@pytest.fixture
def sampled(parts: SamplesParts, qtbot: QtBot) -> SamplesParts:
    """Twenty pictures of the VAE."""
    sample(parts, qtbot, 20)
    return parts


def sample(parts: SamplesParts, qtbot: QtBot, count: int, *, model: str = "vae-tiny", seed: int = 3) -> None:
    parts.samples.choose_model(model)
    parts.samples.choose(count=count, seed=seed)
    parts.samples.sample()
    qtbot.waitUntil(lambda: not parts.samples.is_running, timeout=WAIT)


def keys(parts: SamplesParts) -> list[int]:
    return [entry.key for entry in parts.shelf.entries()]


def told(parts: SamplesParts) -> list[str]:
    """What the bar will say, from now on."""
    said: list[str] = []
    parts.studio.noticed.connect(lambda notice: said.append(notice.text))
    return said


def test_the_gallery_fills_in_batches_with_the_pictures_of_the_seed(parts: SamplesParts, qtbot: QtBot) -> None:
    batches: list[int] = []
    parts.shelf.added.connect(lambda new: batches.append(len(new)))
    sample(parts, qtbot, 37)
    assert batches == [16, 16, 5]
    entries = parts.shelf.entries()
    assert [entry.number for entry in entries] == list(range(37))
    assert {entry.seed for entry in entries} == {3}
    model = parts.studio.models.open_latent("vae-tiny")
    from genrepair_desktop.jobs.context import RunContext

    whole = model.sample(37, RunContext(3))
    assert whole.latents is not None
    assert all(_is_like(e.picture, p) for e, p in zip(entries, whole.pictures, strict=True))
    assert all(np.array_equal(e.latent, z) for e, z in zip(entries, whole.latents, strict=True))


def test_a_cancelled_sampling_keeps_what_is_made_and_can_start_again(parts: SamplesParts, qtbot: QtBot) -> None:
    parts.samples.choose(count=4000)
    parts.samples.sample()
    qtbot.waitUntil(lambda: len(parts.shelf.entries()) >= 16, timeout=WAIT)
    parts.samples.cancel()
    qtbot.waitUntil(lambda: not parts.samples.is_running, timeout=WAIT)
    kept = len(parts.shelf.entries())
    assert 16 <= kept < 4000
    sample(parts, qtbot, 5)
    assert len(parts.shelf.entries()) == kept + 5


def test_the_seed_steps_on_after_a_run_so_that_the_next_one_is_new(parts: SamplesParts, qtbot: QtBot) -> None:
    sample(parts, qtbot, 4, seed=7)
    assert parts.samples.choice.seed == 8
    parts.samples.sample()
    qtbot.waitUntil(lambda: not parts.samples.is_running, timeout=WAIT)
    first, second = parts.shelf.entries()[0], parts.shelf.entries()[4]
    assert not np.array_equal(first.picture, second.picture)


def test_a_model_that_knows_classes_takes_one_and_has_no_latents(parts: SamplesParts, qtbot: QtBot) -> None:
    parts.samples.choose_model("pixel-rnn-tiny")
    assert parts.samples.model is not None
    assert parts.samples.model.classes == 3
    parts.samples.choose_label(2)
    sample(parts, qtbot, 3, model="pixel-rnn-tiny")
    assert all(entry.latent is None and entry.picture.shape == (8, 8, 1) for entry in parts.shelf.entries())
    parts.shelf.select(keys(parts)[:2])
    parts.fusion.set_active(True)
    assert "no latent" in parts.fusion.problem


def test_a_damaged_model_is_told_and_costs_nothing(parts: SamplesParts, qtbot: QtBot) -> None:
    # another than the chosen one, which may be ready already
    weights = paths.user_models_dir() / "manifold-tiny" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    said = told(parts)
    sample(parts, qtbot, 4, model="manifold-tiny")
    assert not parts.shelf.entries()
    assert len(set(said)) == 1
    assert "install the model again" in said[0]


def test_own_pictures_are_encoded_and_one_that_is_none_costs_only_itself(
    parts: SamplesParts, qtbot: QtBot, tiny_photo: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    said = told(parts)
    with qtbot.waitSignal(parts.intake.taken, timeout=WAIT):
        parts.intake.add_files([broken, tiny_photo])
    (entry,) = parts.shelf.entries()
    assert (entry.kind, entry.title, entry.model_id) == ("mine", "tiny", "vae-tiny")
    model = parts.studio.models.open_latent("vae-tiny")
    assert entry.latent is not None
    assert np.array_equal(model.encode(entry.picture[None])[0], entry.latent)
    assert len(said) == 1
    assert said[0].startswith("broken.png")


def test_the_open_photo_can_be_added_and_without_one_a_sentence_says_so(
    parts: SamplesParts, open_sessions: Sessions, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(parts.intake.taken, timeout=WAIT):
        parts.intake.add_open_photo()
    assert parts.shelf.entries()[0].kind == "mine"
    open_sessions.session.close()
    said = told(parts)
    parts.intake.add_open_photo()
    assert "No photo is open" in said[0]


def test_a_portrait_model_says_that_it_found_no_face(parts: SamplesParts, qtbot: QtBot, tiny_photo: Path) -> None:
    tiny_models.install_portraits(paths.user_models_dir(), "vae-portraits")
    parts.samples.refresh()
    parts.samples.choose_model("vae-portraits")
    said = told(parts)
    parts.intake.add_files([tiny_photo])
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "No face was found" in said[0]
    assert not parts.shelf.entries()


def test_fusion_follows_the_weights(sampled: SamplesParts, qtbot: QtBot) -> None:
    chosen = [keys(sampled)[i] for i in (4, 1)]
    sampled.shelf.select(chosen)
    fusion = sampled.fusion
    fusion.set_active(True)
    fusion.set_weight(0, 0.25)
    assert fusion.shares == pytest.approx((0.2, 0.8))
    model = sampled.studio.models.open_latent("vae-tiny")
    latents = np.stack([sampled.shelf.entry(key).latent for key in chosen])
    wanted = blend_latents(latents, (0.25, 1.0), is_spherical=model.is_spherical)
    qtbot.waitUntil(lambda: fusion.latent is not None and np.array_equal(fusion.latent, wanted), timeout=WAIT)
    assert fusion.preview is not None
    assert np.array_equal(fusion.preview, quick_pictures(model, wanted[None])[0])


def test_weights_that_are_all_zero_show_nothing_and_come_back(sampled: SamplesParts, qtbot: QtBot) -> None:
    sampled.shelf.select(keys(sampled)[:2])
    fusion = sampled.fusion
    fusion.set_active(True)
    qtbot.waitUntil(lambda: fusion.preview is not None, timeout=WAIT)
    fusion.set_weight(0, 0.0)
    fusion.set_weight(1, 0.0)
    qtbot.waitUntil(lambda: not fusion.is_made, timeout=WAIT)
    fusion.set_weight(1, 0.5)
    qtbot.waitUntil(lambda: fusion.is_made, timeout=WAIT)


def test_pictures_of_two_models_are_not_fused_and_a_sentence_says_why(sampled: SamplesParts, qtbot: QtBot) -> None:
    sample(sampled, qtbot, 2, model="gan-tiny")
    sampled.shelf.select([keys(sampled)[0], keys(sampled)[-1]])
    sampled.fusion.set_active(True)
    assert "different models" in sampled.fusion.problem
    assert not sampled.fusion.is_made


def test_parts_of_faces_are_laid_over_the_first_and_brought_together(sampled: SamplesParts, qtbot: QtBot) -> None:
    ground, other = keys(sampled)[:2]
    sampled.shelf.select([ground, other])
    faces = sampled.faces
    faces.set_active(True)
    for part in ("nose", "mouth"):
        faces.choose(part, 0)
    faces.choose("eyes", 1)
    collage, side = faces.preview, 16
    assert collage is not None
    eyes, mouth = (round(0.41 * side), round(0.37 * side)), (round(0.9 * side), side // 2)
    toned = carry_tone(sampled.shelf.entry(other).picture, sampled.shelf.entry(ground).picture)
    assert np.allclose(collage[eyes], toned[eyes], atol=0.02)
    assert np.allclose(collage[mouth], sampled.shelf.entry(ground).picture[mouth], atol=0.02)
    before = len(sampled.shelf.entries())
    faces.fuse()
    qtbot.waitUntil(lambda: len(sampled.shelf.entries()) == before + 1, timeout=WAIT)
    made = sampled.shelf.entries()[-1]
    assert made.latent is not None
    model = sampled.studio.models.open_latent("vae-tiny")
    assert _is_like(model.decode(made.latent[None])[0], made.picture)


def test_what_is_painted_shows_the_chosen_picture_and_can_be_taken_back(sampled: SamplesParts, qtbot: QtBot) -> None:
    ground, other, third = keys(sampled)[:3]
    sampled.shelf.select([ground, other, third])
    faces = sampled.faces
    faces.set_active(True)
    for part in FACE_PARTS:
        faces.choose(part, 0)
    picture = sampled.shelf.entry(ground).picture
    assert faces.collage is not None
    assert np.allclose(faces.collage, picture, atol=1e-3)
    tab = PartsTab(faces)
    qtbot.addWidget(tab)
    tab.resize(700, 240)
    tab.show()
    tab.source.activated.emit(2)
    tab.brush.setValue(20)
    qtbot.mousePress(tab.pane, Qt.MouseButton.LeftButton, pos=tab.pane.rect().center())
    qtbot.mouseRelease(tab.pane, Qt.MouseButton.LeftButton, pos=tab.pane.rect().center())
    toned = carry_tone(sampled.shelf.entry(third).picture, picture)
    assert np.allclose(faces.collage[8, 8], toned[8, 8], atol=1e-3)
    assert np.allclose(faces.collage[1, 1], picture[1, 1], atol=1e-3)
    # between both the border is soft
    assert not np.allclose(faces.collage[8, 11], toned[8, 11], atol=1e-3)
    # painting with the ground gives a place back to it, over a chosen part as well
    faces.choose("nose", 1)
    faces.paint_with(0)
    faces.paint(0.5, 0.54)
    assert np.allclose(faces.collage[8, 8], picture[8, 8], atol=1e-3)
    assert tab.clear_button.isEnabled()
    tab.clear_button.click()
    assert not faces.has_paint
    faces.paint_with(1)
    faces.paint(0.2, 0.2)
    faces.paint(0.2, 0.2, is_erasing=True)
    assert not tab.grab().isNull()
    before = len(sampled.shelf.entries())
    faces.fuse()
    qtbot.waitUntil(lambda: len(sampled.shelf.entries()) == before + 1, timeout=WAIT)
    assert sampled.shelf.entries()[-1].latent is not None


def test_a_walk_goes_through_the_pictures_in_the_order_of_choice(
    sampled: SamplesParts, qtbot: QtBot, tmp_path: Path
) -> None:
    chosen = [keys(sampled)[i] for i in (5, 2, 9)]
    sampled.shelf.select(chosen)
    walk = sampled.walk
    walk.choose(steps=9)
    with qtbot.waitSignal(walk.walked, timeout=WAIT):
        walk.walk()
    assert walk.pictures is not None
    assert len(walk.pictures) == 9
    ends = [sampled.shelf.entry(key).picture for key in (chosen[0], chosen[-1])]
    assert _is_like(walk.pictures[0], ends[0])
    assert _is_like(walk.pictures[-1], ends[1])
    for name, frames in (("way.gif", 16), ("way.apng", 16), ("way.png", 1)):
        with qtbot.waitSignal(walk.exported, timeout=WAIT):
            walk.export(tmp_path / name)
        with Image.open(tmp_path / name) as film:
            assert getattr(film, "n_frames", 1) == frames, "there and back, without the ends twice"


def test_a_push_changes_the_picture_and_can_be_taken_back(sampled: SamplesParts, qtbot: QtBot) -> None:
    sample(sampled, qtbot, 2, model="manifold-tiny")
    key = keys(sampled)[-1]
    sampled.shelf.select([key])
    push = sampled.push
    push.set_active(True)
    qtbot.waitUntil(lambda: push.tangent is not None, timeout=WAIT)
    assert not push.is_made
    push.set_amount(0, 2.0)
    qtbot.waitUntil(lambda: push.latent is not None, timeout=WAIT)
    entry = sampled.shelf.entry(key)
    assert push.tangent is not None
    assert push.latent is not None
    assert np.allclose(push.latent - entry.latent, 2.0 * push.tangent.directions[0], atol=1e-5)
    assert push.preview is not None
    assert np.abs(push.preview - entry.picture).max() > 0.01
    push.reset()
    assert push.preview is not None
    assert np.array_equal(push.preview, entry.picture)
    assert not push.is_made


def test_styles_are_mixed_between_two_pictures_of_a_gan(sampled: SamplesParts, qtbot: QtBot) -> None:
    sampled.shelf.select(keys(sampled)[:2])
    sampled.mix.set_active(True)
    assert "GAN" in sampled.mix.problem
    sample(sampled, qtbot, 2, model="gan-tiny")
    first, second = keys(sampled)[-2:]
    sampled.shelf.select([first, second])
    qtbot.waitUntil(lambda: sampled.mix.is_made, timeout=WAIT)
    tab = MixTab(sampled.mix)
    qtbot.addWidget(tab)
    assert tab.slider.maximum() == sampled.mix.layers == 3
    assert f"--style-from {sampled.mix.layer}" in tab.words.text()
    for layer, key in ((3, first), (0, second)):
        tab.slider.setValue(layer)
        wanted = sampled.shelf.entry(key).picture
        qtbot.waitUntil(lambda wanted=wanted: _is_like(sampled.mix.preview, wanted), timeout=WAIT)


def _is_like(picture: np.ndarray | None, wanted: np.ndarray) -> bool:
    """The same but for what the 8 bits of the shelf leave out, and a thousandth."""
    return picture is not None and bool(np.abs(picture - wanted).max() < 0.5 / 255 + 1e-3)


def test_a_picture_fills_the_marked_place_as_one_undo_step(
    sampled: SamplesParts, open_sessions: Sessions, mark: Callable[..., None], qtbot: QtBot
) -> None:
    said = told(sampled)
    sampled.use.use(sampled.shelf.entries()[0].picture)
    assert "Nothing is marked" in said[0]
    mark(open_sessions, 30, 20, 50, 40)
    document, history = open_sessions.session.document, open_sessions.session.history
    assert document is not None
    assert history is not None
    before, steps = document.pixels.copy(), history.index
    with qtbot.waitSignal(open_sessions.repair.repaired, timeout=WAIT):
        sampled.use.use(sampled.shelf.entries()[0].picture)
    hole = np.zeros(before.shape[:2], bool)
    hole[20:40, 30:50] = True
    assert (document.pixels[hole] != before[hole]).any()
    assert document.pixels[~hole].tobytes() == before[~hole].tobytes()
    assert history.index == steps + 1
    recipe = (history.entries[-1].recipe or {})["recipe"]
    assert recipe["method"] == "picture"
    assert open_sessions.repair.choice.method != "picture", "the chosen method stays chosen"
    open_sessions.session.undo()
    assert document.pixels.tobytes() == before.tobytes()


def test_exports_are_named_by_model_seed_and_number_and_overwrite_nothing(
    sampled: SamplesParts, qtbot: QtBot, tmp_path: Path
) -> None:
    sampled.shelf.select([keys(sampled)[2], keys(sampled)[0]])
    for _ in range(2):
        with qtbot.waitSignal(sampled.exports.exported, timeout=WAIT):
            sampled.exports.write_each(tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "vae-tiny-seed3-0001-2.png", "vae-tiny-seed3-0001.png", "vae-tiny-seed3-0003-2.png", "vae-tiny-seed3-0003.png",
    ]  # fmt: skip
    with Image.open(tmp_path / "out" / "vae-tiny-seed3-0003.png") as image:
        shown = np.asarray(image)
    assert np.abs(shown / 255 - sampled.shelf.entries()[2].picture).max() <= 0.5 / 255 + 1e-6


def test_without_a_selection_all_are_exported_as_a_sheet_and_as_latents(
    sampled: SamplesParts, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(sampled.exports.exported, timeout=WAIT):
        sampled.exports.write_sheet(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (5 * 16 + 4 * 2, 4 * 16 + 3 * 2)
    with qtbot.waitSignal(sampled.exports.exported, timeout=WAIT):
        sampled.exports.write_latents(tmp_path / "z.npy")
    wanted = np.stack([entry.latent for entry in sampled.shelf.entries()])
    assert np.array_equal(np.load(tmp_path / "z.npy"), wanted)


def test_pictures_of_several_models_share_a_sheet_but_no_file_of_latents(
    sampled: SamplesParts, qtbot: QtBot, tmp_path: Path
) -> None:
    sample(sampled, qtbot, 2, model="pixel-rnn-tiny")
    with qtbot.waitSignal(sampled.exports.exported, timeout=WAIT):
        sampled.exports.write_sheet(tmp_path / "sheet.png")
    said = told(sampled)
    sampled.exports.write_latents(tmp_path / "z.npy")
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "one model" in said[0]
    assert not (tmp_path / "z.npy").exists()

"""``auto`` gives holes that take much of a face to the model of faces, and only those."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image, Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair import catalog, fill_run, manifold_fill
from genrepair_desktop.repair.auto import IF_IN_FACE, UNLIKE_FACES
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.in_face import is_in_face
from genrepair_desktop.repair.method import NoModels, Patch, Repairer
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe

Coverage = npt.NDArray[np.uint8]
EYE, WALL, BADGE = (235, 110), (450, 100), (120, 400)


@pytest.fixture(scope="module")
def models() -> ModelLoader:
    return ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    return cases.photo("astronaut")


def disc(centre: tuple[int, int], radius: int) -> Coverage:
    coverage = np.zeros((512, 512), np.uint8)
    cv2.circle(coverage, centre, radius, 255, -1)
    return coverage


def ask(models: Any, photo: Pixels, coverage: Coverage) -> bool:
    mask = coverage > 0
    rect = Rect(*cv2.boundingRect(coverage))
    return is_in_face(models, photo, mask, mask[rect.slices], rect)


def test_an_eye_is_in_a_face_and_a_rocket_is_not(models: ModelLoader, astronaut: Pixels) -> None:
    assert ask(models, astronaut, disc(EYE, 24))
    assert not ask(models, astronaut, disc(WALL, 24))


def test_a_small_hole_leaves_enough_of_the_face_to_go_on_from(models: ModelLoader, astronaut: Pixels) -> None:
    assert not ask(models, astronaut, disc(EYE, 6))


def test_without_the_models_no_hole_is_in_a_face(astronaut: Pixels) -> None:
    assert not ask(NoModels(), astronaut, disc(EYE, 24))


@pytest.mark.parametrize(("kind", "channels"), [(np.uint16, 3), (np.uint8, 4), (np.uint8, 1)])
def test_depth_alpha_and_grey_change_nothing(models: ModelLoader, astronaut: Pixels, kind: Any, channels: int) -> None:
    photo = astronaut[..., :1] if channels == 1 else astronaut
    if channels == 4:
        photo = np.concatenate([photo, np.full((512, 512, 1), 255, np.uint8)], axis=2)
    photo = photo.astype(np.uint16) * 257 if kind == np.uint16 else photo
    assert ask(models, photo, disc(EYE, 24))


def test_a_large_photo_is_looked_at_small(models: ModelLoader, astronaut: Pixels) -> None:
    large = np.asarray(cv2.resize(astronaut, (2048, 2048), interpolation=cv2.INTER_CUBIC), np.uint8)
    coverage = disc(EYE, 24).repeat(4, axis=0).repeat(4, axis=1)
    assert ask(models, large, coverage)


def test_everything_hidden_is_no_face(models: ModelLoader, astronaut: Pixels) -> None:
    assert not ask(models, astronaut, np.full((512, 512), 255, np.uint8))


def test_auto_chooses_by_it_and_keeps_the_rest_of_the_photo(models: ModelLoader, astronaut: Pixels) -> None:
    coverage = disc(EYE, 22) | disc(WALL, 22)
    done = repair_pixels(astronaut, coverage, Recipe("auto"), RunContext(), models)
    methods = [hole.method for hole in done.result.holes]
    assert sorted(method == IF_IN_FACE for method in methods) == [False, True]
    assert np.array_equal(done.pixels[coverage == 0], astronaut[coverage == 0])


def test_what_only_looks_like_a_face_goes_to_the_network(models: ModelLoader, astronaut: Pixels) -> None:
    done = repair_pixels(astronaut, disc(BADGE, 24), Recipe("auto"), RunContext(), models)
    assert [hole.note for hole in done.result.holes] == [UNLIKE_FACES]


def _refuses(params: Any, models: Any) -> Repairer:
    def repair(patch: Patch, ctx: RunContext) -> Image:
        raise RepairFailedError("The face is unlike those the model learned.")

    return repair


def test_a_face_unlike_all_others_goes_to_the_network_unless_the_model_was_asked_for(
    models: ModelLoader, astronaut: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = replace(manifold_fill.SPEC, build=_refuses)
    monkeypatch.setattr(fill_run, "find_method", lambda m: refusing if m == refusing.id else catalog.find_method(m))
    coverage = disc(EYE, 22)
    done = repair_pixels(astronaut, coverage, Recipe("auto"), RunContext(), models)
    assert [hole.note for hole in done.result.holes] == [UNLIKE_FACES]
    assert not np.array_equal(done.pixels[coverage > 0], astronaut[coverage > 0])
    with pytest.raises(RepairFailedError, match="unlike"):
        repair_pixels(astronaut, coverage, Recipe("manifold"), RunContext(), models)

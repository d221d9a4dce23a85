"""Walks, inversion, fusion, and the files they end in."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from genrepair_desktop.generate import walks
from genrepair_desktop.generate.animation import write_pictures
from genrepair_desktop.generate.attributes import attribute_direction, steps_along
from genrepair_desktop.generate.fusion import (
    blend_latents,
    carry_tone,
    fuse,
    fuse_parts,
    move_along,
)
from genrepair_desktop.generate.model import GenerateError, LatentModel
from genrepair_desktop.generate.project import SearchOptions, project
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from tests.tiny_models import make_model

LATENT = ["conv-vae", "style-generator", "manifold-ae"]


def latent_model(kind: str) -> LatentModel:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    return model


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 40), st.booleans())
def test_a_path_starts_and_ends_where_it_should(seed: int, steps: int, is_spherical: bool) -> None:
    ends = np.random.default_rng(seed).normal(size=(2, 7)).astype(np.float32)
    made = walks.path(ends, steps, is_spherical=is_spherical)
    assert made.shape == (steps, 7)
    np.testing.assert_allclose(made[[0, -1]], ends, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000))
def test_slerp_keeps_lengths_between_those_of_its_ends(seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 9)).astype(np.float32)
    lengths = np.linalg.norm(walks.slerp(a, b, np.linspace(0, 1, 11)), axis=1)
    low, high = sorted((np.linalg.norm(a), np.linalg.norm(b)))
    assert (lengths >= low - 1e-4).all()
    assert (lengths <= high + 1e-4).all()


def test_slerp_of_parallel_opposite_and_zero_latents_is_finite() -> None:
    a, t = np.array([1.0, 2.0], np.float32), np.linspace(0, 1, 5)
    for b in (a, 2 * a, -a, 0 * a):
        assert np.isfinite(walks.slerp(a, b, t)).all()


def test_a_closed_path_comes_round_without_repeating_its_start() -> None:
    stops = np.eye(3, dtype=np.float32)
    made = walks.path(stops, 12, is_spherical=False, closed=True)
    assert len(np.unique(made, axis=0)) == 12
    assert np.linalg.norm(made[-1] - made[0]) < 0.5


def test_a_path_takes_equal_steps_over_unequal_legs() -> None:
    stops = np.array([[0.0], [1.0], [10.0]], np.float32)
    steps = np.diff(walks.path(stops, 21, is_spherical=False)[:, 0])
    np.testing.assert_allclose(steps, 0.5, atol=1e-5)


def test_a_grid_has_its_corners_in_the_corners() -> None:
    corners = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    made = walks.grid(corners, 3, 4, is_spherical=True).reshape(3, 4, 5)
    np.testing.assert_allclose(made[[0, 0, -1, -1], [0, -1, 0, -1]], corners, atol=1e-5)


def test_paths_that_cannot_be_are_refused() -> None:
    with pytest.raises(GenerateError, match="at least two"):
        walks.path(np.zeros((1, 3), np.float32), 5, is_spherical=False)
    with pytest.raises(GenerateError, match="as many steps"):
        walks.path(np.zeros((4, 3), np.float32), 3, is_spherical=False)


@pytest.mark.parametrize("kind", LATENT)
def test_inversion_finds_a_picture_that_the_model_can_make(kind: str) -> None:
    model = latent_model(kind)
    truth = model.sample(1, RunContext(3)).pictures[0]
    quick = project(model, truth, RunContext(0), options=SearchOptions(restarts=3, steps=0))
    found = project(model, truth, RunContext(0), options=SearchOptions(restarts=3, steps=150, prior=0.0, rate=0.1))
    assert found.residuals[0] < 0.5 * quick.residuals[0]
    assert (np.diff(found.residuals) >= 0).all()
    assert found.pictures.shape == (3, *truth.shape)


def test_inversion_does_not_look_at_pixels_it_must_not_trust() -> None:
    model = latent_model("manifold-ae")
    truth = model.sample(1, RunContext(3)).pictures[0]
    damaged, confidence = truth.copy(), np.ones(truth.shape[:2], np.float32)
    damaged[4:10, 4:10], confidence[4:10, 4:10] = 1.0, 0.0
    options = SearchOptions(restarts=2, steps=60)
    other = damaged.copy()
    other[4:10, 4:10] = 0.0
    first, second = (
        project(model, p, RunContext(0), confidence=confidence, options=options).latents for p in (damaged, other)
    )
    assert np.array_equal(first, second)


def test_half_trusted_pixels_pull_less() -> None:
    model = latent_model("manifold-ae")
    truth = model.sample(1, RunContext(3)).pictures[0]
    faded = truth.copy()
    faded[4:12, 4:12] = 1 - faded[4:12, 4:12]
    errors = []
    for trust in (1.0, 0.3, 0.0):
        confidence = np.ones(truth.shape[:2], np.float32)
        confidence[4:12, 4:12] = trust
        options = SearchOptions(restarts=1, steps=120, prior=1e-4, rate=0.1)
        found = project(model, faded, RunContext(0), confidence=confidence, options=options).pictures[0]
        errors.append(float(np.abs(found - truth)[4:12, 4:12].mean()))
    assert errors[2] <= errors[1] <= errors[0]


def test_inversion_refuses_a_picture_of_which_nothing_is_known() -> None:
    model = latent_model("conv-vae")
    with pytest.raises(GenerateError, match="confidence"):
        project(model, np.zeros((16, 16, 3), np.float32), RunContext(), confidence=np.zeros((16, 16), np.float32))


def test_draws_differ_by_seed_and_the_more_the_less_is_known() -> None:
    model = latent_model("manifold-ae")
    truth = model.sample(1, RunContext(3)).pictures[0]
    options = SearchOptions(restarts=1, steps=80, prior=0.01, rate=0.1, is_drawn=True)

    def draws(known_rows: int) -> np.ndarray:
        confidence = np.zeros(truth.shape[:2], np.float32)
        confidence[:known_rows] = 1
        seeds = (0, 1, 2)
        found = [project(model, truth, RunContext(s), confidence=confidence, options=options) for s in seeds]
        return np.stack([f.latents[0] for f in found])

    few = draws(1)
    assert np.array_equal(few, draws(1))
    assert few.std(axis=0).mean() > 1.2 * draws(16).std(axis=0).mean()


def test_a_cancelled_inversion_stops() -> None:
    model, token = latent_model("conv-vae"), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        project(model, np.zeros((16, 16, 3), np.float32), RunContext(token=token))


def test_fusing_with_all_the_weight_on_one_gives_its_reconstruction() -> None:
    model = latent_model("conv-vae")
    pictures = model.sample(3, RunContext(1)).pictures
    made, latent = fuse(model, pictures, [0, 2, 0])
    np.testing.assert_allclose(made, model.decode(model.encode(pictures))[1], atol=1e-5)
    np.testing.assert_allclose(latent, model.encode(pictures)[1], atol=1e-5)


def test_blending_normal_latents_keeps_their_length() -> None:
    latents = np.random.default_rng(0).normal(size=(6, 64)).astype(np.float32)
    mixed = blend_latents(latents, [1] * 6, is_spherical=True)
    assert np.linalg.norm(mixed) == pytest.approx(np.linalg.norm(latents, axis=1).mean(), rel=1e-4)


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0]])
def test_weights_that_make_no_sense_are_refused(weights: list[float]) -> None:
    with pytest.raises(GenerateError):
        blend_latents(np.zeros((2, 3), np.float32), weights, is_spherical=False)


def test_fusing_parts_takes_each_part_from_its_picture() -> None:
    model = latent_model("manifold-ae")
    pictures = model.sample(2, RunContext(6)).pictures
    left = np.zeros((16, 16), np.float32)
    left[:, :8] = 1
    options = SearchOptions(restarts=2, steps=150, prior=0.0, rate=0.1)
    made, latent = fuse_parts(model, pictures, [left, 1 - left], RunContext(), options=options)
    collage = np.concatenate([pictures[0][:, :8], pictures[1][:, 8:]], axis=1)
    exchanged = np.concatenate([pictures[1][:, :8], pictures[0][:, 8:]], axis=1)
    assert np.abs(made - collage).mean() < 0.8 * np.abs(made - exchanged).mean()
    assert latent.shape == (model.latent_dim,)


def test_moving_along_a_direction_and_back_changes_nothing() -> None:
    latent, direction = np.random.default_rng(1).normal(size=(2, 5)).astype(np.float32)
    there = move_along(latent, direction, 1.5)
    np.testing.assert_allclose(move_along(there, direction, -1.5), latent, atol=1e-6)


def test_tone_moves_to_that_of_the_reference(photo: np.ndarray) -> None:
    reference = (0.2 + 0.3 * photo[::-1] * np.array([1.0, 0.8, 0.5], np.float32)).astype(np.float32)
    toned = carry_tone(photo, reference)
    assert np.abs(toned.mean((0, 1)) - reference.mean((0, 1))).max() < 0.02
    assert np.array_equal(carry_tone(photo, reference, strength=0.0), photo)


@pytest.mark.parametrize(("name", "frames"), [("walk.gif", 5), ("walk.apng", 5), ("walk.png", 1)])
def test_a_path_is_written_as_its_name_says(tmp_path: Path, name: str, frames: int) -> None:
    pictures = np.random.default_rng(0).uniform(size=(5, 8, 8, 3)).astype(np.float32)
    write_pictures(pictures, tmp_path / name)
    with PillowImage.open(tmp_path / name) as picture:
        assert getattr(picture, "n_frames", 1) == frames
        assert picture.size == ((8, 8) if frames > 1 else (5 * 8 + 4 * 2, 8))
    first = (tmp_path / name).read_bytes()
    write_pictures(pictures, tmp_path / name, overwrite=True)
    assert (tmp_path / name).read_bytes() == first


def test_an_unknown_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerateError, match=r"\.gif"):
        write_pictures(np.zeros((2, 4, 4, 3), np.float32), tmp_path / "walk.mp4")
    assert list(tmp_path.iterdir()) == []


def test_of_few_pictures_an_attribute_is_the_difference_of_their_means() -> None:
    rng = np.random.default_rng(2)
    with_it, without_it = rng.normal(size=(4, 5)).astype(np.float32), rng.normal(size=(9, 5)).astype(np.float32)
    wanted = with_it.mean(axis=0) - without_it.mean(axis=0)
    np.testing.assert_allclose(attribute_direction(with_it, without_it), wanted, atol=1e-5)


def test_what_varies_in_both_groups_alike_is_not_taken_for_the_attribute() -> None:
    rng = np.random.default_rng(4)
    # the second number varies wildly and happens to differ in the means; the first is what tells them apart
    spread = np.array([0.3, 8.0, 1.0])
    latents = (rng.normal(size=(40, 3)) * spread).astype(np.float32)
    latents[:20, 0] += 2
    latents[:20, 1] += 3
    by_means = latents[:20].mean(axis=0) - latents[20:].mean(axis=0)
    found = attribute_direction(latents[:20], latents[20:])
    assert abs(by_means[0]) < abs(by_means[1])
    assert found[0] > 5 * abs(found[1])
    # a step of 1 takes the one group's mean to where the other's lies, as seen along the step
    along = found / np.linalg.norm(found)
    assert along @ by_means == pytest.approx(np.linalg.norm(found), rel=1e-4)


def test_an_attribute_is_found_again_and_walked_along_in_even_steps() -> None:
    rng = np.random.default_rng(4)
    wanted = np.array([2, 0, -1, 0], np.float32)
    without = rng.normal(size=(400, 4)).astype(np.float32)
    found = attribute_direction(without[:200] + wanted, without[200:])
    np.testing.assert_allclose(found, wanted, atol=0.4)
    way = steps_along(without[0], found, -2.0, 5)
    np.testing.assert_allclose(way[0], without[0])
    np.testing.assert_allclose(way[-1], without[0] - 2 * found, atol=1e-6)
    np.testing.assert_allclose(np.diff(way, axis=0), np.tile(-0.5 * found, (4, 1)), atol=1e-5)


@pytest.mark.parametrize(
    ("with_it", "without_it", "said"),
    [
        (np.zeros((0, 3)), np.ones((1, 3)), "at least one"),
        (np.ones((1, 3)), np.ones((2, 3)), "tells them apart"),
        (np.ones((1, 4)), np.ones((2, 3)), "numbers each"),
        (np.full((1, 3), np.nan), np.ones((2, 3)), "finite"),
    ],
)
def test_groups_that_give_no_direction_are_refused(with_it: np.ndarray, without_it: np.ndarray, said: str) -> None:
    with pytest.raises(GenerateError, match=said):
        attribute_direction(with_it.astype(np.float32), without_it.astype(np.float32))

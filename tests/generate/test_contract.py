"""Every generative model keeps one contract, whatever its kind."""

import numpy as np
import pytest
import torch

from genrepair_desktop.generate.catalog import generative_kinds, wrap
from genrepair_desktop.generate.gan import GanModel
from genrepair_desktop.generate.manifold import tangent
from genrepair_desktop.generate.model import (
    CompletingModel,
    GenerateError,
    GenerativeModel,
    LatentModel,
    SampleOptions,
)
from genrepair_desktop.generate.pixel_rnn import touched_codes
from genrepair_desktop.generate.preview import quick_pictures
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from tests.tiny_models import CONFIGS, make_model

LATENT = ["conv-vae", "style-generator", "manifold-ae"]
COMPLETING = ["pixel-rnn", "portrait-rnn"]


def test_every_kind_has_a_small_network_to_be_tested_with() -> None:
    assert sorted(CONFIGS) == sorted(generative_kinds())


def test_kinds_are_what_they_should_be() -> None:
    for kind in generative_kinds():
        assert isinstance(make_model(kind), LatentModel) == (kind in LATENT)
        assert isinstance(make_model(kind), CompletingModel) == (kind in COMPLETING)


def test_samples_are_pictures_in_range(model: GenerativeModel) -> None:
    made = model.sample(3, RunContext(5))
    assert made.pictures.shape == (3, model.side, model.side, model.channels)
    assert made.pictures.dtype == np.float32
    assert made.pictures.min() >= 0
    assert made.pictures.max() <= 1
    assert made.pictures.std() > 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(model: GenerativeModel) -> None:
    first, again, other = (model.sample(2, RunContext(seed)).pictures for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_sample_does_not_depend_on_how_many_follow_it(model: GenerativeModel) -> None:
    few, many = model.sample(2, RunContext(9)).pictures, model.sample(19, RunContext(9)).pictures
    assert few.tobytes() == many[:2].tobytes()


def test_progress_never_goes_back_and_reaches_the_end(model: GenerativeModel) -> None:
    fractions: list[float] = []
    model.sample(20, RunContext(1, on_progress=lambda fraction, stage: fractions.append(fraction)))
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


def test_a_cancelled_sampling_stops(model: GenerativeModel) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        model.sample(4, RunContext(1, token=token))


@pytest.mark.parametrize("n", [0, -1, 100_001])
def test_an_absurd_number_of_samples_is_refused(model: GenerativeModel, n: int) -> None:
    with pytest.raises(GenerateError, match="pictures can be sampled"):
        model.sample(n, RunContext())


def test_a_class_the_model_has_not_is_refused(model: GenerativeModel) -> None:
    with pytest.raises(GenerateError, match="class"):
        model.sample(1, RunContext(), SampleOptions(label=99))


@pytest.mark.parametrize("psi", [0.0, -0.5, 2.5])
def test_truncation_out_of_range_is_refused(psi: float) -> None:
    with pytest.raises(GenerateError, match="Truncation"):
        SampleOptions(truncation=psi)


@pytest.mark.parametrize("kind", LATENT)
def test_decoding_the_latents_of_samples_gives_the_samples(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    made = model.sample(5, RunContext(2))
    assert made.latents is not None
    assert made.latents.shape == (5, model.latent_dim)
    assert model.decode(made.latents).tobytes() == made.pictures.tobytes()
    np.testing.assert_allclose(model.decode(made.latents[3:4])[0], made.pictures[3], atol=1e-5)


@pytest.mark.parametrize("kind", LATENT)
def test_strong_truncation_makes_samples_alike(kind: str) -> None:
    model = make_model(kind)
    wide, narrow = (
        model.sample(8, RunContext(3), SampleOptions(truncation=psi)).pictures.std(axis=0).mean() for psi in (1.0, 0.1)
    )
    assert narrow < 0.5 * wide


@pytest.mark.parametrize("kind", LATENT)
def test_latents_of_another_length_are_refused(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    with pytest.raises(GenerateError, match="latents have"):
        model.decode(np.zeros((1, model.latent_dim + 1), np.float32))
    with pytest.raises(GenerateError, match="not finite"):
        model.decode(np.full((1, model.latent_dim), np.nan, np.float32))


@pytest.mark.parametrize("kind", ["conv-vae", "manifold-ae", "style-generator"])
def test_encoding_gives_a_latent_for_each_picture(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    pictures = model.sample(3, RunContext(1)).pictures
    assert model.encode(pictures).shape == (3, model.latent_dim)
    with pytest.raises(GenerateError, match="takes pictures of"):
        model.encode(pictures[:, :8])


@pytest.mark.parametrize("kind", ["conv-vae", "style-generator"])
def test_a_low_truncation_draws_near_the_middle(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    wide, narrow = (model.sample(8, RunContext(4), SampleOptions(truncation=t)).latents for t in (1.0, 0.1))
    assert wide is not None
    assert narrow is not None
    np.testing.assert_allclose(narrow - model.centre, 0.1 * (wide - model.centre), atol=1e-4)


def test_mixing_all_layers_of_one_gives_that_one() -> None:
    model = make_model("style-generator")
    assert isinstance(model, GanModel)
    a, b = (model.sample(2, RunContext(seed)) for seed in (1, 2))
    assert a.latents is not None
    assert b.latents is not None
    np.testing.assert_allclose(model.mix(a.latents, b.latents, model.style_layers), a.pictures, atol=1e-6)
    np.testing.assert_allclose(model.mix(a.latents, b.latents, 0), b.pictures, atol=1e-6)
    mixed = model.mix(a.latents, b.latents, 2)
    assert np.abs(mixed - a.pictures).max() > 1e-3
    assert np.abs(mixed - b.pictures).max() > 1e-3


@pytest.mark.parametrize("kind", COMPLETING)
def test_completions_differ_by_seed_and_keep_what_is_known(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, CompletingModel)
    picture = np.zeros((model.side, model.side, model.channels), np.float32)
    picture[:, ::2] = 1
    hole = np.zeros(picture.shape[:2], bool)
    hole[model.side * 7 // 8 :] = True
    first, again, other = (model.complete(picture, hole, 3, RunContext(seed)) for seed in (1, 1, 2))
    assert first.shape == (3, *picture.shape)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    if kind == "pixel-rnn":
        assert (first[:, ~hole] == picture[~hole]).all()
    else:
        # the decoder sees a few codes far; beyond that, all answers are the copy of the picture
        assert np.ptp(first[:, :4], axis=0).max() < 1e-6


def test_a_hole_touches_the_codes_it_lies_on_and_their_neighbours() -> None:
    hole = np.zeros((16, 16), bool)
    hole[5, 9] = True
    expected = np.zeros((4, 4), bool)
    expected[0:3, 1:4] = True
    assert np.array_equal(touched_codes(hole, 4), expected)


def test_the_tangent_shows_the_strongest_changes_first_and_they_are_real() -> None:
    model = make_model("manifold-ae")
    assert isinstance(model, LatentModel)
    latent = model.sample(1, RunContext(4)).latents
    assert latent is not None
    plane = tangent(model, latent[0], directions=4)
    assert plane.directions.shape == (4, model.latent_dim)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(4), atol=1e-4)
    assert (np.diff(plane.strengths) <= 1e-6).all()
    step = 1e-2
    with torch.inference_mode():
        ends = torch.from_numpy(np.stack([latent[0] + step * plane.directions[0], latent[0]]).astype(np.float32))
        moved = model.decode_tensor(ends).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose((moved[0] - moved[1]) / step, plane.changes[0], atol=5e-2)  # kinks of the ReLUs


def test_a_network_that_generates_nothing_is_refused() -> None:
    with pytest.raises(GenerateError, match="does not generate"):
        wrap("fill-cnn", "fill-unet", torch.nn.Identity())


def test_a_later_part_of_a_sample_is_the_same_as_in_the_whole(model: GenerativeModel) -> None:
    whole = model.sample(35, RunContext(9))
    part = model.sample(3, RunContext(9), start=32)
    assert part.pictures.tobytes() == whole.pictures[32:].tobytes()
    if whole.latents is not None and part.latents is not None:
        assert part.latents.tobytes() == whole.latents[32:].tobytes()
    with pytest.raises(GenerateError, match="multiple"):
        model.sample(3, RunContext(9), start=5)


@pytest.mark.parametrize("kind", LATENT)
def test_a_quick_picture_looks_like_the_decoded_one(kind: str) -> None:
    model = make_model(kind)
    assert isinstance(model, LatentModel)
    latents = model.sample(3, RunContext(2)).latents
    assert latents is not None
    assert np.abs(quick_pictures(model, latents) - model.decode(latents)).max() < 1e-3

"""The manifold fill on small untrained models: what must hold whatever they have learned."""

import numpy as np
import pytest
import torch

from genrepair_desktop.app import texts
from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder
from genrepair_desktop.networks.vq_autoencoder import PortraitRnn
from genrepair_desktop.repair import manifold_fill, pixel_rnn_fill
from genrepair_desktop.repair.face_fill import face_around, tied_to_rim
from genrepair_desktop.repair.manifold_fill import FAR_FROM_FACES, PATCHES, PORTRAITS, SPEC, ManifoldParams
from genrepair_desktop.repair.method import NoModels, Patch
from genrepair_desktop.repair.params import NoParams
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import lay_in, record_of

pytestmark = pytest.mark.usefixtures("one_thread")

SIDES = {PORTRAITS: 64, PATCHES: 32}


class SmallModels(NoModels):
    """Both models, untrained."""

    def has(self, model_id: str) -> bool:
        return model_id in SIDES

    def load(self, model_id: str) -> torch.nn.Module:
        torch.manual_seed(0)
        net = ManifoldAutoencoder(side=SIDES[model_id], latent=8, width=8, levels=2, widest=16)
        with torch.no_grad():
            # quiet enough that known pixels are shown within the limit
            net.decoder.head.weight.mul_(0.3)
        return net.to(torch.bfloat16).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def portrait() -> Image:
    from skimage import data

    return (data.astronaut()[20:240, 100:340] / 255 * 0.4 + 0.3).astype(np.float32)


def square(shape: tuple[int, ...], y: int, x: int, size: int) -> Mask:
    mask = np.zeros(shape[:2], bool)
    mask[y : y + size, x : x + size] = True
    return mask


def repaired(patch: Patch, seed: int = 0) -> Image:
    return SPEC.build(ManifoldParams(steps=10, passes=2), SmallModels())(patch, RunContext(seed))


@pytest.fixture
def cases(portrait: Image) -> dict[str, Patch]:
    plain = np.random.default_rng(0).uniform(0.3, 0.7, (50, 70, 3)).astype(np.float32)
    return {
        "face": Patch(portrait, square(portrait.shape, 80, 105, 36)),
        "elsewhere": Patch(plain, square(plain.shape, 10, 20, 18)),
        "small": Patch(plain[:9, :40], square((9, 40), 2, 2, 4)),
        "grey": Patch(plain[..., :1], square(plain.shape, 10, 20, 18)),
    }


@pytest.mark.parametrize("name", ["face", "elsewhere", "small", "grey"])
def test_a_fill_is_a_sound_picture_and_seeds_differ(cases: dict[str, Patch], name: str) -> None:
    patch = cases[name]
    before = patch.image.copy()
    first, again, other = (repaired(patch, seed) for seed in (1, 1, 2))
    assert first.shape == patch.image.shape
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert first.min() >= 0
    assert first.max() <= 1
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first[patch.mask], other[patch.mask])
    assert np.array_equal(first[~patch.mask], patch.image[~patch.mask])
    assert np.array_equal(before, patch.image)


def test_the_record_and_the_window_say_how_far_the_model_misses_the_known_pixels(
    portrait: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, mask = np.rint(portrait * 255).astype(np.uint8), square(portrait.shape, 80, 105, 36)
    coverage = mask.astype(np.uint8) * 255
    recipe = Recipe("manifold", {"steps": 10}, grain=0.0)
    result = run(prepare(pixels, coverage, recipe), RunContext(), SmallModels())
    (hole,) = result.holes
    assert hole.misses is not None
    assert 0.01 < hole.misses < 0.2
    assert hole.note == (FAR_FROM_FACES if hole.misses > 0.12 else "")
    record = record_of(pixels, lay_in(pixels, result), coverage, result)
    assert record.steps[0].methods[0]["misses"] == pytest.approx(hole.misses, abs=1e-4)
    assert f"misses the known pixels by {hole.misses:.0%}" in texts.methods_sentence(record.steps[0].methods)
    monkeypatch.setattr(manifold_fill, "_UNLIKE", hole.misses / 2)
    far = run(prepare(pixels, coverage, recipe), RunContext(), SmallModels())
    assert far.holes[0].note == FAR_FROM_FACES
    assert far.holes[0].is_doubtful
    elsewhere = square(portrait.shape, 195, 5, 12).astype(np.uint8) * 255
    small = run(prepare(pixels, elsewhere, recipe), RunContext(), SmallModels())
    assert small.holes[0].misses is None, "patches are not searched for"


def test_what_lies_under_the_mask_is_not_read(cases: dict[str, Patch]) -> None:
    patch = cases["elsewhere"]
    damaged = patch.image.copy()
    damaged[patch.mask] = 1.0
    np.testing.assert_array_equal(repaired(Patch(damaged, patch.mask)), repaired(patch))


def test_the_face_around_a_hole_is_found_and_another_hole_has_none(portrait: Image) -> None:
    assert face_around(portrait, square(portrait.shape, 80, 105, 30)) is not None
    assert face_around(portrait, square(portrait.shape, 195, 5, 20)) is None


def test_the_fill_meets_the_photo_at_the_rim() -> None:
    y, x = np.mgrid[:40, :40] / 40
    image = np.repeat((0.2 + 0.5 * x)[..., None], 3, axis=2).astype(np.float32)
    mask = square(image.shape, 10, 10, 16)
    made = tied_to_rim((image * 0 + 0.9 * y[..., None]).astype(np.float32), image, mask)
    rim = made[10:26, 10] - image[10:26, 9]
    assert np.abs(rim).max() < 0.1


@pytest.mark.parametrize("name", ["face", "elsewhere"])
def test_a_cancelled_fill_stops(cases: dict[str, Patch], name: str) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        SPEC.build(ManifoldParams(), SmallModels())(cases[name], RunContext(token=token))


class SmallRnn:
    """The drawing model, untrained."""

    def has(self, model_id: str) -> bool:
        return model_id == pixel_rnn_fill.MODEL

    def load(self, model_id: str) -> torch.nn.Module:
        torch.manual_seed(0)
        vq = {"side": 64, "codes": 16, "width": 8, "depth": 4, "blocks": 1}
        return PortraitRnn(vq=vq, rnn={"hidden": 8}).to(torch.bfloat16).eval().requires_grad_(False)


def test_a_drawn_face_differs_by_seed_and_keeps_known_pixels(cases: dict[str, Patch]) -> None:
    patch = cases["face"]
    repair = pixel_rnn_fill.SPEC.build(NoParams(), SmallRnn())
    first, again, other = (repair(patch, RunContext(seed)) for seed in (1, 1, 2))
    assert first.shape == patch.image.shape
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first[patch.mask], other[patch.mask])
    assert np.array_equal(first[~patch.mask], patch.image[~patch.mask])


def test_drawing_says_when_there_is_no_face(cases: dict[str, Patch]) -> None:
    with pytest.raises(RepairFailedError, match="No face"):
        pixel_rnn_fill.SPEC.build(NoParams(), SmallRnn())(cases["elsewhere"], RunContext())

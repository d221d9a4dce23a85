"""The exemplar fill: texture comes back, seeds differ, donors and guides are followed, and the same seed repeats."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.imaging.quality import psnr, texture_distance
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import exemplar
from genrepair_desktop.repair.patchmatch import PatchmatchParams, patchmatch_fill

SIDE = 200


def photo(name: str) -> np.ndarray:
    pixels = getattr(data, name)()[:SIDE, :SIDE]
    return np.atleast_3d(pixels).astype(np.float32) / 255


def blob(shape: tuple[int, ...], radius: int = 28) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.circle(mask, (shape[1] // 2, shape[0] // 2), radius, 1, -1)
    return mask > 0


def fill(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    seed: int = 0,
    donor: np.ndarray | None = None,
    guide: np.ndarray | None = None,
    **params: float,
) -> np.ndarray:
    damaged = np.where(mask[..., None], np.float32(0), image)
    return patchmatch_fill(damaged, mask, donor, PatchmatchParams(**params), RunContext(seed), guide)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "coffee", "chelsea"])
def test_texture_is_nearer_to_the_photo_than_that_of_smooth_fills(name: str) -> None:
    image = photo(name)
    mask = blob(image.shape)
    samples = np.rint(np.where(mask[..., None], 0, image) * 255).astype(np.uint8)
    telea = cv2.inpaint(samples, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA).reshape(image.shape)
    ours = texture_distance(fill(image, mask), image, mask)
    assert ours < 0.9 * texture_distance(telea.astype(np.float32) / 255, image, mask)
    assert ours < 0.9 * texture_distance(prefill(image, mask), image, mask)


def test_stripes_go_on_through_the_hole() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    image = (0.5 + 0.4 * np.sin((x + 0.5 * y) / 3))[..., None].astype(np.float32)
    mask = blob(image.shape)
    assert psnr(fill(image, mask), image, mask) > 30


def test_known_pixels_are_returned_as_they_are() -> None:
    image, mask = photo("coffee"), blob((SIDE, SIDE))
    assert np.array_equal(fill(image, mask)[~mask], image[~mask])


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    image, mask = photo("gravel"), blob((SIDE, SIDE))
    monkeypatch.setattr(exemplar, "_RANGE", 512)  # several ranges, as a larger hole has
    results = set()
    for threads in (1, 2, 7):
        monkeypatch.setattr(os, "cpu_count", lambda threads=threads: threads)
        results.add(fill(image, mask, seed=3).tobytes())
    assert len(results) == 1


def test_other_seeds_give_other_fills_of_the_same_texture() -> None:
    image, mask = photo("grass"), blob((SIDE, SIDE))
    fills = [fill(image, mask, seed=seed) for seed in range(3)]
    smooth = texture_distance(prefill(image, mask), image, mask)
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(fills[a] - fills[b])[mask].mean() > 0.02
    for result in fills:
        assert texture_distance(result, image, mask) < 0.6 * smooth


def test_only_the_donor_region_is_copied_from() -> None:
    image = np.concatenate([photo("grass")[:, :100] * 0.4, photo("gravel")[:, :100] * 0.4 + 0.6], axis=1)
    mask = blob(image.shape)
    left, right = np.zeros_like(mask), np.zeros_like(mask)
    left[:, :70], right[:, 130:] = True, True
    # far from the rim: near it the seam is blended
    inner = blob(image.shape, 12)
    assert fill(image, mask, donor=left)[inner].max() < 0.5
    assert fill(image, mask, donor=right)[inner].min() > 0.5


def test_a_donor_region_narrower_than_a_patch_is_used_all_the_same() -> None:
    image, mask = photo("brick"), blob((SIDE, SIDE))
    donor = np.zeros_like(mask)
    donor[20:23, 20:180] = True
    assert np.isfinite(fill(image, mask, donor=donor)).all()


def test_a_guide_brings_structure_that_the_rim_does_not_show() -> None:
    rng = np.random.default_rng(0)
    image = (0.25 + 0.2 * rng.random((SIDE, SIDE, 1))).astype(np.float32)
    image[:, :60] += 0.4  # bright texture for the disc to be copied from
    disc, core, mask = blob(image.shape, 18), blob(image.shape, 11), blob(image.shape, 34)
    image[disc] += np.float32(0.4)
    guide = cv2.GaussianBlur(image, (0, 0), 4)[..., None]
    guided, free = fill(image, mask, guide=guide), fill(image, mask)
    assert guided[core].mean() == pytest.approx(float(image[core].mean()), abs=0.04)
    assert free[core].mean() < 0.45
    ring = mask & ~blob(image.shape, 24)
    assert guided[ring].mean() == pytest.approx(float(image[ring].mean()), abs=0.02)
    # the structure is the guide's, the texture the photo's
    assert texture_distance(guided, image, mask) < 0.8 * texture_distance(guide.astype(np.float32), image, mask)


def test_a_grey_and_a_colour_picture_of_the_same_grey_are_filled_alike() -> None:
    image, mask = photo("gravel"), blob((SIDE, SIDE))
    colour = fill(np.repeat(image, 3, axis=2), mask)
    assert np.ptp(colour, axis=2).max() < 1e-5
    assert texture_distance(colour[..., :1], image, mask) < 2 * texture_distance(fill(image, mask), image, mask)


def test_pieces_repeat_less_when_repetition_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    image, mask = photo("gravel")[:140, :140], blob((140, 140), 40)
    repeated: list[float] = []
    healed = exemplar.LevelFill.healed

    def measure(level: exemplar.LevelFill) -> np.ndarray:
        """Note the share of the fill that comes from pixels shown more than 1.5 times, then go on."""
        shown = np.zeros(mask.shape, np.float32)
        np.add.at(shown, tuple(level._field.T), 1)
        shown = cv2.boxFilter(shown, cv2.CV_32F, (7, 7))
        repeated.append(float(shown[shown > 1.5].sum() / shown.sum()))
        return healed(level)

    monkeypatch.setattr(exemplar.LevelFill, "healed", measure)
    for uniformity in (2.0, 0.0):
        fill(image, mask, uniformity=uniformity)
    assert repeated[0] < 0.85 * repeated[1]


@pytest.mark.parametrize("patch", [5, 6, 7, 8, 9])
def test_every_patch_side_works(patch: int) -> None:
    image, mask = photo("brick")[:80, :80], blob((80, 80), 12)
    result = fill(image, mask, patch=patch)
    assert np.isfinite(result).all()
    assert np.array_equal(result[~mask], image[~mask])


def test_without_one_whole_known_patch_the_fill_is_smooth() -> None:
    image, mask = photo("brick")[:20, :20], np.ones((20, 20), np.bool_)
    mask[::5, ::5] = False
    result = fill(image, mask)
    assert np.array_equal(result[mask], prefill(np.where(mask[..., None], 0, image), mask)[mask])


def test_kernels_work_where_no_cache_folder_can_be_written(tmp_path: Path) -> None:
    script = tmp_path / "outside.py"
    script.write_text(
        "from genrepair_desktop.imaging.jit import kernel\n"
        "@kernel\ndef twice(x):\n    return 2 * x\n"
        "assert twice(21) == 42\n"
    )
    # a locator that never finds a folder: what numba meets in a read-only place without a home
    environment = os.environ | {"NUMBA_CACHE_LOCATOR_CLASSES": "IPythonCacheLocator"}
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr

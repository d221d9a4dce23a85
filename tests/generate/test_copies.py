"""Several damaged copies of one picture: aligned, their tones matched, sound pixels taken where any has them."""

import cv2
import numpy as np
import pytest
import skimage.data

from genrepair_desktop.generate.align import align
from genrepair_desktop.generate.copies import merge_copies
from genrepair_desktop.generate.model import GenerateError
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext


def bundled(name: str, y: int, x: int) -> Image:
    """A part of one of scikit-image's photographs."""
    photo = getattr(skimage.data, name)()
    return np.asarray(photo[y : y + 240, x : x + 320].astype(np.float32) / 255, np.float32)


@pytest.fixture(scope="module")
def picture() -> Image:
    """A bundled photograph, (240, 320, 3)."""
    return bundled("coffee", 60, 100)


def damage(shape: tuple[int, ...], seed: int) -> Mask:
    """Scratches and blots."""
    rng, mask = np.random.default_rng(seed), np.zeros(shape[:2], np.uint8)
    h, w = shape[:2]
    for _ in range(5):
        ends = rng.integers(0, [w, h], (2, 2))
        cv2.line(mask, ends[0].tolist(), ends[1].tolist(), 1, 5)
    cv2.circle(mask, rng.integers(30, [w - 30, h - 30]).tolist(), 18, 1, -1)
    return mask > 0


def homography(shape: tuple[int, ...]) -> np.ndarray:
    """Another scan's frame: turned, enlarged, seen a little from the side."""
    h, w = shape[:2]
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners * 1.1 + np.array([[9, 4], [-4, 12], [5, -3], [2, 8]], np.float32)
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def second_scan(image: Image) -> Image:
    """The picture in that frame, faded, darker towards one corner, with noise."""
    h, w = round(image.shape[0] * 1.15), round(image.shape[1] * 1.15)
    frame = homography(image.shape)
    scan = cv2.warpPerspective(image, frame, (w, h), flags=cv2.INTER_CUBIC, borderValue=(0.5,) * 3)
    scan = np.asarray(np.clip(scan, 0, 1), np.float32).reshape(h, w, image.shape[2])
    y, x = np.mgrid[0:h, 0:w]
    scan = (scan**1.3 * 0.8 + 0.08) * (1 - 0.25 * (x / w) * (y / h))[..., None]
    noise = np.random.default_rng(3).normal(0, 0.01, scan.shape)
    return np.clip(scan + noise, 0, 1).astype(np.float32)


def psnr(a: Image, b: Image, where: Mask) -> float:
    return float(-10 * np.log10(np.mean(np.square(a[where] - b[where]))))


def test_two_damaged_scans_are_aligned_to_a_fraction_of_a_pixel(picture: Image) -> None:
    scan = second_scan(picture)
    damages = damage(picture.shape, 1), damage(scan.shape, 2)
    found = align(picture, damages[0], scan, damages[1], RunContext())
    places = np.mgrid[10:310:60, 10:230:40].reshape(2, -1)
    places = np.concatenate([places, np.ones((1, places.shape[1]))])
    here, there = ((m @ places)[:2] / (m @ places)[2] for m in (found.homography, homography(picture.shape)))
    assert np.abs(here - there).max() < 0.35
    assert found.likeness > 0.9


def test_damage_is_filled_from_the_other_copy_and_only_common_damage_is_left(picture: Image) -> None:
    scan = second_scan(picture)
    damages = [damage(picture.shape, 1), damage(scan.shape, 2)]
    first = picture.copy()
    first[damages[0]], scan[damages[1]] = 1.0, 0.0
    merged = merge_copies([first, scan], damages, RunContext())
    taken = merged.source == 1
    assert np.array_equal(taken, damages[0] & ~merged.missing)
    assert 0.6 * damages[0].sum() < taken.sum() < damages[0].sum()
    assert np.array_equal(merged.image[~taken], first[~taken])
    # what is blurred twice and made of noisy samples comes no closer; tones left alone end at 17 dB
    assert psnr(merged.image, picture, taken) > 31


def test_marked_damage_does_not_pull_the_alignment(picture: Image) -> None:
    """Damage fixed to the frame of each scan is the strongest feature of both: it must not be aligned."""
    scan = second_scan(picture)
    damages = [damage(picture.shape, 1), damage(scan.shape, 1)]
    first = picture.copy()
    first[damages[0]], scan[damages[1]] = 1.0, 1.0
    assert merge_copies([first, scan], damages, RunContext()).likeness[0] > 0.9


def test_of_several_copies_the_one_most_like_the_photo_gives_a_place(picture: Image) -> None:
    hole = damage(picture.shape, 1)
    sharp, blurred = second_scan(picture), second_scan(picture)
    blurred = np.asarray(cv2.GaussianBlur(blurred, (0, 0), 3), np.float32)
    none = np.zeros(sharp.shape[:2], bool)
    merged = merge_copies([picture, blurred, sharp], [hole, none, none], RunContext())
    assert merged.likeness[1] > merged.likeness[0] > 0.5
    assert set(np.unique(merged.source)) == {0, 2}


@pytest.mark.parametrize("channels", [(1, 3), (3, 1)])
def test_a_grey_and_a_coloured_copy_go_together(picture: Image, channels: tuple[int, int]) -> None:
    grey = np.asarray(picture.mean(axis=2, keepdims=True), np.float32)
    first, second = (grey if c == 1 else picture for c in channels)
    hole = damage(picture.shape, 1)
    merged = merge_copies([first, second], [hole, np.zeros_like(hole)], RunContext())
    assert merged.image.shape == first.shape
    error = np.abs(merged.image.mean(axis=2) - grey[..., 0])[merged.source == 1]
    assert error.mean() < 0.03


def test_a_much_larger_scan_is_smoothed_before_it_is_sampled(picture: Image) -> None:
    large = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    # what a scanner adds between the picture's pixels is gone once it is made small again
    large += 0.25 * ((np.indices(large.shape[:2]).sum(axis=0) % 2)[..., None] - 0.5).astype(np.float32)
    hole = damage(picture.shape, 1)
    merged = merge_copies([picture, np.clip(large, 0, 1)], [hole, np.zeros(large.shape[:2], bool)], RunContext())
    assert psnr(merged.image, picture, merged.source == 1) > 27


def test_copies_of_different_pictures_are_refused(picture: Image) -> None:
    other = bundled("astronaut", 0, 0)
    hole = damage(picture.shape, 1)
    with pytest.raises(GenerateError, match="does not show the same picture"):
        merge_copies([picture, other], [hole, np.zeros_like(hole)], RunContext())
    # beside a right copy a wrong one is left out
    merged = merge_copies(
        [picture, other, second_scan(picture)], [hole, np.zeros_like(hole), np.zeros((276, 368), bool)], RunContext()
    )
    assert np.isnan(merged.likeness[0])
    assert set(np.unique(merged.source)) == {0, 2}


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_an_empty_copy_is_refused(picture: Image, value: float) -> None:
    hole = damage(picture.shape, 1)
    with pytest.raises(GenerateError):
        merge_copies([picture, np.full_like(picture, value)], [hole, np.zeros_like(hole)], RunContext())


def test_the_same_copies_give_the_same_bytes(picture: Image) -> None:
    scan, hole = second_scan(picture), damage(picture.shape, 1)
    none = np.zeros(scan.shape[:2], bool)
    first, again = (merge_copies([picture, scan], [hole, none], RunContext(seed)).image for seed in (0, 1))
    assert first.tobytes() == again.tobytes()


def test_a_cancelled_merge_stops(picture: Image) -> None:
    token, none = CancelToken(), np.zeros(picture.shape[:2], bool)
    token.cancel()
    with pytest.raises(Cancelled):
        merge_copies([picture, picture], [none, none], RunContext(token=token))

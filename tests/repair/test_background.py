"""Uneven light is found and divided out; what is shown stays."""

import numpy as np
import pytest
from skimage import data

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.background import SPEC
from genrepair_desktop.repair.method import NoModels, Patch
from genrepair_desktop.repair.params import parse_params


def evened(image: Image, **values) -> Image:
    mask = np.ones(image.shape[:2], np.bool_)
    return SPEC.build(parse_params(SPEC.params, values), NoModels())(Patch(image, mask), RunContext())


def shading(h: int, w: int) -> Image:
    """Dark corners and a fall to the left, as encoded factors between 0.55 and 1."""
    y, x = np.mgrid[:h, :w] / np.array([h, w])[:, None, None] - 0.5
    return (1.0 - 0.45 * (x**2 + y**2) - 0.25 * (0.5 - x)).astype(np.float32)[..., None]


@pytest.mark.parametrize("name", ["astronaut", "brick", "coins"])
def test_shading_laid_over_a_photo_is_mostly_taken_away(name: str) -> None:
    picture = (np.atleast_3d(getattr(data, name)()) / 255).astype(np.float32)
    shaded = picture * shading(*picture.shape[:2])
    # against what the method makes of the unshaded photo: shading of the scene itself goes too
    wanted, found = evened(picture), evened(shaded)
    scale = float((wanted * found).sum() / (found**2).sum())
    before = float(np.abs(shaded * float((wanted * shaded).sum() / (shaded**2).sum()) - wanted).mean())
    after = float(np.abs(found * scale - wanted).mean())
    assert after < before / 4


def test_paper_comes_out_white_and_ink_black_under_uneven_yellow_light() -> None:
    h, w = 240, 320
    page = np.full((h, w, 1), 0.93, np.float32)
    lines, rng = np.arange(20, h - 20, 14), np.random.default_rng(3)
    for top in lines:
        page[top : top + 5, 20 : w - 20] = np.where(rng.random((1, w - 40, 1)) < 0.4, 0.08, 0.93)
    yellowed = page * shading(h, w) * np.array([0.95, 0.85, 0.6], np.float32)
    result = evened(yellowed, reference="paper", colours="each", degree=3, limit=4.0, contrast=1.0)
    paper, ink = result[page[..., 0] > 0.5], result[page[..., 0] < 0.5]
    assert paper.std() < 0.03
    assert paper.mean() > 0.93
    assert np.ptp(paper.mean(axis=0)) < 0.02
    assert ink.mean() < 0.15


def test_an_evenly_lit_picture_hardly_changes() -> None:
    rng = np.random.default_rng(0)
    flat = np.clip(0.5 + rng.normal(0, 0.05, (90, 120, 3)), 0, 1).astype(np.float32)
    assert np.abs(evened(flat) - flat).max() < 0.03


def test_no_amount_changes_nothing_and_the_limit_bounds_the_change() -> None:
    picture = (data.astronaut() / 255).astype(np.float32) * shading(512, 512)
    assert np.abs(evened(picture, amount=0.0) - picture).max() < 1e-6
    limited = evened(picture, limit=0.1)
    bright = picture > 0.05
    factor = limited[bright] / picture[bright]
    most = 2.0 ** (0.1 / 2.2)
    assert 1 / most - 1e-4 <= factor.min() <= factor.max() <= most + 1e-4

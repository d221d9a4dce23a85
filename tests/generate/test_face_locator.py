"""Finding the face around a hole: what is shown to the network, and what is made of its answers."""

import itertools
from typing import ClassVar

import numpy as np
import pytest
import torch

from genrepair_desktop.generate.face_locator import Located, locate_face, overlap, view_of, views_around
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.geometry import Rect

SIDE = 16


class Answers(torch.nn.Module):
    """Says of every view that a face half as wide stands ``offset`` from its middle; ``odds`` from the view's number.

    The class keeps the views that were shown: a copy of it is asked.
    """

    side = SIDE
    seen: ClassVar[list[torch.Tensor]] = []

    def __init__(self, odds: list[float], offset: float = 0.0, share: float = 0.5) -> None:
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))
        self.odds, self.offset, self.share = odds, offset, share

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        type(self).seen = [views]
        odds = torch.tensor([self.odds[min(i, len(self.odds) - 1)] for i in range(len(views))])
        place = torch.tensor([self.offset, self.offset, float(np.log(self.share))])
        return torch.cat([odds[:, None], place.expand(len(views), 3)], dim=1)


def located(network: Answers, image: Image, mask: Mask) -> Located:
    found = locate_face(network, image, mask)  # type: ignore[arg-type]
    assert found is not None
    return found


def holed(h: int, w: int, hole: Rect) -> tuple[Image, Mask]:
    image = np.random.default_rng(0).random((h, w, 3), np.float32)
    mask = np.zeros((h, w), bool)
    mask[hole.slices] = True
    return image, mask


def middle(square: Rect) -> tuple[float, float]:
    return square.x + square.w / 2, square.y + square.h / 2


def test_every_view_has_the_hole_in_its_middle_and_shows_more_than_the_one_before() -> None:
    _, mask = holed(100, 120, Rect(50, 20, 20, 14))
    views = views_around(mask)
    assert len(views) > 4
    assert all(abs(x - 60) <= 1 and abs(y - 27) <= 1 for x, y in map(middle, views))
    assert all(a.w < b.w for a, b in itertools.pairwise(views))
    assert all(v.w == v.h <= 300 for v in views)


def test_without_a_hole_there_is_nothing_to_look_at() -> None:
    image, mask = holed(40, 40, Rect(0, 0, 0, 0))
    assert locate_face(Answers([1.0]), image, mask) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [1, 10])
def test_the_likeliest_view_says_where_the_face_is_in_a_photo_of_any_size(times: int) -> None:
    image, mask = holed(100 * times, 120 * times, Rect(50 * times, 20 * times, 20 * times, 20 * times))
    wanted = views_around(mask)[2]
    found = located(Answers([-9.0, -9.0, 4.0, -9.0]), image, mask)
    # neighbouring views answer for nearly the same face and pull a little
    assert found.square.w == pytest.approx(wanted.w / 2, rel=0.05)
    assert middle(found.square) == pytest.approx((60 * times, 30 * times), abs=2 * times)


def test_a_face_seen_in_one_view_alone_is_believed_by_half() -> None:
    image, mask = holed(100, 120, Rect(50, 40, 20, 20))
    alone = located(Answers([9.0, -20.0]), image, mask)
    assert alone.probability == pytest.approx(0.5, abs=0.01)
    twice = located(Answers([9.0, 9.0, -20.0]), image, mask)
    assert twice.probability == pytest.approx(1.0, abs=0.01)


def test_an_offset_is_measured_in_sides_of_the_view() -> None:
    image, mask = holed(100, 120, Rect(50, 40, 20, 20))
    view = views_around(mask)[0]
    found = located(Answers([9.0, -50.0], offset=0.25), image, mask)
    assert middle(found.square) == pytest.approx((60 + view.w / 4, 50 + view.w / 4), abs=1.5)


def test_what_lies_under_the_mask_is_not_looked_at() -> None:
    image, mask = holed(100, 120, Rect(50, 40, 20, 20))
    located(Answers([1.0]), image, mask)
    before = Answers.seen[0]
    damaged = image.copy()
    damaged[mask] = 1.0
    located(Answers([1.0]), damaged, mask)
    assert torch.equal(before, Answers.seen[0])


def test_a_view_is_grey_filled_and_knows_its_hole() -> None:
    image, mask = holed(60, 60, Rect(20, 20, 20, 20))
    flat = np.where(mask[..., None], np.float32(1), np.full_like(image, 0.25))
    view = view_of(flat, mask, Rect(-10, 0, 60, 60), SIDE)
    assert view.shape == (SIDE, SIDE, 2)
    np.testing.assert_allclose(view[view[..., 1] == 0][:, 0], 0.25, atol=1e-4)
    assert 0.1 < view[..., 1].mean() < 0.25


def test_overlap_is_the_shared_part() -> None:
    assert overlap(Rect(0, 0, 10, 10), Rect(0, 0, 10, 10)) == 1
    assert overlap(Rect(0, 0, 10, 10), Rect(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap(Rect(0, 0, 10, 10), Rect(20, 20, 5, 5)) == 0

"""Exemplar fill of one pyramid level: patches, their nearest neighbours in the known picture, and the vote."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.repair.exemplar_levels import ROUGHNESS_CHANNELS, Level, depth_in

# targets a kernel call works on: about 5 ms, so a cancel is seen soon; fixed, so that the answer does not depend
# on the number of threads
_RANGE = 8192
# random sources tried for each pixel of the first fill, beside the continuations of its neighbours' sources
_DRAWS = 160
# a further copy of a source that shows up this many times in the fill starts to cost
_FREE_USES = 1.5
# seams: a step above _SEAM is an edge of the picture; healing reaches about 1 / sqrt(_SCREEN) pixels
_SEAM, _SCREEN, _SWEEPS = 0.06, 0.003, 30


@dataclass(frozen=True)
class LevelWeights:
    """What counts when patches are compared, beside the colours with weight 1.

    guide       of the guide's colours, blurred by ``guide_blur`` pixels (standard deviation)
    uniformity  of the cost of using a source again and again
    """

    guide: float
    guide_blur: float
    uniformity: float


class Workers:
    """Runs kernels over ranges of targets on all cores; ``pause`` is called after each range and may raise."""

    def __init__(self, pool: ThreadPoolExecutor, pause: Callable[[], None]) -> None:
        self._pool = pool
        self.pause = pause

    def run(self, count: int, call: Callable[[int, int], None]) -> None:
        """``call(first, last)`` for every range of ``count`` items."""
        futures = [self._pool.submit(call, first, min(count, first + _RANGE)) for first in range(0, count, _RANGE)]
        try:
            for future in futures:
                future.result()
                self.pause()
        finally:
            for future in futures:
                future.cancel()


class LevelFill:
    """The state of one level: its picture, the field, and the steps that improve both in turn.

    ``guide`` is (h, w, c or more) and complete; only its colours are compared. The level's image is filled in place.
    """

    def __init__(
        self,
        level: Level,
        guide: Image | None,
        side: int,
        weights: LevelWeights,
        workers: Workers,
        rng: np.random.Generator,
    ) -> None:
        self._level = level
        self._side, self._radius = side, side // 2
        self._weights = weights
        self._workers = workers
        self._rng = rng
        self._image: Image = level.image
        self._colours = level.image.shape[2] - ROUGHNESS_CHANNELS
        self._holes = np.argwhere(level.hole).astype(np.int32)
        self._sources = np.flatnonzero(level.allowed)
        self._targets, self._index = _find_targets(level.hole, self._radius)
        drawn = self._sources[rng.integers(0, len(self._sources), len(self._targets))]
        self._field = _positions(drawn, level.hole.shape)
        self._cost = np.zeros(len(self._targets), np.float32)
        workers.pause()
        self._confidence = _confidence(level.hole, self._targets)
        workers.pause()
        self._features = np.zeros((*level.hole.shape, 8), np.int16)
        self._describe_all(guide)

    def start_from(self, guess: Image) -> None:
        """The first fill is a complete picture (h, w, c + 2): right where the hole is thin."""
        self._image[self._level.hole] = guess[self._level.hole]

    def start_by_peeling(self, guess: Image) -> None:
        """The first fill is texture grown inwards from the rim, and like ``guess`` (h, w, c + 2) from afar."""
        from genrepair_desktop.imaging.voting import peel

        hole = self._level.hole
        depth = depth_in(hole)
        order = self._holes[np.argsort(depth[self._holes[:, 0], self._holes[:, 1]], kind="stable")]
        draws = self._rng.integers(0, len(self._sources), (len(order), _DRAWS)).astype(np.int32)
        origin = np.full((*hole.shape, 2), -1, np.int32)
        guide = _blurred(guess, self._weights.guide_blur) * np.float32(self._weights.guide**0.5)
        sources = _positions(self._sources, hole.shape)
        peel(self._image, ~hole, guide, order, self._level.allowed, sources, draws, origin, self._radius)
        found = origin[self._targets[:, 0], self._targets[:, 1]]
        has_origin = found[:, 0] >= 0
        self._field[has_origin] = found[has_origin]

    def start_from_coarser(self, coarse: "LevelFill") -> None:
        """Take over the field of the level half as large, and the colours it then votes for."""
        size = (self._image.shape[1], self._image.shape[0])
        larger = cv2.resize(coarse._image, size, interpolation=cv2.INTER_LINEAR)
        self._image[self._level.hole] = larger[self._level.hole]
        h, w = coarse._index.shape
        y, x = self._targets[:, 0], self._targets[:, 1]
        parent = coarse._index[np.minimum(y // 2, h - 1), np.minimum(x // 2, w - 1)]
        found = coarse._field[parent] * 2 + self._targets % 2
        found = np.minimum(found, np.array(self._image.shape[:2], np.int32) - 1)
        is_good = (parent >= 0) & (self._level.allowed[found[:, 0], found[:, 1]] > 0)
        self._field[is_good] = found[is_good]
        self._vote(self._confidence * is_good.astype(np.float32), 0.1, 1)

    def match(self, passes: int, seed: int, reach: int) -> None:
        """Improve the field for the picture as it is now (the E step); ``reach`` of the random search in pixels."""
        from genrepair_desktop.imaging import nnf

        self._describe_hole()
        features = self._features.reshape(self._features.shape[0], -1)
        penalty = self._penalty()

        def rescore(first: int, last: int) -> None:
            nnf.rescore(features, self._targets, self._field, self._cost, penalty, self._side, first, last)

        self._workers.run(len(self._targets), rescore)
        for turn in range(passes):
            before = self._field.copy()

            def search(first: int, last: int, turn: int = turn, before: npt.NDArray[np.int32] = before) -> None:
                nnf.search(
                    features, self._targets, self._index, self._level.allowed, penalty, self._field, before,
                    self._cost, self._side, first, last, turn % 2 == 1, seed + turn, reach,
                )  # fmt: skip

            self._workers.run(len(self._targets), search)

    def vote(self, bandwidth: float, rounds: int) -> float:
        """Colour the hole from the field (the M step); returns the mean change of a sample."""
        # Wexler's exp(-d / 2 s^2) with a rational function instead, which has the same bits everywhere
        scale = np.float32(max(1.0, float(np.median(self._cost))))
        trust = 1.0 / (1.0 + (self._cost / scale) ** 2)
        return self._vote((self._confidence * trust).astype(np.float32), bandwidth, rounds)

    def healed(self) -> Image:
        """The colours of the level, with the seams between sources and at the rim closed."""
        from genrepair_desktop.imaging.voting import relax, slopes_of_sources

        image = np.ascontiguousarray(self._image[..., : self._colours])
        near = self._level.hole.copy()
        near[:, :-1] |= self._level.hole[:, 1:]
        near[:-1] |= self._level.hole[1:]
        slopes = np.zeros((*image.shape[:2], 2, self._colours), np.float32)
        pixels = np.argwhere(near).astype(np.int32)
        slopes_of_sources(image, pixels, self._index, self._field, np.float32(_SEAM), slopes)
        voted = image[self._holes[:, 0], self._holes[:, 1]]
        for sweep in range(_SWEEPS):
            relax(image, voted, self._holes, slopes, np.float32(_SCREEN), sweep % 2 == 1)
            self._workers.pause()
        return np.clip(image, 0.0, 1.0)

    def _vote(self, weight: npt.NDArray[np.float32], bandwidth: float, rounds: int) -> float:
        from genrepair_desktop.imaging.voting import vote

        y, x = self._holes[:, 0], self._holes[:, 1]
        before = self._image[y, x]
        out = before.copy()

        def colour(first: int, last: int) -> None:
            vote(
                self._image, self._holes, self._index, self._field, weight, self._radius, np.float32(bandwidth),
                rounds, out, first, last,
            )  # fmt: skip

        self._workers.run(len(self._holes), colour)
        self._image[y, x] = out
        return float(np.abs(out - before).mean())

    def _describe_all(self, guide: Image | None) -> None:
        """Features of every pixel: colour, roughness and guide as whole numbers."""
        c = self._colours
        self._features[..., :c] = np.rint(self._image[..., :c] * self._sample_scale)
        self._features[..., 3:5] = np.rint(self._image[..., c:] * np.float32(255.0 * 3**0.5))
        if guide is not None and self._weights.guide > 0:
            scale = self._sample_scale * np.float32(self._weights.guide**0.5)
            colours = _blurred(np.ascontiguousarray(guide[..., :c]), self._weights.guide_blur)
            self._features[..., 5 : 5 + c] = np.rint(colours * scale)

    def _describe_hole(self) -> None:
        """Features of what the last vote changed."""
        y, x, c = self._holes[:, 0], self._holes[:, 1], self._colours
        samples = self._image[y, x]
        features = self._features[y, x]
        features[:, :c] = np.rint(samples[:, :c] * self._sample_scale)
        features[:, 3:5] = np.rint(samples[:, c:] * np.float32(255.0 * 3**0.5))
        self._features[y, x] = features

    @property
    def _sample_scale(self) -> np.float32:
        # a grey sample stands for three colour samples
        return np.float32(255.0 if self._colours == 3 else 255.0 * 3**0.5)

    def _penalty(self) -> npt.NDArray[np.float32]:
        """What a patch costs for being used over and over (patch uniformity, Kaspar et al. 2015).

        A source whose pixels show up once in the fill costs nothing; each further copy costs a share of the
        present median distance.
        """
        h, w = self._level.hole.shape
        counts = np.bincount(self._field[:, 0] * w + self._field[:, 1], minlength=h * w)
        used = counts.astype(np.float32).reshape(h, w)
        for _ in range(2):  # how often each pixel is shown, then its mean over the patch
            used = cv2.boxFilter(used, cv2.CV_32F, (self._side, self._side), borderType=cv2.BORDER_CONSTANT)
        fair = max(1.0, len(self._targets) / len(self._sources))
        excess = np.maximum(used / np.float32(fair) - np.float32(_FREE_USES), 0)
        return (excess * np.float32(self._weights.uniformity * float(np.median(self._cost)))).astype(np.float32)


def _positions(flat: npt.NDArray[np.intp], shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """y, x of flat pixel numbers, int32 (n, 2)."""
    return np.stack(np.divmod(flat, shape[1]), axis=1).astype(np.int32)


def _blurred(image: Image, blur: float) -> Image:
    if blur <= 0:
        return image
    return cv2.GaussianBlur(image, (0, 0), blur).reshape(image.shape).astype(np.float32)


def _find_targets(hole: Mask, radius: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Centres of the patches that touch the hole and lie inside the picture, and their number at each pixel."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)) > 0
    inside = np.zeros_like(near)
    inside[radius:-radius, radius:-radius] = True
    targets = np.argwhere(near & inside).astype(np.int32)
    index = np.full(hole.shape, -1, np.int32)
    index[targets[:, 0], targets[:, 1]] = np.arange(len(targets), dtype=np.int32)
    return targets, index


def _confidence(hole: Mask, targets: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Trust in a patch by its distance from the rim (Wexler et al. 2007, section 3.2: gamma = 1.3)."""
    depth = depth_in(hole)
    return np.float32(1.3) ** -np.minimum(depth[targets[:, 0], targets[:, 1]], 120)

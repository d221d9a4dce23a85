"""The look of a photo, its tone and its grain, measured on one and given to another."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import as_colour, from_colour, from_ycbcr, to_ycbcr
from genrepair_desktop.imaging.grain import Grain, add_grain, measure_grain

Numbers = tuple[float, ...]
# tones are measured on a picture this small: grain is no tone, and averages out
_SMALL_SIDE = 160
# grain on so many blocks by so many, each so wide
_BLOCKS, _BLOCK = 5, 192
# blocks lie side by side where grain is measured: what a 5 x 5 mean sees across their borders is no grain
_SEAM = 3
_MOST_GAIN = 2.5
# colour that varies less than this beside brightness is noise: such a photo is in one ink, and so is one like it
_ONE_INK = 0.012
_LEAST_DEVIATION = 1e-3


@dataclass(frozen=True)
class Tone:
    """How the tones of a photo are distributed.

    mean    (3) of brightness and the two colour differences (Y'CbCr)
    spread  (6) the lower triangle of the Cholesky factor of their covariance, row by row: the deviation of
            brightness, what colour follows from brightness (the ink of a sepia print), and what does not
    """

    mean: Numbers
    spread: Numbers


@dataclass(frozen=True)
class Look:
    """Tone, and the grain of the sRGB channels."""

    tone: Tone
    grain: Grain


@dataclass(frozen=True)
class Measured:
    """What has to be known of a photo to give it another look. ``blocks``: parts of it side by side, in colour;
    ``sound``: where grain can be measured on them."""

    tone: Tone
    blocks: Image
    sound: Mask

    @property
    def look(self) -> Look:
        return Look(self.tone, measure_grain(self.blocks, self.sound))


def measure(photo: Image) -> Measured:
    """Measure a photo (h, w, 1 or 3)."""
    blocks, sound = _blocks(photo)
    return Measured(_tone(photo), blocks, sound)


class LookCarrier:
    """Gives parts of a measured photo another look.

    Mean and covariance of brightness and colour differences are moved to those of the look (Reinhard 2001, with the
    Cholesky factors of Pitié and Kokaram 2007, brightness first): a grey look makes it grey, a sepia one gives each
    brightness its ink. Grain is added only as far as the photo, so toned, lacks it; grain that it has stays.
    """

    def __init__(self, photo: Measured, look: Look, *, tone: float = 1.0, grain: float = 1.0) -> None:
        """``tone``, ``grain``: how much of each, 0 to 1."""
        self._matrix = _mapping(photo.tone, look.tone)
        self._from = np.array(photo.tone.mean, np.float32)
        self._to = np.array(look.tone.mean, np.float32)
        self._share = np.float32(tone)
        own = measure_grain(self._toned(photo.blocks), photo.sound)
        self._grain = _missing(look.grain, own, grain)

    def carry(self, part: Image, rng: np.random.Generator | None) -> Image:
        """A copy of a part (h, w, 1 or 3) of the photo with the look; without ``rng`` no grain is laid over it."""
        made = self._toned(as_colour(part))
        if rng is not None and self._grain.is_visible:
            made = add_grain(made, np.ones(made.shape[:2], np.float32), self._grain, rng)
        return from_colour(np.clip(made, 0, 1).astype(np.float32), part)

    def _toned(self, colours: Image) -> Image:
        tones = (to_ycbcr(colours) - self._from) @ self._matrix + self._to
        moved = np.clip(from_ycbcr(tones.astype(np.float32)), 0, 1)
        return (colours + self._share * (moved - colours)).astype(np.float32)


def _mapping(own: Tone, wanted: Tone) -> npt.NDArray[np.float32]:
    """What takes differences from the one mean to differences from the other, (3, 3), for rows of numbers."""
    ours, theirs = _triangle(own.spread), _triangle(wanted.spread)
    for i in range(3):
        ours[i, i] = max(ours[i, i], _LEAST_DEVIATION)
        theirs[i, i] = min(theirs[i, i], _MOST_GAIN * ours[i, i])
    if max(theirs[1, 1], theirs[2, 2]) < _ONE_INK:
        theirs[1, 1] = theirs[2, 1] = theirs[2, 2] = 0.0
    elif max(ours[1, 1], ours[2, 2]) < _ONE_INK:
        # what is in one ink gets the colours of the other's brightness, and no more noise than it has
        theirs[1, 1], theirs[2, 1], theirs[2, 2] = ours[1, 1], ours[2, 1], ours[2, 2]
    return (theirs @ np.linalg.inv(ours)).T.astype(np.float32)


def _triangle(values: Numbers) -> npt.NDArray[np.float64]:
    made = np.zeros((3, 3))
    made[np.tril_indices(3)] = values
    return made


def _missing(wanted: Grain, own: Grain, amount: float) -> Grain:
    """What has to be laid over ``own``; variances add up."""
    pairs = zip(wanted.sigma, own.sigma, strict=True)
    return replace(wanted, sigma=tuple(amount * max(0.0, w * w - o * o) ** 0.5 for w, o in pairs))


def _tone(photo: Image) -> Tone:
    h, w = photo.shape[:2]
    factor = min(1.0, _SMALL_SIDE / max(h, w))
    size = (max(1, round(w * factor)), max(1, round(h * factor)))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[1], size[0], -1)
    tones = to_ycbcr(as_colour(small)).reshape(-1, 3).astype(np.float64)
    mean = tones.mean(axis=0)
    apart = tones - mean
    # a grey picture's colours do not vary at all: the factor wants a little of everything
    factors = np.linalg.cholesky(apart.T @ apart / len(tones) + 1e-12 * np.eye(3))
    return Tone(tuple(float(v) for v in mean), tuple(float(v) for v in factors[np.tril_indices(3)]))


def _blocks(photo: Image) -> tuple[Image, Mask]:
    """Blocks spread over the photo, side by side: of a large one, a part tells as much as all of it."""
    rows: list[Image] = []
    sound: list[Mask] = []
    tops, lefts = (_starts(side) for side in photo.shape[:2])
    for y in tops:
        parts = [as_colour(np.ascontiguousarray(photo[y : y + _BLOCK, x : x + _BLOCK])) for x in lefts]
        rows.append(np.concatenate(parts, axis=1))
        sound.append(np.concatenate([_inner(part.shape[:2]) for part in parts], axis=1))
    return np.concatenate(rows), np.concatenate(sound)


def _starts(side: int) -> list[int]:
    """Where blocks of the side begin, not over each other."""
    count = max(1, min(_BLOCKS, side // _BLOCK))
    return [round(i * (side - _BLOCK) / max(1, count - 1)) if count > 1 else 0 for i in range(count)]


def _inner(shape: tuple[int, ...]) -> Mask:
    inner = np.zeros(shape, bool)
    inner[_SEAM:-_SEAM, _SEAM:-_SEAM] = True
    return inner

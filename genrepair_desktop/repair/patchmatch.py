"""Exemplar fill: texture and structure copied from the rest of the photo, at the photo's own resolution."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.exemplar import LevelFill, LevelWeights, Workers
from genrepair_desktop.repair.exemplar_levels import Level, build_levels, depth_in
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer, ThinDamage
from genrepair_desktop.repair.params import number

# of the random search at the finest level, in pixels; the whole window there was no better and twice as slow
_NEAR_REACH = 16
_FIRST_PASSES = 10
# the vote has settled when a sample changes by less than this
_SETTLED = 0.002
# a hole this shallow (in pixels) is filled well enough by the guide to start from
_SHALLOW = 3.0
# A guide is trusted only in what is coarser than this (a standard deviation, in pixels of the photo): a network's
# smooth middle asked for flat pieces. With 2 pixels, and begun from the guide itself instead of from texture grown
# towards it, the texture distance on 13 validation pictures was 17.1 instead of 15.8 (unguided 15.7; PSNR 17.2
# instead of 16.9, unguided 16.2), on the bundled photos 9.9 instead of 8.1. With 6 it was 15.5 and 7.5 (PSNR 16.8).
# Near the rim a network is sure: in thin damage it is trusted in all (27.4 dB under scratches, with 4 pixels 26.1)
_GUIDE_BLUR, _SURE_BLUR, _BLUR_BY_DEPTH = 4.0, 2.0, 1 / 3
# on so many levels, from the coarsest, a smooth fill guides the tone
_SMOOTH_LEVELS = 3


@dataclass(frozen=True)
class PatchmatchParams:
    """Parameters of ``patchmatch``."""

    patch: int = number(
        7, 5, 9, "Side of the compared pieces. Smaller for fine texture, larger for patterns.", step=2, unit="px"
    )
    rounds: int = number(3, 1, 12, "Rounds of search and vote at full size. Move up if seams show.")
    uniformity: float = number(
        1.0, 0.0, 4.0, "How strongly a piece that shows up several times is avoided.", step=0.1, advanced=True
    )
    roughness: float = number(
        4.5,
        0.0,
        8.0,
        "How strongly rough goes to rough and flat to flat. Move up if a flat spot shows in texture.",
        step=0.5,
        advanced=True,
    )

    @property
    def side(self) -> int:
        """The patch with a middle pixel: an even side counts as the next odd one."""
        return self.patch | 1


def patchmatch_fill(
    image: Image,
    mask: Mask,
    donor: Mask | None,
    params: PatchmatchParams,
    ctx: RunContext,
    guide: Image | None = None,
) -> Image:
    """Fill ``mask`` with patches of the known picture.

    Wexler et al. 2007 (coarse to fine, search and vote in turn) with the search of Barnes et al. 2009, the roughness
    of Newson et al. 2014, the uniformity of Kaspar et al. 2015, and a screened Poisson blend of the seams as in
    Darabi et al. 2012. Without a guide a smooth fill guides the coarse levels weakly, in tone only.

    Args:
        image: float32 (h, w, 1 or 3), sRGB-encoded, [0, 1]; not looked at under the mask.
        mask: bool (h, w), True where to fill.
        donor: bool (h, w), where texture may be taken from, or None for all that is known.
        guide: float32 like image, a structure estimate for the hole, for instance a network's smooth fill;
            not looked at outside the mask.

    Returns:
        float32 like image; outside the mask it is the image. The smooth fill where no whole patch is known.

    Raises:
        Cancelled: at a checkpoint.
    """

    def pause() -> None:
        ctx.checkpoint(0.0, "matching")

    pause()
    levels = build_levels(image, mask, donor, guide, side=params.side, roughness=params.roughness, pause=pause)
    if not levels:
        return np.where(mask[..., None], prefill(image, mask) if guide is None else guide, image).astype(np.float32)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return _Descent(levels, params, guide is not None, ctx, pool).run()


class _Descent:
    """The levels of one fill, coarse to fine."""

    def __init__(
        self,
        levels: list[Level],
        params: PatchmatchParams,
        is_guided: bool,
        ctx: RunContext,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._levels = levels
        self._params = params
        self._is_guided = is_guided
        wanted = _BLUR_BY_DEPTH * float(depth_in(levels[0].hole).max()) if is_guided else 0.0
        self._guide_blur = min(_GUIDE_BLUR, max(_SURE_BLUR, wanted))
        self._starts_from_guide = is_guided and wanted <= _SURE_BLUR
        self._ctx = ctx
        self._rng = ctx.rng
        self._pool = pool
        self._done = 0.0

    def run(self) -> Image:
        fill: LevelFill | None = None
        for depth in reversed(range(len(self._levels))):
            fill = self._fill_level(depth, fill)
        assert fill is not None
        return fill.healed()

    def _fill_level(self, depth: int, coarser: LevelFill | None) -> LevelFill:
        level = self._levels[depth]
        self._pause()
        guess = self._guess(depth)
        workers = Workers(self._pool, self._pause)
        fill = LevelFill(level, guess, self._params.side, self._weights(depth), workers, self._rng)
        if coarser is not None:
            fill.start_from_coarser(coarser)
        elif guess is not None and (self._starts_from_guide or depth_in(level.hole).max() <= _SHALLOW):
            fill.start_from(guess)
        elif guess is not None:
            fill.start_by_peeling(guess)
        self._improve(fill, depth, is_first=coarser is None)
        return fill

    def _guess(self, depth: int) -> Image | None:
        """What guides a level: what was given, else on the coarsest levels a smooth fill."""
        level, steps = self._levels[depth], len(self._levels) - 1 - depth
        if steps > 0 and (level.guide is not None or depth == 0 or steps >= _SMOOTH_LEVELS):
            return level.guide
        smooth = prefill(level.image, level.hole)
        if level.guide is not None:
            smooth[..., : level.guide.shape[2]] = level.guide
        return smooth

    def _improve(self, fill: LevelFill, depth: int, *, is_first: bool) -> None:
        is_finest = depth == 0
        # the field is found on coarse levels; the finest only has to follow it
        reach = _NEAR_REACH if is_finest and not is_first else max(self._levels[depth].hole.shape)
        rounds = self._params.rounds + 2 * depth
        # each level has four times the pixels of the next coarser one
        share = 4.0**-depth * 0.75 / rounds
        for turn in range(rounds):
            passes = _FIRST_PASSES if is_first and turn == 0 else 1 if is_finest else 2
            fill.match(passes, int(self._rng.integers(0, 2**62)), reach)
            # at full size a pixel follows the nearest of two sources: a mean of both would blur
            change = fill.vote(0.04, 3) if is_finest else fill.vote(0.08, 1)
            self._done += share
            if change < _SETTLED:
                break

    def _weights(self, depth: int) -> LevelWeights:
        steps = len(self._levels) - 1 - depth
        if self._is_guided:
            return LevelWeights(max(0.5**steps, 0.1), self._guide_blur * 0.5**depth, self._params.uniformity)
        weight = 0.0 if depth == 0 and steps > 0 else 0.3 * 0.5**steps
        return LevelWeights(weight, 2.0, self._params.uniformity)

    def _pause(self) -> None:
        self._ctx.checkpoint(min(1.0, self._done), "matching")


def _build(params: PatchmatchParams, models: ModelLoader) -> Repairer:
    def repair(patch: Patch, ctx: RunContext) -> Image:
        return patchmatch_fill(patch.image, patch.mask, patch.donor, params, ctx)

    return repair


# a scratch finds its like beside it; each window sees what the one before filled
THIN = ThinDamage(lambda thickness: 64, start_cost=30_000, is_local=False)
SPEC = MethodSpec(
    id="patchmatch",
    family="exemplar",
    task="fill",
    params=PatchmatchParams,
    build=_build,
    # a hole is filled from what is around it: half its side is enough for small ones to find their like
    context=lambda side: max(96, side // 2),
    thin=THIN,
    is_seeded=True,
)

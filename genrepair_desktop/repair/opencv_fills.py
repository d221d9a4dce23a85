"""Telea's and the Navier-Stokes fill, from OpenCV: instant on thin damage."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.harmonic import THIN, context
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import number
from genrepair_desktop.repair.smooth_fill import require_known
from genrepair_desktop.repair.watched import run_watched

Kind: TypeAlias = Literal["telea", "navier-stokes"]
_FLAGS: dict[Kind, int] = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}
# 16 bits for two reasons: they carry a 16-bit photo, and OpenCV's Telea adds a slope of one level of the
# sample type a pixel, whatever the slope is; one level of 65535 is nothing, one of 255 shows after 20 pixels
_WHITE = 65535.0


@dataclass(frozen=True)
class RadiusParams:
    """How far around each pixel the fill looks."""

    radius: float = number(
        3.0,
        1.0,
        15.0,
        "How far around each missing pixel known ones are averaged. Raise it for a smoother fill, lower it "
        "for thin scratches across fine detail.",
        unit="px",
        step=0.5,
    )


def build_telea(params: RadiusParams, models: ModelLoader) -> Repairer:
    """Fill from the rim inwards with weighted means of what is known, in the order of a fast marching front.

    Source: Telea 2004, "An image inpainting technique based on the fast marching method", equations 2 to 5.
    """
    return _repairer("telea", params)


def build_navier_stokes(params: RadiusParams, models: ModelLoader) -> Repairer:
    """Fill from the rim inwards along lines of equal brightness, as a fluid carries its vorticity.

    Source: Bertalmio, Bertozzi, Sapiro 2001, "Navier-Stokes, fluid dynamics, and image and video inpainting",
    section 3, in OpenCV's marching form.
    """
    return _repairer("navier-stokes", params)


def _repairer(kind: Kind, params: RadiusParams) -> Repairer:
    def repair(patch: Patch, ctx: RunContext) -> Image:
        require_known(patch.mask)
        holes = patch.mask.astype(np.uint8)
        result = patch.image.copy()
        channels = patch.image.shape[2]
        for channel in range(channels if holes.any() else 0):
            samples = np.rint(np.clip(patch.image[..., channel], 0.0, 1.0) * _WHITE).astype(np.uint16)
            fill = run_watched(
                lambda samples=samples: cv2.inpaint(samples, holes, params.radius, _FLAGS[kind]),
                ctx.part(channel / channels, (channel + 1) / channels),
                "solving",
            )
            result[..., channel][patch.mask] = fill[patch.mask] / np.float32(_WHITE)
        return result

    return repair


TELEA = MethodSpec(
    id="telea",
    family="deterministic",
    task="fill",
    params=RadiusParams,
    build=build_telea,
    context=context,
    thin=THIN,
    adds_grain=True,
)
NAVIER_STOKES = MethodSpec(
    id="navier-stokes",
    family="deterministic",
    task="fill",
    params=RadiusParams,
    build=build_navier_stokes,
    context=context,
    thin=THIN,
    adds_grain=True,
)

"""Even lighting: estimate how light falls over a picture or how a print has faded, and divide it out."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.polynomial_fit import Surface, fit_surface
from genrepair_desktop.imaging.threads import one_blas_thread
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import choice, number

# light changes slowly: a picture this small tells as much of it as the whole one
_SMALL_SIDE = 192
# black has no logarithm, and the darkest tones tell nothing of the light
_DARKEST = 0.02
# asymmetric least squares: paper is above almost everything drawn on it (Eilers 2004)
_ABOVE_PAPER, _ROUNDS = 0.97, 12
_PAPER_WHITE = 0.95
_ROWS = 256
_GAMMA = 2.2


@dataclass(frozen=True)
class BackgroundParams:
    """What counts as the light, and how much of its unevenness is taken out."""

    reference: str = choice(
        "picture",
        ("picture", "paper"),
        "What should come out even: the picture's average tone, or the bright paper of a document or print.",
    )
    degree: int = number(
        2, 0, 6, "How bent the light may be: 1 falls off to one side, 2 darkens corners, more follows stains."
    )
    colours: str = choice(
        "brightness",
        ("brightness", "each"),
        "Even out brightness only, or red, green and blue each: that takes out yellowing and stains too.",
    )
    amount: float = number(
        1.0,
        0.0,
        1.0,
        "How much of the unevenness is taken out. Lower it when shading belongs to the scene.",
        step=0.05,
    )
    limit: float = number(
        2.0,
        0.1,
        4.0,
        "At most how far a tone is raised or lowered. Lower it when dark corners turn noisy.",
        step=0.1,
        unit="stops",
    )
    contrast: float = number(
        0.0, 0.0, 1.0, "Stretch faded tones to full black and white afterwards. Raise it for pale prints.", step=0.05
    )


class _Levels(NamedTuple):
    """Tones mapped to black and white: ``(value - black) * gain``."""

    black: float
    gain: float


def build(params: BackgroundParams, models: ModelLoader) -> Repairer:
    """Fit a polynomial to the logarithm of a reduced picture and divide the picture by it.

    Light multiplies; in the logarithm it adds to what is shown, and the low degrees of a robust fit are taken
    to be the light. Encoded values serve as well as linear ones: with ``encoded = light ** (1 / 2.2)`` a
    quotient stays a quotient. ``paper`` fits the upper envelope by asymmetric least squares.

    Source: Likar, Maintz, Viergever, Pernus 2000, "Retrospective shading correction based on entropy
    minimization", equations 1 to 3 (the model); Eilers 2004, "Parametric time warping", appendix (asymmetric
    weights).
    """

    def repair(patch: Patch, ctx: RunContext) -> Image:
        ctx.checkpoint(0.0, "looking")
        with one_blas_thread():
            small = _reduced(patch.image)
            surface, target = _light(small, params)
            levels = _levels(_evened(small, surface, target, params), params.contrast)
        result = np.empty_like(patch.image)
        h, w = patch.image.shape[:2]
        scale_y, scale_x = small.shape[0] / h, small.shape[1] / w
        for top in range(0, h, _ROWS):
            ctx.checkpoint(0.2 + 0.8 * top / h, "repairing")
            rows = patch.image[top : top + _ROWS]
            gain = _gain(
                surface.on_grid(
                    (np.arange(top, top + len(rows)) + 0.5) * scale_y - 0.5, (np.arange(w) + 0.5) * scale_x - 0.5
                ),
                target,
                params,
            )
            result[top : top + _ROWS] = np.clip((rows * gain - levels.black) * levels.gain, 0.0, 1.0)
        return result

    return repair


def _reduced(image: Image) -> Image:
    h, w = image.shape[:2]
    factor = min(1.0, _SMALL_SIDE / max(h, w))
    size = (max(1, round(w * factor)), max(1, round(h * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[1], size[0], -1)


def _light(small: Image, params: BackgroundParams) -> tuple[Surface, npt.NDArray[np.float64]]:
    """The logarithm of the light over the reduced picture, and the logarithm it should have everywhere."""
    tones = small if params.colours == "each" else small.mean(axis=2, keepdims=True)
    logs = np.log(np.maximum(tones.reshape(-1, tones.shape[2]), _DARKEST)).astype(np.float64)
    y, x = (a.ravel() for a in np.indices(small.shape[:2]))
    if params.reference == "picture":
        surface = fit_surface(y, x, logs, degree=params.degree, ridge=1e-4, loss="huber")
        return surface, surface.at(y, x).mean(axis=0)
    surface = _paper(y, x, logs, params.degree)
    # evened in brightness only, paper keeps its colour and its best-lit tone; in each colour it becomes white
    brightest = np.quantile(surface.at(y, x), 0.95, axis=0)
    return surface, np.full_like(brightest, np.log(_PAPER_WHITE)) if params.colours == "each" else brightest


def _paper(y: npt.NDArray[np.intp], x: npt.NDArray[np.intp], logs: npt.NDArray[np.float64], degree: int) -> Surface:
    tone = logs.mean(axis=1)
    surface = fit_surface(y, x, logs, degree=degree, ridge=1e-4, loss="least-squares")
    for _ in range(_ROUNDS):
        weights = np.where(tone >= surface.at(y, x).mean(axis=1), _ABOVE_PAPER, 1.0 - _ABOVE_PAPER)
        surface = fit_surface(y, x, logs, degree=degree, ridge=1e-4, loss="least-squares", weights=weights)
    return surface


def _gain(
    light: npt.NDArray[np.float64], target: npt.NDArray[np.float64], params: BackgroundParams
) -> npt.NDArray[np.float32]:
    most = params.limit * np.log(2.0) / _GAMMA
    return np.exp(np.clip(params.amount * (target - light), -most, most)).astype(np.float32)


def _evened(
    small: Image, surface: Surface, target: npt.NDArray[np.float64], params: BackgroundParams
) -> npt.NDArray[np.float32]:
    h, w = small.shape[:2]
    return small * _gain(surface.on_grid(np.arange(h), np.arange(w)), target, params)


def _levels(evened: npt.NDArray[np.float32], contrast: float) -> _Levels:
    black, white = (float(value) for value in np.quantile(evened.mean(axis=2), (0.005, 0.995)))
    black *= contrast
    white = 1.0 + (white - 1.0) * contrast
    return _Levels(black, 1.0 / max(white - black, 0.05))


SPEC = MethodSpec(id="background", family="deterministic", task="restore", params=BackgroundParams, build=build)

"""The held-out figures of each model and of its best simple rival, for the card."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from skimage.filters import sato
from skimage.restoration import denoise_nl_means, inpaint_biharmonic
from torch import nn

from genrepair_desktop.imaging.arrays import Image, Mask, to_image
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.evaluate import KINDS, Fill, best_of, evaluate_fills, gain
from genrepair_desktop.lab.face_scores import locator_scores
from genrepair_desktop.lab.generative_scores import measure_generative
from genrepair_desktop.lab.metrics import Interval, average_precision, best_f1, interval
from genrepair_desktop.lab.noise import gaussian_noise, jpeg
from genrepair_desktop.lab.recipes.detect import damaged_batch, sure_pixels
from genrepair_desktop.lab.recipes.upscale import luma_gains
from genrepair_desktop.networks.fill_unet import NOISE_CHANNELS, SeededFillUNet
from genrepair_desktop.registry.card import Score
from genrepair_desktop.registry.inference import run_network
from genrepair_desktop.repair.damage import THRESHOLD
from genrepair_desktop.repair.detect import among_usual_photos

# Named sets of groups; a set without pictures is left out, and strangers' folders are one set
_PORTRAITS = ("faces128", "portraits_pd")
_PHOTOGRAPHS = ("flowers_ccby", "clothing_cc0", "grocery_mit", "wallpaper_tiles", "caltech101_declared_ccby")
_CROP = 128
_COUNT = 30


def measure(model: str, net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """The figures of a model's network on held-out crops; none for a model without a table entry here."""
    made = _MEASURES.get(model)
    return made(net, source) if made else measure_generative(model, net, source)


def fill_function(net: nn.Module) -> Fill:
    """A fill network as a function of photo, mask and seed."""

    def fill(image: Image, mask: Mask, seed: int) -> Image:
        planes = [prefill(image, mask), mask[..., None].astype(np.float32)]
        if isinstance(net, SeededFillUNet):
            rng = np.random.default_rng(seed)
            planes.append(rng.standard_normal((*mask.shape, NOISE_CHANNELS), dtype=np.float32))
        return run_network(net, planes)

    return fill


def classical_fills() -> dict[str, Fill]:
    """The best-known simple fills: exact biharmonic, Telea, Navier-Stokes."""
    return {
        "biharmonic": lambda image, mask, seed: inpaint_biharmonic(image, mask, channel_axis=-1),
        "telea": _opencv(cv2.INPAINT_TELEA),
        "navier-stokes": _opencv(cv2.INPAINT_NS),
    }


def named_sources(source: CropSource) -> dict[str, CropSource]:
    """Photographs and portraits apart, where the folders are this project's; else all pictures."""
    sets = {"photographs": source.only(_PHOTOGRAPHS), "portraits": source.only(_PORTRAITS)}
    known = {name: part for name, part in sets.items() if part is not None}
    return known or {"pictures": source}


def _fill_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    scores: list[Score] = []
    rivals = classical_fills()
    for name, part in named_sources(source).items():
        photos = [to_image(c) for c in part.crops(_COUNT, _CROP, np.random.default_rng(30))]
        rows = evaluate_fills({"net": fill_function(net), **rivals}, photos)
        for kind in KINDS:
            own = next(r for r in rows if r.method == "net" and r.kind == kind)
            best = best_of(rows, kind, tuple(rivals))
            scores.append(_paired(f"{kind}, {name}: hole PSNR over the best classical fill", gain(own, best), "dB"))
            for figure in ("psnr", "ssim", "texture"):
                a, b = own.figures()[figure], best.figures()[figure]
                scores.append(_beside(f"{kind}, {name}: hole {figure}", a, _UNITS[figure], best.method, b.mean))
    return tuple(scores)


def _denoise_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    rng = np.random.default_rng(31)
    photos = [to_image(c) for c in source.crops(_COUNT, _CROP, rng)]
    greys = [p.mean(axis=2, keepdims=True) for p in photos]
    scores: list[Score] = []
    for what, pictures in (("colour", photos), ("grey", greys)):
        for sigma in (15, 25, 50):
            worse = [gaussian_noise(p, sigma, rng) for p in pictures]
            rival = [_non_local_means(w, sigma / 255) for w in worse]
            name = f"noise {sigma}, {what}: PSNR"
            scores.append(_restored(net, name, worse, pictures, rival, "non-local means told the noise"))
    for quality in (10, 20):
        worse = [jpeg(p, quality) for p in photos]
        scores.append(_restored(net, f"JPEG {quality}: PSNR", worse, photos, worse, "the JPEG itself"))
    return tuple(scores)


def _upscale_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    return tuple(
        _paired(
            f"{scale} times, {name}: luma PSNR over bicubic",
            interval(luma_gains(net, part, scale, _CROP, 2 * _COUNT)),
            "dB",
        )
        for name, part in named_sources(source).items()
        for scale in (2, 4)
    )


def _detect_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    arrays = damaged_batch(source, 2 * _COUNT, _CROP, np.random.default_rng(32))
    pictures = [to_image(p) for p in arrays["picture"]]
    truth, own = sure_pixels(arrays["label"], np.stack([run_network(net, [p])[..., 0] for p in pictures]))
    _, rival = sure_pixels(arrays["label"], np.stack([line_filter(p) for p in pictures]))
    f1, threshold = best_f1(truth, own)
    rival_f1, _ = best_f1(truth, rival)
    sound = [to_image(c) for c in source.crops(2 * _COUNT, _CROP, np.random.default_rng(33))]
    called = [among_usual_photos(run_network(net, [p])) >= THRESHOLD for p in sound]
    alarms = interval([100 * float(some.mean()) for some in called])
    low, high = alarms.low, alarms.high
    found = float((among_usual_photos(own[truth]) >= THRESHOLD).mean())
    rival_name = "top-hat and line filter, its best threshold"
    count = len(pictures)
    return (
        Score(
            "average precision of damaged pixels",
            average_precision(truth, own),
            "",
            count,
            rival_name,
            average_precision(truth, rival),
        ),
        Score(f"F1 at its best threshold ({threshold:.2f})", f1, "", count, rival_name, rival_f1),
        Score("damaged pixels found at the sensitivity one starts with", 100 * found, "%", count),
        Score("false alarms on sound pictures, there", alarms.mean, "% of pixels", len(sound), low=low, high=high),
    )


def line_filter(image: Image) -> Image:
    """What a scratch detector without learning sees: white and black top-hat and Sato's ridge filter, (h, w)."""
    grey = np.ascontiguousarray(image.mean(axis=2))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    light = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)
    ridges = np.maximum(sato(grey, sigmas=range(1, 3), black_ridges=False), sato(grey, sigmas=range(1, 3)))
    return np.asarray(np.maximum(light, dark) + ridges, np.float32)


_MEASURES: Mapping[str, Callable[[nn.Module, CropSource], tuple[Score, ...]]] = {
    "fill-cnn": _fill_scores,
    "fill-gan": _fill_scores,
    "denoise": _denoise_scores,
    "upscale": _upscale_scores,
    "detect": _detect_scores,
    "face-locator": locator_scores,
}
_UNITS = {"psnr": "dB", "ssim": "", "texture": ""}


def _opencv(flag: int) -> Fill:
    def fill(image: Image, mask: Mask, seed: int) -> Image:
        pixels = np.rint(image * 255).astype(np.uint8)
        return np.asarray(cv2.inpaint(pixels, mask.astype(np.uint8), 3, flag), np.float32) / np.float32(255)

    return fill


def _non_local_means(image: Image, sigma: float) -> Image:
    filtered = denoise_nl_means(
        image, patch_size=5, patch_distance=7, h=0.8 * sigma, sigma=sigma, fast_mode=True, channel_axis=-1
    )
    return np.clip(filtered, 0, 1).astype(np.float32).reshape(image.shape)


def _restored(
    net: nn.Module, name: str, worse: list[Image], truths: list[Image], rival: list[Image], rival_name: str
) -> Score:
    """PSNR of the network's answer and of a rival's, over the pictures."""
    own: list[float] = []
    for given, truth in zip(worse, truths, strict=True):
        clean = run_network(net, [np.broadcast_to(given, (*given.shape[:2], 3))])
        own.append(psnr(clean if truth.shape[2] == 3 else clean.mean(axis=2, keepdims=True), truth))
    theirs = [psnr(np.clip(r, 0, 1), t) for r, t in zip(rival, truths, strict=True)]
    return _beside(name, interval(own), "dB", rival_name, float(np.mean(theirs)))


def _paired(name: str, figure: Interval, unit: str) -> Score:
    return Score(name, figure.mean, unit, figure.count, low=figure.low, high=figure.high)


def _beside(name: str, figure: Interval, unit: str, rival: str, rival_value: float) -> Score:
    return Score(name, figure.mean, unit, figure.count, rival, rival_value, figure.low, figure.high)

"""Damage that covers the whole picture: noise, film grain, blur, JPEG. float32 (h, w, c) in [0, 1], in and out.

Strengths of noise are standard deviations on the 0 to 255 scale, as the denoising literature gives them.
"""

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, to_image


def gaussian_noise(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    """White noise, not clipped: BM3D and DnCNN are measured so."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(image + noise * np.float32(sigma / 255), np.float32)


def poisson_noise(image: Image, peak: float, rng: np.random.Generator) -> Image:
    """Photon noise of a sensor that counts ``peak`` photons at white; its variance is proportional to light."""
    counts = rng.poisson(np.clip(image, 0, 1).astype(np.float64) * peak)
    return (counts / peak).astype(np.float32)


def film_grain(image: Image, sigma: float, size: float, rng: np.random.Generator) -> Image:
    """Correlated grain, one pattern for all channels, strongest in the mid-tones.

    Noise of Gaussian correlation length ``size`` pixels; its strength follows ``4 v (1 - v)``, the variance of a
    half-tone of opaque grains (Newson et al. 2017, Boolean model, first order).
    """
    h, w, channels = image.shape
    noise = cv2.GaussianBlur(rng.standard_normal((h, w), dtype=np.float32), (0, 0), max(size, 0.3))
    noise /= float(noise.std()) + 1e-6
    light = np.clip(image.mean(axis=2), 0, 1)
    strength = np.sqrt(0.1 + 0.9 * 4 * light * (1 - light)) * np.float32(sigma / 255)
    return image + np.repeat((noise * strength)[..., None], channels, axis=2)


def blur(image: Image, sigma: float) -> Image:
    """Out of focus, as a Gaussian of ``sigma`` pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32).reshape(image.shape)


def jpeg(image: Image, quality: int, *, halved_colour: bool = True) -> Image:
    """Once through JPEG, 8 bits, quality 10 to 95, colour at half size or not."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if halved_colour else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    if pixels.shape[2] == 3:
        pixels = pixels[..., ::-1]
    done, coded = cv2.imencode(".jpg", np.ascontiguousarray(pixels), options)
    assert done
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), np.uint8).reshape(pixels.shape)
    return to_image(decoded[..., ::-1])

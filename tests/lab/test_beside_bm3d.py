"""The comparison of two denoisers on the same noisy pictures."""

import sys

import numpy as np
import pytest

from genrepair_desktop.imaging.arrays import Image, to_image
from genrepair_desktop.lab import beside_bm3d
from genrepair_desktop.lab.beside_bm3d import lead
from tests.lab.drawn import draw_photo


def _as_is(noisy: Image, sigma: float) -> Image:
    return noisy


def _towards_the_mean(noisy: Image, sigma: float) -> Image:
    """The best linear estimate when nothing but mean and variance is known (Wiener)."""
    signal = max(float(noisy.var()) - sigma**2, 0.0)
    return noisy.mean() + (noisy - noisy.mean()) * np.float32(signal / (signal + sigma**2))


@pytest.mark.parametrize("channels", [1, 3])
def test_one_denoiser_is_compared_with_another_on_equal_noise(channels: int) -> None:
    truths = [to_image(draw_photo(n, 48, 48))[..., :channels] for n in range(4)]
    assert lead(_as_is, _as_is, truths, 25).mean == 0
    better = lead(_towards_the_mean, _as_is, truths, 50)
    assert better.low > 0
    assert lead(_as_is, _towards_the_mean, truths, 50).mean == pytest.approx(-better.mean)


def test_without_the_package_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "bm3d", None)
    assert beside_bm3d.main(["models/denoise", "--photos", "x", "--cache", "y"]) == 2
    assert "bm3d" in capsys.readouterr().err

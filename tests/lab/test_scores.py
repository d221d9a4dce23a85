"""The figures that go on cards, taken of untrained networks, whose figures are known beforehand."""

import numpy as np
import pytest
import torch

from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.lab import scores
from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.scores import classical_fills, fill_function, line_filter, measure
from genrepair_desktop.networks.blocks import bias_of
from genrepair_desktop.networks.damage_unet import DamageUNet
from genrepair_desktop.networks.fill_unet import FillUNet, SeededFillUNet
from genrepair_desktop.networks.restore_unet import RestoreUNet
from genrepair_desktop.networks.upscale_net import UpscaleNet
from tests.lab.drawn import draw_photo

SHAPE = {"widths": (8, 8, 16), "depths": (1, 1), "dilations": (1,)}


@pytest.fixture(autouse=True)
def small_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "_COUNT", 3)
    monkeypatch.setattr(scores, "_CROP", 48)


def test_an_untrained_fill_is_about_as_good_as_the_exact_equation_on_scratches(source: CropSource) -> None:
    figures = {s.name: s for s in measure("fill-cnn", FillUNet(**SHAPE).eval(), source)}
    assert len(figures) == 16
    gain = figures["scratch, pictures: hole PSNR over the best classical fill"]
    assert abs(gain.value) < 1.5
    assert gain.low is not None
    assert gain.low <= gain.value
    assert figures["thick, pictures: hole ssim"].rival in classical_fills()


def test_an_untrained_denoiser_leaves_the_noise_as_it_is(source: CropSource) -> None:
    figures = {s.name: s for s in measure("denoise", RestoreUNet(**SHAPE).eval(), source)}
    # 20 log10(255 / 25) = 20.17 dB; clipping takes a little of the noise away
    for what in ("colour", "grey"):
        score = figures[f"noise 25, {what}: PSNR"]
        assert score.value == pytest.approx(20.3, abs=0.6)
        assert score.rival_value is not None
        assert score.rival_value > score.value + 2
    jpeg = figures["JPEG 10: PSNR"]
    assert jpeg.value == pytest.approx(jpeg.rival_value, abs=1e-4)


def test_an_untrained_enlarger_gains_nothing_over_bicubic(source: CropSource) -> None:
    assert [s.value for s in measure("upscale", UpscaleNet(8, 1).eval(), source)] == pytest.approx([0, 0], abs=0.05)


def test_a_detector_is_measured_beside_a_line_filter(source: CropSource) -> None:
    network = DamageUNet(**SHAPE).eval()
    precision, f1, found, alarms = measure("detect", network, source)
    # It says one half everywhere: its precision is the share of damage, and one half is too little to call
    assert precision.value < 0.5
    assert f1.rival_value is not None
    assert f1.rival_value > 0
    assert (found.value, alarms.value) == (0, 0)
    with torch.no_grad():
        bias_of(network.trunk.leave).fill_(9.0)
    _, _, found, alarms = measure("detect", network, source)
    assert (found.value, alarms.value) == (100, 100)


def test_a_model_without_figures_here_has_none(source: CropSource) -> None:
    assert measure("portrait-gan", torch.nn.Identity(), source) == ()


def test_the_line_filter_sees_light_and_dark_scratches() -> None:
    for value in (0.0, 1.0):
        image = np.full((60, 60, 3), 0.5, np.float32)
        image[:, 30:32] = value
        seen = line_filter(image)
        assert seen[:, 30:32].mean() > 5 * seen[:, :20].mean() + 0.1


def test_a_seeded_fill_repeats_with_its_seed() -> None:
    torch.manual_seed(0)
    network = SeededFillUNet(**SHAPE).eval()
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.03)
    fill, image = fill_function(network), to_image(draw_photo(1, 40, 40))
    mask = np.zeros((40, 40), np.bool_)
    mask[10:20, 10:20] = True
    assert np.array_equal(fill(image, mask, 1), fill(image, mask, 1))
    assert not np.array_equal(fill(image, mask, 1), fill(image, mask, 2))

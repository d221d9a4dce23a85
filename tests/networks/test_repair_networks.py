import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from genrepair_desktop.networks.blocks import pad_to_multiple
from genrepair_desktop.networks.build import build
from genrepair_desktop.networks.damage_unet import DamageUNet
from genrepair_desktop.networks.fill_unet import NOISE_CHANNELS, FillUNet, SeededFillUNet
from genrepair_desktop.networks.patch_critic import PatchCritic
from genrepair_desktop.networks.restore_unet import RestoreUNet
from genrepair_desktop.networks.upscale_net import UpscaleNet

SHAPE = {"widths": (8, 8, 16), "depths": (1, 1), "dilations": (1, 2)}
SIDES = st.integers(8, 40)


def stirred(network: nn.Module, seed: int = 0) -> nn.Module:
    """Weights that are not zero anywhere, as after training."""
    generator = torch.Generator().manual_seed(seed)
    for p in network.parameters():
        p.data = torch.randn(p.shape, generator=generator) * 0.1
    return network.eval().requires_grad_(False)


def fill_input(h: int, w: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(h * 100 + w)
    mask = (torch.rand(2, 1, h, w, generator=generator) > 0.7).float()
    return torch.rand(2, 3, h, w, generator=generator), mask


def test_an_untrained_fill_returns_the_first_fill() -> None:
    start, mask = fill_input(24, 32)
    assert torch.equal(FillUNet(**SHAPE)(start, mask), start)


@settings(max_examples=15, deadline=None)
@given(SIDES, SIDES)
def test_a_fill_of_any_size_changes_the_hole_alone(h: int, w: int) -> None:
    start, mask = fill_input(h, w)
    filled = stirred(FillUNet(**SHAPE))(start, mask)
    assert filled.shape == start.shape
    known = (mask == 0).expand_as(start)
    assert torch.equal(filled[known], start[known])
    if mask.any():
        assert not torch.equal(filled, start)


def test_padding_does_not_change_what_lies_far_from_it() -> None:
    network = stirred(FillUNet((8, 8, 16), (1, 1), (1,)))
    start, mask = fill_input(96, 96)
    whole, cut = network(start, mask), network(start[..., :90, :91], mask[..., :90, :91])
    assert torch.allclose(whole[..., :40, :40], cut[..., :40, :40], atol=1e-5)


def test_another_noise_gives_another_fill_and_the_same_noise_the_same() -> None:
    network = stirred(SeededFillUNet(**SHAPE))
    start, mask = fill_input(30, 21)
    a, b = (torch.randn(2, NOISE_CHANNELS, 30, 21, generator=torch.Generator().manual_seed(s)) for s in (1, 2))
    assert torch.equal(network(start, mask, a), network(start, mask, a))
    differs = network(start, mask, a) != network(start, mask, b)
    assert differs.any()
    assert not (differs & (mask == 0)).any()


@settings(max_examples=10, deadline=None)
@given(SIDES, SIDES)
def test_restoring_keeps_the_size_and_maps_noise_that_is_never_negative(h: int, w: int) -> None:
    network = stirred(RestoreUNet(**SHAPE))
    assert isinstance(network, RestoreUNet)
    picture, _ = fill_input(h, w)
    clean, noise = network.analyse(picture)
    assert clean.shape == picture.shape
    assert noise.shape == (2, 1, h, w)
    assert float(noise.min()) >= 0
    assert torch.equal(network(picture), clean)


@pytest.mark.parametrize("scale", [2, 4])
def test_enlarging_multiplies_the_size_and_keeps_flat_colour_when_untrained(scale: int) -> None:
    picture = torch.full((1, 3, 9, 14), 0.3)
    large = UpscaleNet(8, 2)(picture, scale)
    assert large.shape == (1, 3, 9 * scale, 14 * scale)
    assert torch.allclose(large, torch.tensor(0.3), atol=1e-3)


def test_enlarging_by_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="2 or 4"):
        UpscaleNet(8, 1)(torch.zeros(1, 3, 8, 8), 3)


@settings(max_examples=10, deadline=None)
@given(SIDES, SIDES)
def test_damage_is_a_probability_for_each_pixel(h: int, w: int) -> None:
    chance = stirred(DamageUNet(**SHAPE))(fill_input(h, w)[0])
    assert chance.shape == (2, 1, h, w)
    assert 0 <= float(chance.min()) <= float(chance.max()) <= 1


def test_the_critic_judges_patches_of_sixteen_pixels() -> None:
    judged, features = PatchCritic(8)(*fill_input(48, 64))
    assert judged.shape == (2, 1, 3, 4)
    assert [f.shape[-1] for f in features] == [32, 16, 8, 4]


def test_padding_repeats_the_last_rows_and_columns() -> None:
    x = torch.arange(6.0).view(1, 1, 2, 3)
    padded = pad_to_multiple(x, 4)
    assert padded.shape == (1, 1, 4, 4)
    assert padded[0, 0, 3].tolist() == [3, 4, 5, 5]
    assert pad_to_multiple(padded, 4) is padded


@pytest.mark.parametrize(
    ("name", "kind"),
    [("fill-unet", FillUNet), ("seeded-fill-unet", SeededFillUNet), ("restore-unet", RestoreUNet)],
)
def test_a_config_that_went_through_json_builds_the_same_network(name: str, kind: type[nn.Module]) -> None:
    config = json.loads(json.dumps({"network": name, **SHAPE}))
    built, wanted = build(config), kind(**SHAPE)
    assert type(built) is kind
    assert [tuple(p.shape) for p in built.parameters()] == [tuple(p.shape) for p in wanted.parameters()]


@pytest.mark.parametrize("network", [FillUNet(**SHAPE), RestoreUNet(**SHAPE), UpscaleNet(8, 1), DamageUNet(**SHAPE)])
def test_weights_kept_in_bfloat16_give_a_float32_picture(network: nn.Module) -> None:
    start, mask = fill_input(16, 24)
    inputs = (start, mask) if isinstance(network, FillUNet) else (start,)
    with torch.no_grad():
        exact, rough = network(*inputs), network.bfloat16()(*inputs)
    assert rough.dtype == torch.float32
    assert torch.allclose(exact, rough, atol=0.05)

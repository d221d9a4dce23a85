import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from genrepair_desktop.lab.losses import relative_hole_loss, texture_loss
from genrepair_desktop.lab.optim import Muon, optimisers, orthogonalise


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(3, 3, 16, 16, generator=generator)
    start = truth + 0.2 * torch.randn(3, 3, 16, 16, generator=generator)
    mask = (torch.rand(3, 1, 16, 16, generator=generator) > 0.6).float()
    return truth, start, mask


def test_the_truth_has_almost_no_loss_and_the_first_fill_about_two() -> None:
    truth, start, mask = batch()
    assert float(relative_hole_loss(truth, truth, start, mask)) < 0.01
    assert float(relative_hole_loss(start, truth, start, mask)) == pytest.approx(2, rel=0.05)


def test_pixels_outside_the_hole_do_not_count() -> None:
    truth, start, mask = batch()
    elsewhere = truth + 5 * (1 - mask)
    assert float(relative_hole_loss(elsewhere, truth, start, mask)) < 0.01


def test_a_picture_with_large_errors_counts_no_more_than_one_with_small() -> None:
    truth, start, mask = batch()
    halved = start + 0.5 * (truth - start)
    loss = relative_hole_loss(halved, truth, start, mask)
    ten_times = truth + 10 * (start - truth)
    same = relative_hole_loss(truth + 10 * (halved - truth), truth, ten_times, mask)
    assert float(loss) == pytest.approx(float(same), rel=0.05)


def test_an_empty_mask_gives_a_finite_loss_and_slope() -> None:
    truth, start, mask = batch()
    output = start.clone().requires_grad_()
    loss = relative_hole_loss(output, truth, start, mask * 0)
    (slope,) = torch.autograd.grad(loss, output)
    assert torch.isfinite(loss)
    assert torch.isfinite(slope).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 99))
def test_orthogonalising_brings_all_directions_near_the_same_length(rows: int, columns: int, seed: int) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    if np.linalg.cond(matrix.numpy()) > 100:
        return
    lengths = torch.linalg.svdvals(orthogonalise(matrix, steps=12))
    assert 0.4 < float(lengths.min()) <= float(lengths.max()) < 1.4


def test_muon_takes_the_kernels_and_adamw_the_rest() -> None:
    net = nn.Sequential(nn.Conv2d(3, 32, 3), nn.Conv2d(32, 3, 3))
    adam, muon = optimisers(net, 1e-3, (0.9, 0.99), muon=True)
    assert isinstance(muon, Muon)
    assert [tuple(p.shape) for p in muon.param_groups[0]["params"]] == [(32, 3, 3, 3)]
    assert len(adam.param_groups[0]["params"]) == 3
    assert len(optimisers(net, 1e-3, (0.9, 0.99), muon=False)) == 1


def test_muon_learns_a_kernel_it_is_shown() -> None:
    torch.manual_seed(0)
    wanted, net = nn.Conv2d(4, 16, 3, bias=False), nn.Conv2d(4, 16, 3, bias=False)
    optimiser = Muon(net.parameters(), lr=1e-2)
    x = torch.randn(8, 4, 12, 12)
    losses = []
    for _ in range(60):
        loss = (net(x) - wanted(x).detach()).square().mean()
        net.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]


def test_texture_in_another_order_costs_little_and_its_absence_all() -> None:
    torch.manual_seed(0)
    truth = 0.5 + 0.1 * torch.randn(2, 3, 48, 48)
    other = 0.5 + 0.1 * torch.randn(2, 3, 48, 48)
    smooth = torch.full_like(truth, 0.5)
    mask = torch.zeros(2, 1, 48, 48)
    mask[:, :, 8:40, 8:40] = 1
    assert float(texture_loss(smooth, truth, smooth, mask)) == pytest.approx(1, abs=0.15)
    assert float(texture_loss(other, truth, smooth, mask)) < 0.2
    assert float(texture_loss(truth, truth, smooth, mask)) == 0


def test_windows_punish_texture_in_the_wrong_half() -> None:
    torch.manual_seed(0)
    rough, even = torch.rand(1, 3, 96, 48), torch.full((1, 3, 96, 48), 0.5)
    truth, swapped = torch.cat([rough, even], 3), torch.cat([even, rough], 3)
    smooth, mask = torch.full_like(truth, 0.4), torch.ones(1, 1, 96, 96)
    anywhere = float(texture_loss(swapped, truth, smooth, mask))
    in_place = float(texture_loss(swapped, truth, smooth, mask, window=24))
    assert anywhere < 0.2
    assert in_place > 3 * anywhere
    assert float(texture_loss(truth, truth, smooth, mask, window=24)) == 0


def test_the_texture_loss_pulls_a_smooth_fill_towards_texture() -> None:
    torch.manual_seed(0)
    truth = 0.5 + 0.1 * torch.randn(1, 3, 32, 32)
    mask = torch.ones(1, 1, 32, 32)
    output = (0.5 + 0.01 * torch.randn(1, 3, 32, 32)).requires_grad_(True)
    smooth = torch.full_like(truth, 0.5)
    (slope,) = torch.autograd.grad(texture_loss(output, truth, smooth, mask), output)
    stepped = output.detach() - 20 * slope
    assert float(stepped.std()) > float(output.detach().std())


def test_a_hole_too_narrow_for_a_patch_has_no_texture_to_compare() -> None:
    truth = torch.rand(1, 3, 16, 16)
    mask = torch.zeros(1, 1, 16, 16)
    mask[:, :, 0, :] = 1
    assert float(texture_loss(truth, truth, truth, mask)) == 0

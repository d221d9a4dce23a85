"""The generative networks: likelihoods that are likelihoods, causality, samplers that agree with their nets."""

import math

import pytest
import torch
from torch import Tensor

from genrepair_desktop.networks.build import build
from genrepair_desktop.networks.code_prior import CodePrior
from genrepair_desktop.networks.conv_vae import ConvVae, gaussian_kl
from genrepair_desktop.networks.feature_net import FeatureNet
from genrepair_desktop.networks.likelihoods import Likelihood, bits_per_dimension, log_likelihood
from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder
from genrepair_desktop.networks.pixel_rnn import CausalConv, PixelRnn
from genrepair_desktop.networks.pixel_sampling import PixelCursor, draw
from genrepair_desktop.networks.style_gan import Critic, StyleGenerator, group_spread, in_style
from genrepair_desktop.networks.vq_autoencoder import Codebook, VqAutoencoder


@pytest.fixture(autouse=True)
def seeded(one_thread: None) -> None:
    torch.manual_seed(3)


def small_rnn(levels: int = 3, classes: int = 0) -> PixelRnn:
    net = PixelRnn(height=5, columns=6, levels=levels, hidden=8, layers=2, embedding=4, classes=classes)
    return net.eval()


def test_bernoulli_likelihoods_of_all_binary_pictures_sum_to_one() -> None:
    logits = torch.randn(1, 1, 2, 2)
    pictures = torch.tensor([[(i >> b) & 1 for b in range(4)] for i in range(16)]).float().view(16, 1, 2, 2)
    total = log_likelihood("bernoulli", logits.expand(16, -1, -1, -1), pictures, torch.zeros(1, 1, 1)).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("place", [-0.4, 0.0, 0.3, 0.55])
@pytest.mark.parametrize("log_scale", [-1.0, 0.0, 2.0])
def test_logistic_likelihoods_of_all_levels_sum_to_one(place: float, log_scale: float) -> None:
    output = torch.tensor([place, log_scale]).view(1, 2, 1, 1).expand(256, -1, -1, -1)
    levels = (torch.arange(256) / 255).view(256, 1, 1, 1)
    total = log_likelihood("logistic", output, levels, torch.zeros(1, 1, 1)).exp().sum()
    assert total.item() == pytest.approx(1, abs=2e-3)


def test_gaussian_likelihoods_of_all_levels_sum_to_about_one() -> None:
    levels = (torch.arange(256) / 255).view(256, 1, 1, 1)
    output = torch.zeros(256, 1, 1, 1)
    total = log_likelihood("gaussian", output, levels, torch.full((1, 1, 1), -2.5)).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-3)


def test_bits_per_dimension_of_a_fair_coin_is_one() -> None:
    assert bits_per_dimension(784 * math.log(2), 784) == pytest.approx(1)


def test_gaussian_kl_agrees_with_torch_distributions() -> None:
    mean, log_variance = torch.randn(4, 3), torch.randn(4, 3)
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


class LinearVae(ConvVae):
    """x = z + noise, with its exact posterior: there the evidence is known, and both bounds reach it."""

    def posterior(self, x: torch.Tensor, y: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        variance = (2 * self.log_sigma).exp().item()
        mean = (x - 0.5).flatten(1) / (1 + variance)
        return mean, torch.full_like(mean, math.log(variance / (1 + variance)))

    def output(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return z[:, :, None, None]


def test_both_bounds_are_the_evidence_where_the_posterior_is_exact() -> None:
    net = LinearVae(side=16, channels=1, latent=1, width=8, levels=1, likelihood="gaussian").requires_grad_(False)
    net.log_sigma.fill_(math.log(0.5))
    x = torch.full((20_000, 1, 1, 1), 1.1)
    # a likelihood of levels: the density times the width of one of 256
    evidence = torch.distributions.Normal(0.5, math.sqrt(1.25)).log_prob(x[0, 0, 0, 0]).item() - math.log(255)
    for draws in (1, 5):
        bound = net.importance_bound(x[:100], draws=draws)
        assert bound.tolist() == pytest.approx([evidence] * 100, abs=1e-4), "every draw weighs the same"
    reconstruction, divergence = net.elbo(x)
    assert (reconstruction - divergence).mean().item() == pytest.approx(evidence, abs=0.02)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_vae_bounds_are_ordered_and_gradients_reach_every_weight(likelihood: Likelihood) -> None:
    net = ConvVae(side=16, channels=1, latent=4, width=8, levels=2, likelihood=likelihood)
    x = (torch.rand(32, 1, 16, 16) > 0.5).float()
    reconstruction, kl = net.elbo(x)
    (kl - reconstruction).mean().backward()
    unreached = [n for n, p in net.named_parameters() if p.grad is None and n != "log_sigma"]
    assert unreached == []
    with torch.no_grad():
        one = torch.stack([net.importance_bound(x, draws=1).mean() for _ in range(8)]).mean()
        many = net.importance_bound(x, draws=16).mean()
    # Burda 2016, theorem 1: more draws never loosen the bound (in expectation)
    assert many >= one - 0.05 * abs(one) * 0.01


def test_vae_of_28_pixels_keeps_shape_and_classes_change_the_picture() -> None:
    net = ConvVae(side=28, channels=1, latent=6, width=8, levels=1, likelihood="bernoulli", classes=10).eval()
    z = torch.randn(2, 6)
    first, second = net.decode(z, torch.tensor([0, 0])), net.decode(z, torch.tensor([7, 7]))
    assert first.shape == (2, 1, 28, 28)
    assert (first - second).abs().max() > 0
    assert net.encode(first, torch.tensor([0, 0])).shape == (2, 6)


@pytest.mark.parametrize("sees_itself", [True, False])
def test_causal_convolution_never_looks_ahead(sees_itself: bool) -> None:
    conv = CausalConv(1, 3, 2, 2, sees_itself=sees_itself)
    x = torch.randn(1, 1, 6, 7, requires_grad=True)
    row, column = 3, 4
    conv(x)[0, :, row, column].sum().backward()
    assert x.grad is not None
    seen = x.grad[0, 0].flatten() != 0
    last = row * 7 + column + (1 if sees_itself else 0)
    assert not seen[last:].any()
    assert seen[:last].any()


def test_pixel_rnn_likelihoods_of_all_pictures_sum_to_one() -> None:
    net = PixelRnn(height=2, columns=3, levels=2, hidden=8, layers=2, embedding=4).eval()
    pictures = torch.tensor([[(i >> b) & 1 for b in range(6)] for i in range(64)]).view(64, 2, 3)
    with torch.no_grad():
        assert net.log_likelihood(pictures).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_pixel_rnn_logits_depend_on_earlier_pixels_only() -> None:
    net, x = small_rnn(), torch.randint(3, (1, 5, 6))
    with torch.no_grad():
        before = net.logits(x)
        changed = x.clone()
        changed[0, 2, 3] = (changed[0, 2, 3] + 1) % 3
        after = net.logits(changed)
    moved = (before - after).abs().sum(1)[0].flatten() > 1e-6
    assert not moved[: 2 * 6 + 3 + 1].any()
    assert moved[2 * 6 + 4 :].any()


@pytest.mark.parametrize("classes", [0, 4])
def test_the_pixel_cursor_gives_the_logits_of_the_whole_net(classes: int) -> None:
    net, x = small_rnn(classes=classes), torch.randint(3, (2, 5, 6))
    y = torch.tensor([1, 3]) if classes else None
    cursor, steps = PixelCursor(net, 2, y), []
    with torch.no_grad():
        for row in range(5):
            cursor.start_row()
            for column in range(6):
                steps.append(cursor.logits(row, column))
                cursor.put(row, column, x[:, row, column])
        together = net.logits(x, y)
    torch.testing.assert_close(torch.stack(steps, -1).view_as(together), together, atol=1e-5, rtol=1e-4)


def test_drawing_is_seeded_and_leaves_given_pixels_alone() -> None:
    net, known = small_rnn(), torch.randint(3, (5, 6))
    free = torch.zeros(5, 6, dtype=torch.bool)
    free[3:, 2:] = True

    def one() -> tuple[Tensor, Tensor]:
        return draw(net, 4, torch.Generator().manual_seed(5), known=known, free=free)

    (first, odds), (second, _) = one(), one()
    assert torch.equal(first, second)
    assert torch.equal(first[:, ~free], known[~free].expand(4, -1))
    assert (odds < 0).all()


def test_the_log_probability_of_a_draw_is_the_nets_likelihood() -> None:
    net = small_rnn()
    pictures, odds = draw(net, 3, torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(odds, net.log_likelihood(pictures), atol=1e-4, rtol=1e-4)


def small_generator() -> StyleGenerator:
    return StyleGenerator(side=16, channels=3, latent=6, width=8, levels=2, widest=16, components=2).eval()


def test_a_generator_that_mixes_nothing_draws_either_code() -> None:
    net = small_generator()
    coarse, fine = (net.draw(torch.randn(3, 6), torch.rand(3)) for _ in range(2))
    torch.testing.assert_close(net.mixed(coarse, fine, net.style_layers), net.synthesis(coarse))
    torch.testing.assert_close(net.mixed(coarse, fine, 0), net.synthesis(fine))
    assert net.synthesis(coarse).shape == (3, 3, 16, 16)


def test_a_mixed_style_has_the_other_codes_statistics() -> None:
    shapes, styles = torch.randn(2, 4, 9, 9), 3 + 2 * torch.randn(2, 4, 9, 9)
    made = in_style(shapes, styles)
    torch.testing.assert_close(made.mean((2, 3)), styles.mean((2, 3)), atol=1e-4, rtol=0)
    torch.testing.assert_close(made.std((2, 3)), styles.std((2, 3)), atol=1e-3, rtol=0)
    order = [x[0, 0].flatten().argsort() for x in (shapes, made)]
    assert torch.equal(*order), "what was bright stays bright"


def test_a_code_prior_draws_what_it_was_told() -> None:
    prior = CodePrior(2, 2)
    covariances = torch.tensor([[[1.0, 0.9], [0.9, 1.0]], [[0.01, 0.0], [0.0, 0.01]]])
    prior.take(torch.tensor([0.25, 0.75]), torch.tensor([[5.0, 5.0], [-1.0, 0.0]]), covariances)
    place = torch.rand(20_000)
    codes = prior(torch.randn(20_000, 2), place)
    first = codes[place < 0.25]
    torch.testing.assert_close(first.mean(0), torch.tensor([5.0, 5.0]), atol=0.06, rtol=0)
    torch.testing.assert_close(first.T.cov(), covariances[0], atol=0.06, rtol=0)
    torch.testing.assert_close(codes.mean(0), prior.mean, atol=0.06, rtol=0)
    torch.testing.assert_close(codes.std(0), prior.deviation, atol=0.06, rtol=0)


def test_a_code_prior_follows_codes_and_survives_half_precision() -> None:
    prior = CodePrior(1, 6)
    mix = torch.randn(6, 6)
    for _ in range(600):
        prior.follow(torch.randn(32, 6) @ mix.T + 3)
    level = float((mix @ mix.T).diagonal().mean())
    torch.testing.assert_close(prior.covariances[0], mix @ mix.T, atol=0.25 * level, rtol=0)
    halved = {k: v.half().float() for k, v in prior.state_dict().items()}
    prior.load_state_dict(halved)
    assert torch.isfinite(prior(torch.randn(4, 6), torch.zeros(4))).all()


def test_critic_sees_a_collapsed_group() -> None:
    same = torch.rand(1, 4, 4, 4).expand(4, -1, -1, -1)
    assert group_spread(same).max() < group_spread(torch.rand(4, 4, 4, 4)).min()
    critic = Critic(channels=3, widths=(8, 16))
    assert critic(torch.rand(4, 3, 16, 16)).shape == (4,)
    assert critic.features(torch.rand(1, 3, 16, 16)).shape == (1, 16)


def test_codebook_finds_its_own_vectors_and_revives_unused_codes() -> None:
    book = Codebook(8, 4)
    codes = torch.randint(8, (2, 3, 3))
    assert torch.equal(book.nearest(book.look_up(codes)), codes)
    book.uses.zero_()
    features = torch.randn(2, 4, 3, 3) + 40
    book.follow(features, book.nearest(features))
    assert (book.vectors - 40).abs().mean() < 5


def test_vq_autoencoder_learns_to_copy_a_picture() -> None:
    net = VqAutoencoder(side=16, channels=1, width=16, codes=32, depth=8)
    x = torch.rand(8, 1, 4, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        y, commitment = net.train_pass(x)
        loss = (y - x).pow(2).mean() + 0.25 * commitment
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append((y - x).pow(2).mean().item())
    assert losses[-1] < 0.4 * losses[0]
    assert net.encode(x).shape == (8, 4, 4)


def test_manifold_penalties_vanish_for_a_flat_encoder_and_an_isometric_decoder() -> None:
    net = ManifoldAutoencoder(side=8, channels=1, latent=4, width=8, levels=1)
    x = torch.rand(16, 1, 8, 8)
    torch.nn.init.zeros_(net.encoder.head.weight)
    assert net.contraction(x, net.code(x)).item() == pytest.approx(0)

    class Isometry(torch.nn.Module):
        def forward(self, code: Tensor) -> Tensor:
            return torch.cat([code, torch.zeros(len(code), 60)], 1).view(-1, 1, 8, 8)

    net.decoder = Isometry()  # type: ignore[assignment]
    code = torch.randn(16, 4)
    assert net.stretch(code, net.picture(code)).item() < 1e-6


def test_manifold_codes_are_standardised_and_round_trip_through_the_scale() -> None:
    net = ManifoldAutoencoder(side=8, channels=1, latent=4, width=8, levels=1).eval()
    x = torch.rand(64, 1, 8, 8)
    with torch.no_grad():
        net.standardise_by(net.code(x))
        z = net.encode(x)
        torch.testing.assert_close(z.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
        torch.testing.assert_close(net.decode(z), net.picture(net.code(x)).clamp(0, 1), atol=1e-5, rtol=0)


def test_feature_net_gives_features_and_logits() -> None:
    net = FeatureNet(side=28, channels=1, classes=10, width=8, levels=2, widest=16, features=12).eval()
    x = torch.rand(3, 1, 28, 28)
    assert net.features(x).shape == (3, 12)
    assert net(x).shape == (3, 10)


@pytest.mark.parametrize(
    "config",
    [
        {"network": "conv-vae", "side": 16, "levels": 2, "latent": 4, "width": 8},
        {"network": "style-generator", "side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16},
        {"network": "pixel-rnn", "height": 4, "columns": 4, "hidden": 8},
        {"network": "portrait-rnn", "vq": {"side": 16, "codes": 8, "width": 8}, "rnn": {"hidden": 8}},
        {"network": "manifold-ae", "side": 16, "levels": 2, "latent": 4, "width": 8},
        {"network": "feature-net", "side": 16, "levels": 2, "width": 8},
    ],
    ids=lambda config: config["network"],
)
def test_each_network_is_built_on_meta_and_filled_from_its_weights_alone(config: dict[str, object]) -> None:
    source = build(dict(config)).eval()
    with torch.device("meta"):
        filled = build(dict(config))
    filled.load_state_dict(source.state_dict(), assign=True)
    assert [n for n, t in [*filled.named_parameters(), *filled.named_buffers()] if t.is_meta] == []

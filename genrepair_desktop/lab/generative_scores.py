"""The held-out figures of each generative model, for its card: bounds, exact likelihoods, errors of copies."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from genrepair_desktop.generate.catalog import GenerativeModels, wrap
from genrepair_desktop.generate.model import LatentModel
from genrepair_desktop.generate.project import SearchOptions, project
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.quality import psnr, ssim
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.evaluate_generate import feature_network, features_of
from genrepair_desktop.lab.generative_metrics import frechet_distance, precision_recall, statistics
from genrepair_desktop.lab.metrics import interval
from genrepair_desktop.lab.pictures import all_pictures, as_input
from genrepair_desktop.lab.recipes.features import DigitFeatures, PortraitFeatures
from genrepair_desktop.lab.recipes.vae import binary_digits
from genrepair_desktop.networks.conv_vae import ConvVae
from genrepair_desktop.networks.feature_net import FeatureNet
from genrepair_desktop.networks.likelihoods import bits_per_dimension
from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder
from genrepair_desktop.networks.pixel_rnn import PixelRnn
from genrepair_desktop.networks.style_gan import StyleGenerator
from genrepair_desktop.networks.vq_autoencoder import PortraitRnn
from genrepair_desktop.registry.card import Score
from genrepair_desktop.registry.store import ModelStore

# Published figures, all in nats, on the full set (50,000 or 60,000 to train on, 10,000 to test): van den Oord
# 2016, table 4, and what Rezende and Mohamed 2015 and its successors report for a VAE
_PUBLISHED_VAE, _PUBLISHED_ROW, _PUBLISHED_DIAGONAL = 86.8, 80.5, 79.2
_ON_ALL = "published, on 50,000 training digits where this has 8,000"
# the tight bound costs a decoding a draw: some of the digits do, and the interval says what that leaves open
_DRAWS, _TIGHT = 50, 100
_FILLED = 24
_SAMPLES, _GAN_RIVAL = 1000, "vae-portraits"


def measure_generative(model: str, net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """The figures of a generative model's network on held-out pictures; none for other models."""
    made = _MEASURES.get(model)
    if made is None:
        return ()
    with torch.inference_mode():
        return made(net, source)


def digit_vae_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Evidence lower bound and importance-weighted bound of binary test digits, in nats."""
    assert isinstance(net, ConvVae)
    digits = binary_digits(source)
    torch.manual_seed(0)
    kls, losses = [], []
    for some in digits.split(100):
        reconstruction, kl = net.elbo(some)
        losses.append(kl - reconstruction)
        kls.append(kl)
    tight = [-net.importance_bound(digits[:_TIGHT], draws=_DRAWS)]
    return (
        _mean("negative ELBO", losses, "nats", _ON_ALL, _PUBLISHED_VAE),
        _mean(f"negative importance-weighted bound, {_DRAWS} draws", tight, "nats", _ON_ALL, _PUBLISHED_VAE),
        _mean("KL of the posterior to the prior", kls, "nats"),
    )


def digit_rnn_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Exact negative log-likelihood of binary test digits."""
    assert isinstance(net, PixelRnn)
    digits = binary_digits(source)[:, 0].long()
    nats = [-net.log_likelihood(some) for some in digits.split(100)]
    return (
        _mean("exact negative log-likelihood", nats, "nats", f"row LSTM, {_ON_ALL}", _PUBLISHED_ROW),
        _mean("the same", nats, "nats", f"diagonal bidirectional LSTM, {_ON_ALL}", _PUBLISHED_DIAGONAL),
    )


def vae_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Bounds in bits a dimension, and how faithful copies are."""
    assert isinstance(net, ConvVae)
    x = as_input(torch.from_numpy(all_pictures(source, net.side)), channels=net.channels)
    torch.manual_seed(0)
    bits, errors = [], []
    size = x[0].numel()
    for some in x.split(50):
        reconstruction, kl = net.elbo(some)
        bits.append((kl - reconstruction) / bits_per_dimension_unit(size))
        errors.append(_psnr(net(some), some))
    tight = [-net.importance_bound(x[:_TIGHT], draws=10) / bits_per_dimension_unit(size)]
    return (
        _mean("negative ELBO", bits, "bits a dimension"),
        _mean("negative importance-weighted bound, 10 draws", tight, "bits a dimension"),
        _mean("PSNR of copies through the latent", errors, "dB"),
    )


def portrait_rnn_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Likelihood of the codes, and how faithful copies through them are."""
    assert isinstance(net, PortraitRnn)
    x = as_input(torch.from_numpy(all_pictures(source, net.vq.side)))
    nats, errors = [], []
    for some in x.split(50):
        codes = net.vq.encode(some)
        nats.append(-net.rnn.log_likelihood(codes) / bits_per_dimension_unit(codes[0].numel()))
        errors.append(_psnr(net.vq.decode(codes), some))
    return (
        _mean("exact negative log-likelihood of the codes", nats, "bits a code"),
        _mean("PSNR of copies through the codes", errors, "dB"),
    )


def manifold_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Copies, and repair of portraits of which 40 % is missing beside the best classical fill."""
    assert isinstance(net, ManifoldAutoencoder)
    pictures = all_pictures(source, net.side).astype(np.float32) / 255
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    copies = _mean("PSNR of copies", [_psnr(net(some), some) for some in x.split(50)], "dB")
    model = wrap("manifold", "manifold-ae", net)
    assert isinstance(model, LatentModel)
    return (copies, *_repair_scores(model, list(pictures[:_FILLED])))


def gan_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Samples and copies beside those of the VAE that the generator was built on; by the installed features.

    Raises:
        EvaluateError, UnknownModelError: the feature network or the VAE is not installed.
    """
    assert isinstance(net, StyleGenerator)
    store = ModelStore.installed()
    rivals = GenerativeModels(store, "cpu")
    model, rival = wrap("gan", "style-generator", net), rivals.open(_GAN_RIVAL)
    real = (all_pictures(source, net.side) / np.float32(255)).astype(np.float32)
    network = feature_network(store, model)
    test = features_of(network, real)
    ours, theirs = (features_of(network, m.sample(_SAMPLES, RunContext(5)).pictures) for m in (model, rival))
    distances = [frechet_distance(statistics(made), statistics(test)) for made in (ours, theirs)]
    covers = [precision_recall(test, made[: len(test)]) for made in (ours, theirs)]
    x = torch.from_numpy(real).permute(0, 3, 1, 2)
    return (
        Score("Fréchet distance of samples, own features", distances[0], "", _SAMPLES, _GAN_RIVAL, distances[1]),
        Score("precision", covers[0].precision, "", len(test), _GAN_RIVAL, covers[1].precision),
        Score("recall", covers[0].recall, "", len(test), _GAN_RIVAL, covers[1].recall),
        _mean("PSNR of copies through the latent", [_psnr(net(some), some) for some in x.split(50)], "dB"),
    )


def patch_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """The same for patches of photographs."""
    assert isinstance(net, ManifoldAutoencoder)
    crops = source.crops(200, net.side, np.random.default_rng(40)).astype(np.float32) / 255
    x = torch.from_numpy(crops).permute(0, 3, 1, 2)
    return (_mean("PSNR of copies", [_psnr(net(some), some) for some in x.split(50)], "dB"),)


def feature_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Share of right answers."""
    assert isinstance(net, FeatureNet)
    recipe = DigitFeatures() if net.channels == 1 else PortraitFeatures()
    right = recipe.validate(net, source)["right"]
    return (Score("right answers", 100 * right, "%", 500, "guessing", 100 / net.classes),)


def missing_square(side: int, share: float, rng: np.random.Generator) -> Mask:
    """A square hole of this share of a picture, wholly inside it."""
    size = round(side * share**0.5)
    y, x = rng.integers(0, side - size + 1, 2)
    hole = np.zeros((side, side), bool)
    hole[y : y + size, x : x + size] = True
    return hole


def bits_per_dimension_unit(dimensions: int) -> float:
    """How many nats one bit a dimension is."""
    return 1 / bits_per_dimension(1.0, dimensions)


def _repair_scores(model: LatentModel, pictures: list[Image]) -> tuple[Score, ...]:
    from skimage.restoration import inpaint_biharmonic

    rng = np.random.default_rng(41)
    ours: dict[str, list[float]] = {"PSNR": [], "SSIM": []}
    theirs: dict[str, list[float]] = {"PSNR": [], "SSIM": []}
    for picture in pictures:
        hole = missing_square(model.side, 0.4, rng)
        with torch.inference_mode(False):
            found = project(
                model,
                picture,
                RunContext(),
                confidence=(~hole).astype(np.float32),
                options=SearchOptions(restarts=2, steps=80),
            )
        own = np.where(hole[..., None], found.pictures[0], picture)
        rival = np.clip(inpaint_biharmonic(picture, hole, channel_axis=-1), 0, 1).astype(np.float32)
        for figures, answer in ((ours, own), (theirs, rival)):
            figures["PSNR"].append(psnr(answer, picture, hole))
            figures["SSIM"].append(ssim(answer, picture, hole))
    return tuple(
        _mean(
            f"40 % missing: hole {figure}",
            [torch.tensor(ours[figure])],
            "dB" if figure == "PSNR" else "",
            "biharmonic",
            float(np.mean(theirs[figure])),
        )
        for figure in ours
    )


def _mean(name: str, values: list[Tensor], unit: str, rival: str = "", rival_value: float | None = None) -> Score:
    figure = interval(torch.cat(values).double().tolist())
    return Score(name, figure.mean, unit, figure.count, rival, rival_value, figure.low, figure.high)


def _psnr(picture: Tensor, truth: Tensor) -> Tensor:
    return -10 * torch.log10((picture - truth).square().mean((1, 2, 3)) + 1e-10)


_MEASURES: Mapping[str, Callable[[nn.Module, CropSource], tuple[Score, ...]]] = {
    "vae-digits": digit_vae_scores,
    "pixel-rnn-digits": digit_rnn_scores,
    "vae-portraits": vae_scores,
    "pixel-rnn-portraits": portrait_rnn_scores,
    "gan-portraits": gan_scores,
    "manifold-portraits": manifold_scores,
    "manifold-patches": patch_scores,
    "features-digits": feature_scores,
    "features-portraits": feature_scores,
}

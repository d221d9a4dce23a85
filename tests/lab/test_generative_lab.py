"""The generative half of the lab: digits, recipes, measures of samples."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from genrepair_desktop.generate.catalog import generative_kinds
from genrepair_desktop.lab.code_density import fit_code_density
from genrepair_desktop.lab.datasets import CropSource, open_photos, split_of
from genrepair_desktop.lab.digits import DigitsError, binarise, read_idx, vary_digit, write_folder
from genrepair_desktop.lab.evaluate_generate import sample_scores
from genrepair_desktop.lab.finetune import foundation_weights
from genrepair_desktop.lab.generative_cards import GENERATIVE_TEXTS
from genrepair_desktop.lab.generative_metrics import (
    frechet_distance,
    inception_style_score,
    memorising,
    precision_recall,
    statistics,
)
from genrepair_desktop.lab.generative_scores import digit_rnn_scores, digit_vae_scores, missing_square
from genrepair_desktop.lab.pictures import all_pictures, as_input, tile_pictures
from genrepair_desktop.lab.recipe import Recipe
from genrepair_desktop.lab.recipes import get_recipe
from genrepair_desktop.lab.recipes.features import CHANGES
from genrepair_desktop.lab.recipes.gan import PortraitGan, augment
from genrepair_desktop.lab.recipes.manifold_ae import damage
from genrepair_desktop.lab.recipes.vae import VaeShape
from genrepair_desktop.lab.state import CheckpointError, load_weights
from genrepair_desktop.networks.build import build
from genrepair_desktop.networks.conv_vae import ConvVae
from genrepair_desktop.networks.pixel_rnn import PixelRnn
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.store import ModelStore

RECIPES = sorted(GENERATIVE_TEXTS)


@pytest.fixture(autouse=True)
def seeded(one_thread: None) -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty digits of two classes as the lab's folder."""
    folder = tmp_path_factory.mktemp("digits")
    rng = np.random.default_rng(0)
    pictures = np.zeros((40, 28, 28), np.uint8)
    pictures[:, 6:22, 8:20] = rng.integers(60, 255, (40, 16, 12))
    write_folder(pictures, (np.arange(40) % 2).astype(np.uint8), folder)
    return folder


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for portraits: smooth colour pictures."""
    folder = tmp_path_factory.mktemp("faces")
    y, x = np.mgrid[:72, :64] / 72
    for i in range(40):
        planes = [np.sin(3 * x + i) * 0.4 + 0.5, np.cos(4 * y + i) * 0.4 + 0.5, x * y]
        PillowImage.fromarray((np.stack(planes, 2) * 255).astype(np.uint8)).save(folder / f"{i:02d}.png")
    return folder


def test_digits_are_split_by_index_and_grouped_by_class(digits: Path, tmp_path: Path) -> None:
    photos = open_photos([digits], tmp_path)
    parts = {split: CropSource(photos, split) for split in ("train", "val", "test")}
    assert [len(p.indices) for p in parts.values()] == [32, 4, 4]
    source = parts["train"]
    assert {source.group(int(i)) for i in source.indices} == {"0", "1"}
    assert source.whole(int(source.indices[0]), 28).shape == (28, 28, 3)


def test_a_key_may_name_its_split() -> None:
    assert [split_of(k) for k in ("train:1", "val:1", "test:1")] == ["train", "val", "test"]
    assert split_of("icpsr:009496") == split_of("icpsr:009496")


def test_a_file_that_is_no_idx_is_refused(tmp_path: Path) -> None:
    for content, words in ((b"hello", "no IDX"), (b"\0\0\x08\x01\0\0\0\x09ab", "cut off")):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DigitsError, match=words):
            read_idx(tmp_path / "x")


def test_an_idx_file_is_read_back(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    header = b"\0\0\x08\x03" + np.array(values.shape, ">u4").tobytes()
    (tmp_path / "x").write_bytes(header + values.tobytes())
    assert np.array_equal(read_idx(tmp_path / "x"), values)


def test_binary_digits_are_the_same_each_time_and_as_bright_as_the_digit() -> None:
    digit = np.full((28, 28), 64, np.uint8)
    assert np.array_equal(binarise(digit), binarise(digit.copy()))
    other = digit.copy()
    other[0, 0] = 65
    assert not np.array_equal(binarise(digit), binarise(other))
    assert abs(binarise(digit).mean() - 64 / 255) < 0.06
    assert set(np.unique(binarise(digit))) <= {0, 1}


def test_a_varied_digit_is_another_but_not_far_from_it() -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[8:20, 10:18] = 255
    made = [vary_digit(digit, np.random.default_rng(seed)) for seed in range(8)]
    assert len({m.tobytes() for m in made}) == 8
    assert all(abs(float(m.mean()) - digit.mean()) < 12 for m in made)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_learns_from_a_batch(name: str, digits: Path, faces: Path, tmp_path: Path) -> None:
    recipe = get_recipe(name)
    source = CropSource(open_photos([digits if "digits" in name else faces], tmp_path), "train")
    arrays = recipe.batch(source, np.random.default_rng(1))
    again = recipe.batch(source, np.random.default_rng(1))
    assert all(np.array_equal(arrays[k], again[k]) for k in arrays)
    batch = {k: torch.from_numpy(v[:8]) for k, v in arrays.items()}
    values = train_steps(recipe, batch, 3 if "rnn" not in name else 2)
    assert all(np.isfinite(v).all() for v in values.values())
    if "gan" not in name:
        assert values["net"][-1] < values["net"][0]


def train_steps(recipe: Recipe, batch: dict[str, torch.Tensor], steps: int) -> dict[str, list[float]]:
    nets = recipe.networks()
    optimisers = {k: torch.optim.Adam(n.parameters(), 3e-4) for k, n in nets.items()}
    values: dict[str, list[float]] = {k: [] for k in nets}
    for step in range(steps):
        torch.manual_seed(0)
        for loss in recipe.losses(nets, batch, step):
            parameters = list(nets[loss.network].parameters())
            gradients = torch.autograd.grad(loss.value, parameters, allow_unused=True)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimisers[loss.network].step()
            values[loss.network].append(float(loss.value.detach()))
    return values


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipes_config_builds_its_network(name: str) -> None:
    recipe = get_recipe(name)
    with torch.device("meta"):
        made, own = build(recipe.config), recipe.networks()["net"]
    assert {k: v.shape for k, v in made.state_dict().items()} == {k: v.shape for k, v in own.state_dict().items()}
    assert recipe.id == name
    is_generative = recipe.config["network"] in generative_kinds()
    assert is_generative == (GENERATIVE_TEXTS[name].kind == "generate")


@pytest.mark.parametrize("name", RECIPES)
def test_weights_of_a_shipped_model_stay_small(name: str) -> None:
    with torch.device("meta"):
        net = build(get_recipe(name).config)
    assert 2 * sum(t.numel() for t in net.state_dict().values()) < 8e6


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_each_change_keeps_shape_and_all_but_one_change_the_picture(change) -> None:
    rng = np.random.default_rng(0)
    picture, other = rng.integers(0, 255, (2, 64, 64, 3), dtype=np.uint8)
    before = picture.copy()
    made = change(picture, other, rng)
    assert made.shape == picture.shape
    assert made.dtype == np.uint8
    assert np.array_equal(picture, before)
    assert np.array_equal(made, picture) == (change is CHANGES[0])


def test_augmentation_is_differentiable_and_treats_a_batch_picture_by_picture() -> None:
    x = torch.rand(6, 3, 32, 32, requires_grad=True)
    made = augment(x)
    assert made.shape == x.shape
    (gradient,) = torch.autograd.grad(made.sum(), x)
    assert (gradient.flatten(1).abs().sum(1) > 0).all()


def test_damage_leaves_some_pictures_sound_and_makes_holes_in_others() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    shares = [np.mean(damage(picture, np.random.default_rng(seed)) != picture) for seed in range(40)]
    assert min(shares) == 0
    assert max(shares) > 0.5


def test_the_missing_square_has_its_share() -> None:
    hole = missing_square(64, 0.4, np.random.default_rng(1))
    assert abs(hole.mean() - 0.4) < 0.02


def test_frechet_distance_is_nought_for_itself_and_the_known_value_for_shifted_normals() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(4000, 5))
    assert abs(frechet_distance(statistics(data), statistics(data))) < 1e-6
    assert frechet_distance(statistics(data), statistics(data + 3)) == pytest.approx(45, rel=1e-6)
    # N(0, 1) against N(0, 4) in each of 5 dimensions: 5 (1 - 2)^2
    assert frechet_distance(statistics(data), statistics(2 * data)) == pytest.approx(5, rel=0.05)


def test_frechet_distance_agrees_with_the_matrix_root() -> None:
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(300, 6))
    first, second = statistics(a), statistics(b)
    root = sqrtm(first.covariance @ second.covariance).real
    expected = np.sum((first.mean - second.mean) ** 2) + np.trace(first.covariance + second.covariance - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_the_inception_style_score_counts_evenly_used_sure_classes() -> None:
    sure = np.eye(4)[np.arange(400) % 4]
    assert inception_style_score(sure)[0] == pytest.approx(4, rel=1e-3)
    assert inception_style_score(np.full((400, 4), 0.25))[0] == pytest.approx(1)


def test_precision_falls_for_odd_samples_and_recall_for_a_collapse() -> None:
    rng = np.random.default_rng(2)
    real = rng.normal(size=(300, 3))
    same = precision_recall(real, rng.normal(size=(300, 3)))
    odd = precision_recall(real, rng.normal(size=(300, 3)) + 8)
    collapsed = precision_recall(real, rng.normal(size=(300, 3)) * 0.05)
    assert same.precision > 0.8
    assert same.recall > 0.8
    assert odd.precision < 0.05
    assert collapsed.precision > 0.9
    assert collapsed.recall < 0.3


def test_precision_is_the_share_inside_balls_as_wide_as_the_kth_neighbour_is_far() -> None:
    # the second neighbours of 0, 1, 3 and 7 are 3, 2, 3 and 6 away: together from -3 to 13
    real, made = np.array([[0.0], [1.0], [3.0], [7.0]]), np.array([[-2.5], [12.5], [13.5]])
    found = precision_recall(real, made, neighbours=2)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == 1


def test_copies_of_training_pictures_are_found_out() -> None:
    rng = np.random.default_rng(3)
    train, test, new = rng.normal(size=(3, 400, 6))
    copies = memorising(train[:100] + 1e-3, train, test)
    assert copies.ratio < 0.05
    assert copies.closer == 1
    assert np.array_equal(copies.nearest, np.arange(100))
    assert 0.8 < memorising(new, train, test).ratio < 1.2
    assert len(sample_scores(train.astype(np.float32), test.astype(np.float32), new.astype(np.float32))) == 5


def test_digit_scores_are_bounds_in_the_right_order(digits: Path, tmp_path: Path) -> None:
    source = CropSource(open_photos([digits], tmp_path), "test")
    vae = ConvVae(side=28, channels=1, latent=4, width=8, levels=1, widest=8, likelihood="bernoulli").eval()
    with torch.inference_mode():
        bound, tight, kl = digit_vae_scores(vae, source)
        exact, same = digit_rnn_scores(PixelRnn(hidden=4, layers=1, embedding=2).eval(), source)
    # the bound is of one draw a digit: chance may put it a little below the tight one
    assert tight.value <= bound.value + 1
    assert kl.value >= 0
    # an untrained net is near a fair coin a pixel
    assert exact.value == pytest.approx(784 * np.log(2), rel=0.4)
    assert (exact.rival_value, same.rival_value) == (80.5, 79.2)


def test_pictures_are_tiled_row_by_row() -> None:
    pictures = np.zeros((3, 4, 5, 1), np.uint8)
    pictures[2] = 200
    sheet = tile_pictures(pictures, 2, gap=1)
    assert sheet.shape == (11, 13, 3)
    assert (sheet[6:10, 1:6] == 200).all()
    assert (sheet[6:10, 7:12] == 255).all()


def test_a_gan_teaches_the_decoder_and_leaves_where_codes_lie(faces: Path, tmp_path: Path) -> None:
    shape = VaeShape(width=8, widest=8, latent=8, components=2)
    recipe = PortraitGan(shape=shape, critic_widths=(8, 8, 8, 8))
    source = CropSource(open_photos([faces], tmp_path), "train")
    batch = {k: torch.from_numpy(v[:8]) for k, v in recipe.batch(source, np.random.default_rng(1)).items()}
    nets = recipe.networks()
    kinds = [[loss.network for loss in recipe.losses(nets, batch, step)] for step in (0, 1)]
    assert kinds == [["critic", "critic", "net"], ["critic", "net"]]
    *_, last = recipe.losses(nets, batch, 1)
    parameters = dict(nets["net"].named_parameters())
    slopes = torch.autograd.grad(last.value, list(parameters.values()), allow_unused=True)
    taught = {name for name, slope in zip(parameters, slopes, strict=True) if slope is not None}
    assert taught == {name for name in parameters if name.startswith("decoder.")}


def test_a_gan_is_built_on_an_installed_vae_and_says_so_without_one(tmp_path: Path) -> None:
    assert foundation_weights(get_recipe("vae-portraits"), ModelStore([tmp_path])) is None
    with pytest.raises(CheckpointError, match="built on vae-portraits"):
        foundation_weights(PortraitGan(), ModelStore([tmp_path]))
    shipped = foundation_weights(PortraitGan(), ModelStore([shipped_models_dir()]))
    assert shipped is not None
    load_weights(PortraitGan().networks()["net"], shipped)


def test_the_density_of_the_codes_is_fitted_to_the_training_pictures(faces: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    source = CropSource(open_photos([faces], tmp_path), "train")
    net = ConvVae(side=16, latent=3, width=8, levels=1, widest=8, components=2).eval()
    fit_code_density(net, source)
    assert net.prior is not None
    x = as_input(torch.from_numpy(all_pictures(source, 16)))
    mean, log_variance = net.posterior(x)
    torch.testing.assert_close(net.prior.mean, mean.detach().mean(0), atol=0.4, rtol=0)
    spread = (mean.var(0) + log_variance.exp().mean(0)).detach().sqrt()
    torch.testing.assert_close(net.prior.deviation, spread, atol=0.4, rtol=0)

"""``sample``, ``encode``, ``walk``, ``fuse`` and ``map``, on a small untrained model."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from genrepair_desktop.cli import generate
from genrepair_desktop.generate.catalog import wrap
from genrepair_desktop.generate.gan import GanModel
from genrepair_desktop.generate.model import LatentModel
from genrepair_desktop.imaging.codecs import read_photo, write_photo
from genrepair_desktop.networks.build import build
from tests.shell import Run, picture
from tests.tiny_models import make_model

VAE = {"network": "conv-vae", "side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16}


class OneModel:
    """Stands for the installed models: a VAE of 16 pixels called ``tiny``, and a GAN called ``gan``."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        net = build(VAE)
        for parameter in net.parameters():
            if parameter.ndim > 1:
                parameter.data += 0.05 * torch.randn_like(parameter)
        self.model = wrap("tiny", "conv-vae", net)
        self.gan = make_model("style-generator")

    def ids(self) -> tuple[str, ...]:
        return ("tiny",)

    def open(self, model_id: str) -> object:
        return self.gan if model_id == "gan" else self.model

    open_latent = open


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> OneModel:
    one = OneModel()
    monkeypatch.setattr(generate, "open_models", lambda: one)
    return one


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "first.png", tmp_path / "second.png"]
    for number, path in enumerate(paths):
        write_photo(path, picture(seed=number, size=(60, 90)))
    return paths


def test_samples_are_pictures_that_come_back(genrepair: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        words = ("sample", "tiny", "-n", 5, "--seed", 4, "-o", tmp_path / name, "--latents", tmp_path / f"{name}.npy")
        assert genrepair(*words).code == 0
    first = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert first == [f"{number:05}.png" for number in range(5)]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in first)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert np.load(tmp_path / "a.npy").shape == (5, 6)


def test_a_file_name_asks_for_one_sheet(genrepair: Run, tmp_path: Path) -> None:
    assert genrepair("sample", "tiny", "-n", 5, "-o", tmp_path / "grid.png").code == 0
    assert read_photo(tmp_path / "grid.png").pixels.shape[:2] == (2 * 16 + 2, 3 * 16 + 4)


def test_photos_become_latents_of_the_model(genrepair: Run, photos: list[Path], tmp_path: Path) -> None:
    assert genrepair("encode", "tiny", *photos, "-o", tmp_path / "z.npy").code == 0
    found = np.load(tmp_path / "z.npy")
    assert found.shape == (2, 6)
    assert not np.array_equal(found[0], found[1])


def test_a_walk_goes_from_one_end_to_the_other(
    genrepair: Run, photos: list[Path], tmp_path: Path, models: OneModel
) -> None:
    strip, moving = tmp_path / "strip.png", tmp_path / "walk.gif"
    assert genrepair("walk", "tiny", "--from", 3, "--to", photos[0], "--steps", 5, "-o", strip).code == 0
    assert read_photo(strip).pixels.shape[:2] == (16, 5 * 16 + 4 * 2)
    genrepair("sample", "tiny", "-n", 1, "--seed", 3, "-o", tmp_path / "sample.png")
    first = read_photo(tmp_path / "sample.png").pixels
    assert np.abs(read_photo(strip).pixels[:, :16].astype(int) - first).max() <= 1
    genrepair("encode", "tiny", photos[0], "-o", tmp_path / "z.npy")
    assert genrepair("walk", "tiny", "--from", tmp_path / "z.npy", "--to", 0, "-o", moving).code == 0
    assert moving.read_bytes().startswith(b"GIF89a")


def test_all_weight_on_one_photo_gives_that_photo(genrepair: Run, photos: list[Path], tmp_path: Path) -> None:
    for name, words in (("one", ("--weights", "1,0")), ("two", ("--weights", "0,1")), ("both", ())):
        assert genrepair("fuse", *photos, *words, "-o", tmp_path / f"{name}.png").code == 0
    one, two, both = (read_photo(tmp_path / f"{name}.png").pixels for name in ("one", "two", "both"))
    assert not np.array_equal(one, two)
    assert not np.array_equal(both, one)


def test_a_walk_along_two_groups_starts_at_the_picture_and_ends_a_step_of_their_means_away(
    genrepair: Run, photos: list[Path], tmp_path: Path, models: OneModel
) -> None:
    rng = np.random.default_rng(1)
    groups = {name: rng.normal(size=(n, 6)).astype(np.float32) for name, n in (("a", 4), ("b", 9))}
    for name, latents in groups.items():
        np.save(tmp_path / f"{name}.npy", latents)
    files = (tmp_path / "a.npy", tmp_path / "b.npy")
    ended = genrepair(
        "walk", "tiny", "--from", photos[0], "--along", *files, "--reach", -2, "--steps", 3, "-o", tmp_path / "way.png"
    )
    assert ended.code == 0, ended.err
    strip = read_photo(tmp_path / "way.png").pixels.astype(int)
    genrepair("encode", "tiny", photos[0], "-o", tmp_path / "z.npy")
    first = np.load(tmp_path / "z.npy")[0]
    step = groups["a"].mean(axis=0) - groups["b"].mean(axis=0)
    assert isinstance(models.model, LatentModel)
    wanted = models.model.decode((first + np.array([[0], [-1], [-2]]) * step).astype(np.float32))
    shown = np.stack([strip[:, i * 18 : i * 18 + 16] for i in range(3)])
    assert np.abs(shown - np.rint(wanted * 255)).max() <= 1


def test_a_style_is_taken_from_the_second_picture_from_the_named_layer_on(
    genrepair: Run, photos: list[Path], tmp_path: Path, models: OneModel
) -> None:
    assert isinstance(models.gan, GanModel)
    layers = models.gan.style_layers
    made = {}
    for layer in (0, 1, layers):
        out = tmp_path / f"{layer}.png"
        words = ("fuse", 3, 4, "--model", "gan", "--style-from", layer, "-o", out)
        assert genrepair(*words).code == 0
        made[layer] = read_photo(out).pixels.astype(int)
    for seed, layer in ((3, layers), (4, 0)):
        genrepair("sample", "gan", "-n", 1, "--seed", seed, "-o", tmp_path / f"seed{seed}.png")
        assert np.abs(read_photo(tmp_path / f"seed{seed}.png").pixels.astype(int) - made[layer]).max() <= 1
    assert not np.array_equal(made[1], made[0])
    assert not np.array_equal(made[1], made[layers])
    ended = genrepair("fuse", *photos, "--model", "gan", "--style-from", layers + 1, "-o", tmp_path / "out.png")
    assert ended.code == 2
    assert f"0 to {layers}" in ended.err


def test_a_mask_says_which_part_a_photo_gives(genrepair: Run, photos: list[Path], tmp_path: Path) -> None:
    size = read_photo(photos[1]).pixels.shape[:2]
    masks = {"none": np.zeros(size, np.uint8), "half": np.zeros(size, np.uint8)}
    masks["none"][0, 0] = masks["half"][:, size[1] // 2 :] = 255
    made, words = {}, ()
    for name, mask in masks.items():
        write_photo(tmp_path / f"{name}.png", mask[..., None])
        words = ("fuse", *photos[:2], "--mask", tmp_path / f"{name}.png", "-o", tmp_path / f"out-{name}.png")
        assert genrepair(*words).code == 0
        made[name] = read_photo(tmp_path / f"out-{name}.png").pixels
    assert not np.array_equal(made["none"], made["half"])
    genrepair(*words, "--overwrite")
    assert np.array_equal(read_photo(tmp_path / "out-half.png").pixels, made["half"])


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_latents_are_laid_out_alike_every_time(genrepair: Run, tmp_path: Path, method: str) -> None:
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(0, 1, (50, 6)), rng.normal(8, 1, (50, 6))]).astype(np.float32)
    np.save(tmp_path / "z.npy", groups)
    for name in ("a.csv", "b.csv", "map.png"):
        assert genrepair("map", tmp_path / "z.npy", "--method", method, "-o", tmp_path / name).code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    with (tmp_path / "a.csv").open(newline="") as file:
        points = np.array([(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)])
    assert points.shape == (100, 2)
    assert np.linalg.norm(points[:50].mean(axis=0) - points[50:].mean(axis=0)) > 2 * points[:50].std(axis=0).max()
    assert (read_photo(tmp_path / "map.png").pixels < 255).any()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sample", "tiny", "-n", "0", "-o", "out"), "Between 1 and"),
        (("sample", "tiny", "--truncation", "9", "-o", "out"), "Truncation"),
        (("sample", "tiny", "--class", "1", "-o", "out"), "class"),
        (("sample", "tiny", "-o", "out.pdf"), "out.pdf"),
        (("sample", "tiny", "-n", "2", "-o", "out", "--latents", "photo.png"), "exists"),
        (("encode", "tiny", "none.png", "-o", "z.npy"), "none.png"),
        (("walk", "tiny", "--from", "0", "-o", "out.png"), "--to"),
        (("walk", "tiny", "--from", "0", "--along", "wrong.npy", "wrong.npy", "-o", "out.png"), "wrong.npy"),
        (("walk", "tiny", "--from", "0", "--along", "six.npy", "six.npy", "-o", "out.png"), "same"),
        (("walk", "tiny", "--from", "0", "--along", "six.npy", "six.npy", "--loop", "-o", "out.png"), "--loop"),
        (("fuse", "0", "1", "--style-from", "1", "-o", "out.png"), "no styles"),
        (("fuse", "0", "1", "2", "--model", "gan", "--style-from", "1", "-o", "out.png"), "two pictures"),
        (("fuse", "0", "1", "--weights", "1,1", "--style-from", "1", "-o", "out.png"), "choose one"),
        (("walk", "tiny", "--from", "0", "--to", "wrong.npy", "-o", "out.png"), "wrong.npy"),
        (("walk", "tiny", "--from", "0", "--to", "pickle.npy", "-o", "out.png"), "pickle.npy"),
        (("walk", "tiny", "--from", "0", "--to", "1", "--steps", "1", "-o", "out.png"), "steps"),
        (("fuse", "photo.png", "photo.png", "--weights", "1", "-o", "out.png"), "weights"),
        (("fuse", "photo.png", "photo.png", "--weights", "a,b", "-o", "out.png"), "--weights"),
        (("fuse", "photo.png", "photo.png", *("--mask", "photo.png") * 2, "-o", "out.png"), "one mask for each"),
        (("map", "wrong.npy", "--method", "isomap", "-o", "out.csv"), "isomap"),
        (("map", "photo.npy", "-o", "out.csv"), "photo.npy"),
        (("map", "wrong.npy", "-o", "out.pdf"), "out.pdf"),
    ],
)
def test_wrong_use_is_one_line(
    genrepair: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("wrong.npy", np.zeros((9, 4), np.float32))
    np.save("six.npy", np.ones((2, 6), np.float32))
    np.save("pickle.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    Path("photo.npy").write_bytes(photo.read_bytes())
    ended = genrepair(*words)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert said in ended.err
    assert not list(tmp_path.glob("out*"))

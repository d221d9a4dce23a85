"""``models``, ``detect`` and ``train``: what they find, write and hand on."""

import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.imaging.codecs import read_photo, write_photo
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry import added
from tests.foreign_models import convert_here, weights_of, write_checkpoint, write_program
from tests.shell import Run, picture


def test_no_models_is_no_failure(genrepair: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "none"))
    assert (genrepair("models").out, genrepair("models", "--json").out) == ("No models are installed.\n", "[]\n")


def test_a_damaged_card_is_told_and_counts_as_a_failure(
    genrepair: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "models"))
    (tmp_path / "models" / "broken").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "card.json").write_text("{")
    ended = genrepair("models")
    assert ended.code == 1
    assert "card is damaged" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_shipped_models_are_listed_with_their_hashes(genrepair: Run) -> None:
    ended = genrepair("models", "--json")
    assert ended.code == 0, ended.err
    for row in json.loads(ended.out):
        assert row["is_ready"]
        assert len(row["sha256"]) == 64
        assert row["licence"]


def test_a_model_is_added_listed_used_and_removed(
    genrepair: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(added, "_convert", convert_here)
    file = write_checkpoint(tmp_path / "My denoiser.pth", weights_of("NAFNet"))
    ended = genrepair("models", "add", file)
    assert ended.code == 0, ended.err
    assert "--method my-denoiser" in ended.out
    (row,) = [row for row in json.loads(genrepair("models", "--json").out) if row["id"] == "my-denoiser"]
    assert (row["origin"], row["kind"], row["training"]["added from"]) == ("added", "restore", "My denoiser.pth")
    methods = json.loads(genrepair("methods", "--json").out)
    assert methods[-1]["id"] == "my-denoiser"
    assert methods[-1]["is_ready"]
    ended = genrepair("repair", photo, "--method", "my-denoiser", "-o", tmp_path / "out.png")
    assert ended.code == 0, ended.err
    assert read_photo(tmp_path / "out.png").pixels.shape == read_photo(photo).pixels.shape
    assert genrepair("models", "remove", "my-denoiser").code == 0
    assert genrepair("repair", photo, "--method", "my-denoiser", "-o", tmp_path / "b.png").code == 2


def test_a_program_is_not_added_without_consent(genrepair: Run, tmp_path: Path) -> None:
    ended = genrepair("models", "add", write_program(tmp_path / "fill.pt"))
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "is a program" in ended.err
    assert "--consent" in ended.err


def test_a_model_of_ones_own_is_told_from_the_one_it_replaces(genrepair: Run, tmp_path: Path) -> None:
    shipped = shipped_models_dir() / "fill-cnn"
    shutil.copytree(shipped, tmp_path / "user" / "models" / "fill-cnn")
    rows = {row["id"]: row for row in json.loads(genrepair("models", "--json").out)}
    assert rows["fill-cnn"]["origin"] == "trained"
    assert rows["denoise"]["origin"] == "shipped"
    assert "you, trained" in genrepair("models").out
    assert "in use again" in genrepair("models", "remove", "fill-cnn").out
    assert {row["origin"] for row in json.loads(genrepair("models", "--json").out)} == {"shipped"}


def test_a_scratch_is_found_and_without_the_network_sound_light_is_not(
    genrepair: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "none"))
    pixels = picture(size=(300, 400))
    pixels[150:153, 40:360] = 255
    write_photo(tmp_path / "photo.png", pixels)
    ended = genrepair("detect", tmp_path / "photo.png", "-o", tmp_path / "mask.png")
    found = read_photo(tmp_path / "mask.png").pixels[..., 0]
    assert ended.code == 0
    assert found[150:153, 50:350].mean() > 250
    assert np.count_nonzero(found[:140]) + np.count_nonzero(found[163:]) == 0
    assert f"{(found > 0).mean():.2%}" in ended.out


@pytest.mark.parametrize("threshold", ["0", "1", "nan", "much"])
def test_a_threshold_is_between_none_and_all(genrepair: Run, photo: Path, tmp_path: Path, threshold: str) -> None:
    ended = genrepair("detect", photo, "-o", tmp_path / "mask.png", "--threshold", threshold)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)


def test_training_gets_its_words_as_they_are(genrepair: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def main(words: list[str]) -> int:
        seen.append(list(words))
        raise SystemExit(2)

    lab = types.ModuleType("genrepair_desktop.lab.train")
    lab.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "genrepair_desktop.lab.train", lab)
    words = ["fill-cnn", "--photos", "a", "b", "-o", "run", "--minutes", "3", "--help"]
    assert genrepair("train", *words).code == 2
    assert seen == [words]

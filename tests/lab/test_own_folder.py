"""Training on a person's own folder: faces cut out of it, small sets, the run's file, and using what came out."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from skimage import data

from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.jobs.training_run import TrainingRun, read_progress, read_run, write_run
from genrepair_desktop.lab import album, show
from genrepair_desktop.lab.album import cut_faces
from genrepair_desktop.lab.datasets import CropSource, NoPhotosError, open_photos, split_of
from genrepair_desktop.lab.install import install
from genrepair_desktop.lab.publish import PublishError
from genrepair_desktop.lab.train import main, parse, photos_of
from genrepair_desktop.paths import trainings_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "shipped"))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Four photographs of a face, and one of none."""
    folder = tmp_path / "people"
    folder.mkdir()
    face = PillowImage.fromarray(data.astronaut()[:320, 40:400])
    for number in range(4):
        picture = face.point(lambda value, by=number: min(255, value + 8 * by))
        picture.save(folder / f"{number}.png")
    PillowImage.fromarray(data.astronaut()[350:, :200]).save(folder / "suit.png")
    return folder


def test_faces_are_cut_out_once_and_keep_their_photographs_key(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(album, "LEAST_FACES", 4)
    told: list[float] = []
    out = cut_faces([people], tmp_path / "faces", told.append)
    photos = open_photos([out], tmp_path / "cache")
    assert len(photos) >= 4
    assert {photos.photo(i).shape for i in range(len(photos))} == {(128, 128, 3)}
    assert {key for key in photos.keys if key != "suit.png"} == {"0.png", "1.png", "2.png", "3.png"}
    assert told == sorted(told)
    assert told[-1] == 1.0

    def never(image: np.ndarray) -> list:
        raise AssertionError("they are there already")

    monkeypatch.setattr(album, "sure_faces", never)
    cut_faces([people], tmp_path / "faces")


def test_too_few_faces_are_told_in_one_sentence(people: Path, tmp_path: Path) -> None:
    with pytest.raises(NoPhotosError, match=r"faces were found in 5 photographs and 20 are needed"):
        cut_faces([people], tmp_path / "faces")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoPhotosError, match="No photographs"):
        cut_faces([tmp_path / "empty"], tmp_path / "faces")


def test_a_small_folder_is_divided_even_where_chance_would_not(tmp_path: Path, photo_folder: Path) -> None:
    source = next(photo_folder.rglob("*.png"))
    names = [name for name in (f"p{i}.png" for i in range(60)) if split_of(name) == "train"][:9]
    (tmp_path / "few").mkdir()
    for name in names:
        shutil.copy(source, tmp_path / "few" / name)
    photos = open_photos([tmp_path / "few"], tmp_path / "cache")
    assert len(photos.indices("val")) == 1
    assert len(CropSource(photos, "train").indices) == 8
    again = open_photos([tmp_path / "few"], tmp_path / "cache")
    assert again.keys == photos.keys


def test_a_folder_that_is_not_there_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["denoise", "--photos", str(tmp_path / "gone"), "-o", str(tmp_path / "run")]) == 2
    assert "There is no folder" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_finished_training_becomes_the_model_in_use(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "My album"
    words = ["upscale", "--photos", str(photo_folder), "-o", str(run), "--workers", "0", "--threads", "1"]
    assert main([*words, "--steps", "1", "--from-scratch"]) == 0
    asked = read_run(run)
    assert asked is not None
    assert (asked.recipe, asked.photos, asked.is_new) == ("upscale", (str(photo_folder),), True)
    card = install(run)
    assert (card.id, card.training["run"], card.training["steps"], card.scores) == ("upscale", "My album", 1, ())
    network = ModelLoader(ModelStore.installed(), "cpu").load("upscale")
    assert sum(p.numel() for p in network.parameters()) == card.parameters
    # fine-tuned from there, it is compared with it; the card tells both scores
    assert main([*words, "--steps", "2", "--resume"]) == 0
    assert "Held-out score" in capsys.readouterr().out
    (score,) = install(run).scores
    told = json.loads((run / "comparison.json").read_text())
    assert (score.value, score.rival_value) == (told["new"]["score"], told["old"]["score"])
    assert score.pictures > 0


def test_a_recipe_of_portraits_that_learned_whole_pictures_takes_such(photo_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "Garden"
    words = ["vae-portraits", "--photos", str(photo_folder), "-o", str(run), "--workers", "0", "--threads", "1"]
    assert main([*words, "--steps", "1", "--whole"]) == 0
    assert install(run).training["cut"] == "whole"
    model = GenerativeModels(ModelStore.installed(), "cpu").open_latent("vae-portraits")
    assert not model.learned_faces
    assert np.abs(model.centre).max() > 0, "samples are drawn where the codes of the person's own pictures lie"


def test_what_is_no_training_cannot_be_installed(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no training"):
        install(tmp_path)


def test_a_stop_before_the_first_step_is_heard(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "stop").touch()
    assert main(["vae-portraits", "--photos", str(people), "-o", str(run), "--faces"]) == 0
    assert "Stopped" in capsys.readouterr().err
    assert read_progress(run / "progress.jsonl")[0][-1]["event"] == "stopped"
    assert not (run / "stop").exists()


def test_a_stop_before_the_first_step_leaves_nothing_to_compare(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENREPAIR_MODELS")
    run = tmp_path / "run"
    run.mkdir()
    (run / "stop").touch()
    assert main(["upscale", "--photos", str(photo_folder), "-o", str(run), "--workers", "0"]) == 0
    assert [event["event"] for event in read_progress(run / "progress.jsonl")[0]] == ["start", "stopped"]
    assert not (run / "stop").exists()


def test_a_folder_is_trained_in_by_one_process_at_a_time(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write_run(run, TrainingRun("upscale", (str(photo_folder),), 1.0).of_process(other.pid))
        assert main(["upscale", "--photos", str(photo_folder), "-o", str(run)]) == 2
        assert other.stdin is not None
        other.stdin.close()
    assert "still runs" in capsys.readouterr().err


def test_without_a_folder_a_run_gets_one_where_the_window_finds_it() -> None:
    words = ["denoise", "--photos", "/photos"]
    first, second = trainings_dir() / "denoise", trainings_dir() / "denoise 2"
    assert parse(words)[1].out == first
    assert parse([*words, "--resume"])[1].out == first
    first.mkdir(parents=True)
    assert parse(words)[1].out == second
    assert parse([*words, "--resume"])[1].out == first
    second.mkdir()
    assert parse([*words, "--resume"])[1].out == second


def test_faces_are_learned_from_the_runs_own_folder(tmp_path: Path) -> None:
    asked = TrainingRun("vae-portraits", ("/a", "/b"), 1.0, cut="faces")
    assert photos_of(asked, tmp_path) == (tmp_path / "faces",)
    assert photos_of(TrainingRun("vae-portraits", ("/a", "/b"), 1.0), tmp_path) == (Path("/a"), Path("/b"))


def test_a_line_of_progress_tells_rate_loss_score_and_time_left() -> None:
    step = {
        "event": "step",
        "step": 9,
        "fraction": 0.25,
        "eta_s": 95,
        "images_per_s": 51.6,
        "loss": 0.0412,
        "lr": 1e-3,
    }
    fields = show._fields(step)
    assert (fields["completed"], fields["rate"]) == (0.25, "52 pictures/s")
    assert (fields["loss"], fields["left"]) == ("loss 0.0412", "1:35 left")
    assert show._fields({"event": "validation", "score": 1.25}) == {"score": "score 1.250"}
    assert show._fields({"event": "sheet", "file": "x"}) == {}

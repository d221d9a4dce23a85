"""Trainings from the window: followed by their folder, started as processes, found again, stopped, put to use."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.dialogs import train_session
from genrepair_desktop.app.dialogs.train_curve import CurveWidget, scale_of
from genrepair_desktop.app.dialogs.train_dialog import TrainDialog
from genrepair_desktop.app.dialogs.train_follow import Follower, Series, find_runs
from genrepair_desktop.app.dialogs.train_recipes import RECIPES
from genrepair_desktop.app.dialogs.train_session import (
    Order,
    TrainError,
    TrainSession,
    arguments_of,
    checked_name,
    count_pictures,
    free_name,
    pictures_sentence,
)
from genrepair_desktop.app.theme import Theme, load_theme
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.training_run import TrainingRun, is_running, write_run
from genrepair_desktop.paths import trainings_dir, user_models_dir
from genrepair_desktop.registry.card import read_card

COMPARISON = {"event": "comparison", "old": {"score": 0.41}, "new": {"score": 0.63}, "is_better": True, "pictures": 21}


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder of twelve small pictures."""
    folder = tmp_path / "album" / "summer"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for number in range(12):
        soft = cv2.resize(rng.uniform(0, 255, (5, 6, 3)).astype(np.float32), (150, 140), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number}.png"), np.clip(soft, 0, 255).astype(np.uint8))
    return folder.parent


def say(folder: Path, *events: dict[str, object]) -> None:
    with (folder / "progress.jsonl").open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def step(number: int, **more: object) -> dict[str, object]:
    return {
        "event": "step", "step": number, "fraction": number / 100, "spent_s": 6.0 * number, "eta_s": 90,
        "threads": 2, "images_per_s": 51.6, "wait_share": 0.2, "loss": 1 / number, "lr": 1e-3, **more,
    }  # fmt: skip


def make_run(name: str, *, is_alive: bool = False, recipe: str = "fill-cnn") -> Path:
    """A training's folder; one that is alive claims to be done by this very process."""
    folder = trainings_dir() / name
    folder.mkdir(parents=True)
    run = TrainingRun(recipe, ("/photos",), 30.0, started=1.0)
    write_run(folder, run.of_process(os.getpid()) if is_alive else run)
    return folder


def followed(folder: Path) -> Follower:
    (found,) = [follower for follower in find_runs(folder.parent) if follower.folder == folder]
    found.refresh()
    return found


def test_a_training_is_followed_from_its_first_word_to_its_last() -> None:
    folder = make_run("one", is_alive=True)
    follower = followed(folder)
    assert follower.state == "starting"
    say(folder, {"event": "preparing", "fraction": 0.25})
    follower.refresh()
    assert (follower.state, follower.preparing) == ("preparing", 0.25)
    say(folder, {"event": "start", "step": 0}, step(10), step(20), {"event": "validation", "step": 20, "score": 0.5})
    follower.refresh()
    assert (follower.state, follower.steps) == ("running", 20)
    assert (follower.loss.minutes, follower.loss.values) == ([1.0, 2.0], [0.1, 0.05])
    assert (follower.scores.minutes, follower.scores.values) == ([2.0], [0.5])
    (folder / "stop").touch()
    assert follower.state == "stopping"
    (folder / "stop").unlink()
    say(folder, {"event": "done", "step": 21, "spent_s": 126.0})
    follower.refresh()
    assert follower.state == "comparing"
    write_run(folder, TrainingRun("fill-cnn", ("/photos",), 30.0))
    say(folder, COMPARISON)
    follower.refresh()
    assert (follower.state, follower.steps) == ("done", 21)
    assert follower.is_model({"run": "one", "steps": 21})
    assert not follower.is_model({"run": "one", "steps": 20})


def test_a_process_that_died_is_told_with_its_last_words() -> None:
    folder = make_run("two")
    (folder / "output.txt").write_text("No photographs in /photos: choose a folder that holds some.\n")
    assert followed(folder).problem == "No photographs in /photos: choose a folder that holds some."
    (folder / "output.txt").write_text("Traceback (most recent call last):\n  File x\nKeyError: 3\n")
    assert "ended unexpectedly" in followed(folder).problem
    say(folder, step(1))
    assert followed(folder).state == "failed"
    assert followed(folder).can_resume


def test_a_number_of_a_process_that_another_has_now_is_not_taken_for_it() -> None:
    me = TrainingRun("fill-cnn", (), 1.0).of_process(os.getpid())
    assert is_running(me)
    assert not is_running(TrainingRun("fill-cnn", (), 1.0, pid=me.pid, started=me.started - 60))
    assert not is_running(TrainingRun("fill-cnn", (), 1.0))


def test_a_progress_file_that_begins_anew_is_read_anew() -> None:
    folder = make_run("three", is_alive=True)
    say(folder, *(step(n) for n in range(1, 20)))
    follower = followed(folder)
    (folder / "progress.jsonl").write_text(json.dumps(step(1)) + "\n" + '{"event": "st')
    follower.refresh()
    assert follower.loss.values == [1.0]


def test_figures_that_take_turns_do_not_chase_the_curve_about() -> None:
    folder = make_run("four", is_alive=True)
    turns = [{k: v for k, v in step(n).items() if k != "loss"} | {f"loss_x{2 + 2 * (n % 2)}": n} for n in range(1, 40)]
    say(folder, *turns)
    follower = followed(folder)
    assert (follower.loss_name, follower.loss.values[-1]) == ("loss_x4", 39)
    say(folder, *({k: v for k, v in step(n).items() if k != "loss"} | {"code_nats": 1.0} for n in range(40, 60)))
    follower.refresh()
    assert follower.loss_name == "code_nats"


def test_a_file_of_days_is_read_in_small_steps_to_its_end(session: TrainSession, qtbot: QtBot) -> None:
    folder = make_run("long")
    line = json.dumps(step(1)) + "\n"
    end = json.dumps({"event": "done", "step": 40_000, "spent_s": 9e4}) + "\n"
    (folder / "progress.jsonl").write_text(line * 40_000 + end)
    session.find()
    (follower,) = session.runs
    assert (follower.state, follower.problem) == ("starting", "")
    qtbot.waitUntil(lambda: follower.state == "done", timeout=30_000)
    assert not session.has_active


def test_damaged_folders_are_no_trainings(tmp_path: Path) -> None:
    for number, text in enumerate(("", "{", "[]", '{"recipe": 3}', '{"recipe": "a", "photos": 3, "minutes": "x"}')):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "run.json").write_text(text)
    assert find_runs(tmp_path) == []
    assert find_runs(tmp_path / "none") == []


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    series = Series()
    for number in range(9000):
        series.add(number, -number)
    assert len(series.values) <= 2000
    assert series.minutes[-1] == 8999
    assert series.minutes == sorted(series.minutes)
    low, high = scale_of([5.0] * 3)
    assert low < 5.0 < high


def test_the_curve_draws_what_was_measured_in_the_range_of_most(qtbot: QtBot) -> None:
    curve = CurveWidget(load_theme("dark"))
    qtbot.addWidget(curve)
    assert curve.shown() == ([], [])
    series = Series()
    for number in range(200):
        series.add(number / 10, 1000.0 if number == 0 else 2.0 - number / 200)
    curve.show_series("Loss", series)
    minutes, values = curve.shown()
    assert minutes == series.minutes
    assert values == series.values
    assert curve.range_shown()[1] < 10, "the first step, far off, does not flatten the rest"
    assert "Loss, now 1.005" in curve.accessibleName()


def test_names_and_folders_are_checked_before_anything_starts(tmp_path: Path, album: Path) -> None:
    for name in ("", "  ", "../up", "a/b", ".hidden", "x" * 200, "a\nb"):
        with pytest.raises(TrainError):
            checked_name(name)
    assert checked_name(" Aunt Emma's album ") == "Aunt Emma's album"
    (tmp_path / "a").mkdir()
    assert free_name(tmp_path, "a") == "a 2"
    assert count_pictures((album,), RunContext()) == 12
    assert pictures_sentence((album,), 12) == ""
    assert "Only 3" in pictures_sentence((album,), 3)
    assert "no pictures" in pictures_sentence((album,), 0)
    assert "no folder" in pictures_sentence((tmp_path / "gone",), 0)


def test_every_recipe_offered_is_one_of_the_lab() -> None:
    from genrepair_desktop.lab.recipes import recipe_ids
    from genrepair_desktop.lab.train import parse

    assert {recipe.id for recipe in RECIPES} <= set(recipe_ids())
    run = TrainingRun("vae-portraits", ("/a b", "/c"), 12.5, is_new=True, cut="faces")
    words = arguments_of(Path("/runs/x"), run, is_again=True)
    log = words.index("--log")
    assert words[log + 1] == "/runs/x/output.txt"
    asked, options = parse(words[words.index("train") + 1 : log] + words[log + 2 :])
    assert asked == run
    assert (options.out, options.resume, options.device) == (Path("/runs/x"), True, "auto")


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[TrainSession]:
    made = TrainSession(trainings_dir())
    yield made
    for follower in made.runs:
        follower.refresh()
        if follower.is_alive and follower.run.pid != os.getpid():
            psutil.Process(follower.run.pid).kill()
    made.deleteLater()


@pytest.mark.slow
def test_a_real_training_runs_by_itself_and_becomes_the_model_in_use(
    session: TrainSession, album: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    follower = session.start(Order("upscale", (album,), 0.02, True, "whole", "My album"))
    with pytest.raises(TrainError, match="already"):
        session.start(Order("upscale", (album,), 0.02, True, "whole", "My album"))
    # another window finds the same training by its folder alone
    other = TrainSession(trainings_dir())
    assert [(f.name, f.is_active) for f in other.runs] == [("My album", True)]
    with qtbot.waitSignal(session.ended, timeout=120_000) as ended:
        pass
    assert ended.args == ["My album", "finished"]
    assert follower.steps > 0
    assert follower.scores.values
    assert follower.sheet.exists()
    with qtbot.waitSignal(session.installed, timeout=60_000):
        session.install(follower)
    card = read_card(user_models_dir() / "upscale")
    assert follower.is_model(card.training)
    other.find()
    assert not other.has_active
    other.deleteLater()


@pytest.mark.slow
def test_a_bad_folder_is_told_by_the_session(session: TrainSession, tmp_path: Path, qtbot: QtBot) -> None:
    follower = session.start(Order("denoise", (tmp_path / "gone",), 1.0, True, "whole", "x"))
    with qtbot.waitSignal(session.ended, timeout=120_000) as ended:
        pass
    assert ended.args == ["x", "ended early"]
    assert follower.problem.startswith("There is no folder")
    session.forget(follower)
    assert not follower.folder.exists()
    assert session.runs == []


@pytest.fixture
def dialog(session: TrainSession, dark: Theme, qtbot: QtBot) -> TrainDialog:
    made = TrainDialog(session, trainings_dir(), dark, None)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_form_starts_what_it_says(
    dialog: TrainDialog, session: TrainSession, album: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Order] = []

    def start(order: Order) -> Follower:
        started.append(order)
        raise TrainError("The training cannot be started.")

    monkeypatch.setattr(session, "start", start)
    form = dialog.form
    assert not form.start_button.isEnabled()
    form.recipes.setCurrentIndex([r.id for r in RECIPES].index("vae-portraits"))
    assert form.cut.isVisible()
    assert not form.further.isEnabled() or form.further.isChecked()
    form.add_folder(album)
    qtbot.waitUntil(lambda: form.start_button.isEnabled(), timeout=10_000)
    assert form.counted.text().startswith("12 pictures")
    form.minutes.setValue(45)
    form.name.setText("Faces")
    qtbot.mouseClick(form.start_button, Qt.MouseButton.LeftButton)
    assert [(o.recipe, o.photos, o.minutes, o.cut, o.name) for o in started] == [
        ("vae-portraits", (album,), 45.0, "faces", "Faces")
    ]
    assert form.problem.isVisible()
    assert form.problem.text() == "The training cannot be started."
    form.photos.setCurrentRow(0)
    form.remove_button.click()
    assert not form.start_button.isEnabled()


def test_a_folder_with_too_few_pictures_is_told_at_once(dialog: TrainDialog, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "one.jpg").touch()
    dialog.form.add_folder(tmp_path / "few")
    qtbot.waitUntil(lambda: "Only 1 pictures" in dialog.form.counted.text(), timeout=10_000)
    assert not dialog.form.start_button.isEnabled()


def test_a_running_training_shows_its_figures_and_stops_when_asked(
    dialog: TrainDialog, session: TrainSession, qtbot: QtBot
) -> None:
    folder = make_run("Album", is_alive=True)
    say(folder, {"event": "start"}, step(10), step(20), {"event": "validation", "score": 0.5})
    cv2.imwrite(str(folder / "sheet.png"), np.full((40, 60, 3), 128, np.uint8))
    session.find()
    dialog.list.setCurrentRow(1)
    view = dialog.view
    assert view.isVisible()
    assert dialog.list.item(1).text() == "Album\ntraining, 20%"
    for words in ("52 pictures a second", "2 min left", "2 threads", "step 20", "20% of the time waiting"):
        assert words in view.figures.text()
    assert view.bar.value() == 200
    assert not view.sheet.pixmap().isNull()
    assert "now 0.05" in view.loss_curve.accessibleName()
    assert not view.use_button.isVisible()
    view.stop_button.click()
    assert (folder / "stop").exists()
    assert "Stopping" in view.state.text()
    assert not view.stop_button.isEnabled()


def test_the_end_says_which_model_is_better_and_offers_it(
    dialog: TrainDialog, session: TrainSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run("Album")
    say(folder, step(10), {"event": "done", "step": 10, "spent_s": 60.0}, COMPARISON)
    (folder / "checkpoint.pt").write_bytes(b"x")
    session.find()
    dialog.list.setCurrentRow(1)
    view = dialog.view
    assert "On 21 pictures of your folder" in view.result.text()
    assert "0.410 before and is 0.630 now: the new model is better" in view.result.text()
    used: list[str] = []
    monkeypatch.setattr(session, "install", lambda follower: used.append(follower.name))
    view.use_button.click()
    assert used == ["Album"]
    session.failed.emit("The checkpoint of Album is damaged: train again.")
    assert view.result.text() == "The checkpoint of Album is damaged: train again."
    monkeypatch.setattr(train_session.shutil, "rmtree", lambda folder: None)
    monkeypatch.setattr("genrepair_desktop.app.ask.confirm", lambda *words: True)
    view.delete_button.click()
    assert dialog.list.count() == 1
    assert dialog.form.isVisible()


def test_a_stopped_training_goes_on(
    dialog: TrainDialog, session: TrainSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run("Album")
    say(folder, step(10), {"event": "stopped", "step": 10, "spent_s": 60.0})
    (folder / "stop").touch()
    session.find()
    dialog.list.setCurrentRow(1)
    launched: list[tuple[bool, float]] = []
    monkeypatch.setattr(session, "_launch", lambda f, is_again: launched.append((is_again, f.run.minutes)))
    dialog.view.resume_button.click()
    assert launched == [(True, 30.0)]
    assert not (folder / "stop").exists()
    say(folder, {"event": "done", "step": 20, "spent_s": 1800.0})
    session.poll()
    assert dialog.view.resume_button.text() == "Train as long again"
    dialog.view.resume_button.click()
    assert launched[1:] == [(True, 60.0)]

"""A random user in the real window breaks nothing, changes no photo that was opened, and is measured honestly."""

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.soak import Turns, make_photos
from genrepair_desktop.app.soak_meter import MIB, FaultLog, Meter, Rest, slope_of
from genrepair_desktop.app.soak_player import Player
from genrepair_desktop.document.recovery import find_recoverable

OWN = (ask.__name__, Player.__module__)


@pytest.fixture
def program(
    qapp: QApplication, qtbot: QtBot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """The started program, without models: torch would take most of the time."""
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "no-models"))
    settings.candidates = 2
    settings.last_folder = str(tmp_path)
    made = Program(qapp, settings)
    made.window.resize(1200, 800)
    made.start()
    made.catcher.remove()  # pytest-qt's own hooks make the test fail, which a caught exception would not
    yield made
    made.sessions.session.mark_saved()
    made.shut_down()
    qapp.setStyleSheet("")
    made.window.deleteLater()
    made.deleteLater()


def hashes(photos: list[Path]) -> list[str]:
    return [hashlib.sha256(photo.read_bytes()).hexdigest() for photo in photos]


@pytest.mark.parametrize("seed", [1, 2])
def test_200_random_steps_leave_every_opened_photo_as_it_was(
    program: Program, qtbot: QtBot, tmp_path: Path, seed: int
) -> None:
    photos = make_photos(tmp_path / "photos")
    samples = sorted((paths.resources_dir() / "samples").iterdir())
    before = hashes([*photos, *samples])
    (tmp_path / "out").mkdir()
    faults, questions = FaultLog(), (ask.open_file, ask.unsaved)
    player = Player(program, photos, tmp_path / "out", seed)
    turns = Turns(player.move)
    try:
        qtbot.waitUntil(lambda: player.moves >= 200, timeout=120_000)
        turns.stop()
        qtbot.waitUntil(player.clear, timeout=60_000)
    finally:
        turns.stop()
        player.stop()
        faults.remove()
    assert sorted((paths.resources_dir() / "samples").iterdir()) == samples
    assert hashes([*photos, *samples]) == before
    assert faults.faults == []
    assert len(player.counts) > 5
    assert (ask.open_file, ask.unsaved) == questions
    assert find_recoverable(tmp_path / "data" / "recovery") == []


def questions() -> dict[str, object]:
    """Every question that the program can stop a person with."""
    return {name: value for name, value in vars(ask).items() if inspect.isfunction(value) and value.__module__ in OWN}


def test_the_player_answers_every_question_and_writes_into_its_own_folder_alone(
    program: Program, tmp_path: Path
) -> None:
    before = questions()
    photos = make_photos(tmp_path / "photos")
    player = Player(program, photos, tmp_path / "out", 1)
    try:
        asked = questions()
        assert [name for name in before if asked[name] is before[name]] == []
        window = program.window
        for _ in range(30):
            written = [ask.save_file(window, "", Path("/elsewhere/a.png"), ()), ask.open_folder(window, "")]
            assert {path for path in written if path is not None and tmp_path / "out" not in path.parents} == set()
            assert set(ask.open_files(window, "", "", ())) <= set(photos)
    finally:
        player.stop()
    assert questions() == before


def rests(*memory: float) -> list[Rest]:
    return [Rest(30.0 * i, i, int(mib * MIB), 5, 12, int(mib * MIB)) for i, mib in enumerate(memory)]


def slope_between(*memory: float) -> tuple[float, float]:
    return slope_of([(rest.seconds, rest.memory) for rest in rests(*memory)])


def test_memory_that_grows_has_a_slope_and_memory_that_scatters_has_none() -> None:
    slope, scatter = slope_between(*[500 + i for i in range(12)])
    assert slope == pytest.approx(120, rel=0.01)
    assert scatter == pytest.approx(0, abs=1e-6)
    slope, scatter = slope_between(500, 503, 499, 502, 500, 501, 499, 503, 500)
    assert abs(slope) < 20
    assert 0.5 < scatter < 4


def test_the_verdict_names_what_does_not_hold() -> None:
    meter = Meter()
    meter.rests = rests(*[500.0] * 12)
    assert all(line.holds for line in meter.verdict([]))
    assert [line.what for line in meter.verdict(["boom"]) if not line.holds] == ["faults in the log"]
    meter.rests = rests(*[500 + 4 * i for i in range(16)])
    assert [line.what for line in meter.verdict([]) if not line.holds] == ["memory in use at rest", "resident at rest"]
    meter.rests = [*rests(*[500.0] * 11), Rest(330, 11, 500 * MIB, 6, 12, 500 * MIB)]
    assert [line.what for line in meter.verdict([]) if not line.holds] == ["threads at rest"]
    meter.rests = rests(500, 500)
    assert not all(line.holds for line in meter.verdict([]))


def measured(work: Callable[[int], object]) -> set[str]:
    """What does not hold after 24 rests of this process, with ``work`` before each."""
    meter = Meter()
    for number in range(24):
        work(number)
        meter.measure(number)
    return {line.what for line in meter.verdict([]) if not line.holds}


def test_a_list_that_grows_is_caught_as_a_leak(qapp: QApplication) -> None:
    leaked: list[bytearray] = []
    failing = measured(lambda number: leaked.extend(bytearray(2000) for _ in range(400)))
    assert "memory in use at rest" in failing


def test_a_leak_that_fills_what_was_free_before_is_caught_too(qapp: QApplication) -> None:
    gaps = [bytearray(2000) for _ in range(40_000)]
    kept = gaps[::20]
    gaps.clear()
    leaked: list[bytearray] = []
    failing = measured(lambda number: leaked.extend(bytearray(2000) for _ in range(400)))
    assert "memory in use at rest" in failing
    assert len(kept) == 2000


def test_memory_that_is_asked_for_and_given_back_is_no_leak(qapp: QApplication) -> None:
    assert measured(lambda number: [bytearray(600) for _ in range(20_000)]) == set()


def test_errors_and_qt_warnings_count_as_faults(qapp: QApplication) -> None:
    import logging

    faults = FaultLog()
    logging.getLogger("genrepair_desktop.test").error("boom")
    logging.getLogger("genrepair_desktop.test").warning("only a warning")
    qWarning("a connection to nothing")
    faults.remove()
    logging.getLogger("genrepair_desktop.test").error("later")
    assert faults.faults == ["boom", "Qt: a connection to nothing"]

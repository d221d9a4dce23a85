"""No file that was made to hurt crashes, hangs, fills the memory or gets past the one class of errors."""

import os
import re
import socket
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.errors import GenRepairError
from tests.faults import LONG
from tests.fuzz import attacks, pictures
from tests.fuzz.__main__ import files
from tests.fuzz.targets import TARGETS, outcome
from tests.fuzz.watched import Watched, read_all

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="costs are read from Linux' proc")


def attack_files(seed: int) -> list[tuple[str, str, bytes]]:
    rng = np.random.default_rng(seed)
    made = [("image", sample.name, sample.data) for sample in pictures.attacks(rng, with_large=False)]
    return [*made, *attacks.attacks(rng)]


def test_a_part_of_the_attacks_breaks_no_reader_and_runs_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tally = read_all(islice(attack_files(seed=0), 0, None, 6), tmp_path)
    assert tally.findings == []
    assert tally.kinds["refused"] > 100
    assert not [path for path in tmp_path.rglob("*") if attacks.MARKER in path.name]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_corpus_breaks_no_reader(tmp_path: Path, seed: int) -> None:
    tally = read_all(files(seed, 10, with_large=True), tmp_path)
    assert tally.findings == []
    assert tally.kinds.total() > 2_500


def test_a_reader_that_would_unpickle_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    monkeypatch.chdir(tmp_path)
    pickle.loads(attacks.payload())
    assert (tmp_path / attacks.MARKER).exists()


def test_a_child_that_dies_or_leaks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"no picture")
    with Watched() as child:
        assert child.read("image", path).kind == "refused"
        child._process.kill()
        assert child.read("image", path).kind == "crash"
        assert child.read("image", path).kind == "refused"
        assert child.read("nonsense", path).kind == "unclean"


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=LONG)])
def test_guided_fuzzing_finds_nothing(seconds: int) -> None:
    words = [sys.executable, "-m", "tests.fuzz", "guided", "--seconds", str(seconds)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    assert runs is not None
    assert int(runs[1]) > len(TARGETS)


def make_special(kind: str, path: Path) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "giant":
        with path.open("wb") as file:
            file.truncate(64 << 30)
    elif kind == "empty":
        path.touch()


@pytest.mark.parametrize("kind", ["folder", "pipe", "endless", "loop", "socket", "giant", "empty", "missing"])
@pytest.mark.parametrize("name", sorted(TARGETS.keys() - {"weights"}))
def test_what_is_no_file_is_one_sentence_for_every_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    path = Path(TARGETS[name].file)
    make_special(kind, path)
    assert outcome(TARGETS[name], path) == "refused"


def test_weights_that_are_no_file_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from genrepair_desktop.registry.card import WEIGHTS_FILE, TensorFacts, WeightsFacts
    from genrepair_desktop.registry.weights import read_weights

    monkeypatch.chdir(tmp_path)
    facts = WeightsFacts("0" * 64, 32, {"a": TensorFacts("F32", (6,))})
    for kind in ("folder", "pipe", "endless", "loop", "socket", "giant", "empty", "missing"):
        folder = Path(kind)
        folder.mkdir()
        make_special(kind, folder / WEIGHTS_FILE)
        with pytest.raises(GenRepairError, match=WEIGHTS_FILE):
            read_weights(folder, facts)

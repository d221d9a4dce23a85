"""The batch's journal loses nothing that was finished and repeats nothing, wherever it was cut off."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genrepair_desktop.repair.batch.index import index_of
from genrepair_desktop.repair.batch.journal import STOPPED, BatchError, begin, go_on, lines_of

SETTINGS = {"folder": "/photos", "recipe": {"seed": 1}}


def row(name: str, status: str = "repaired") -> dict[str, Any]:
    return {"name": name, "status": status}


def kinds_of(path: Path, names: Iterable[str]) -> dict[str, str | None]:
    with index_of(path) as index:
        return {name: index.kind(name) for name in names}


def claims_of(path: Path, name: str) -> frozenset[str]:
    with index_of(path) as index:
        return index.claims(name)


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "journal.jsonl"
    with begin(path, SETTINGS) as journal:
        for name in ("a.png", "b.png", "c.png"):
            journal.start(name, [name])
            journal.finish(row(name, "failed" if name == "b.png" else "repaired"))
        journal.start("d.png", ["d.png"])
    return path


def test_finished_files_are_known_and_what_a_killed_worker_left_is_ours(journal_path: Path) -> None:
    assert kinds_of(journal_path, ("a.png", "b.png", "d.png")) == {
        "a.png": "repaired",
        "b.png": "failed",
        "d.png": None,
    }
    assert claims_of(journal_path, "d.png") == {"d.png"}
    # these were answered for: what lies there now is either in the report or somebody else's
    assert claims_of(journal_path, "a.png") == claims_of(journal_path, "b.png") == frozenset()


def test_what_a_stopped_worker_left_is_ours(journal_path: Path) -> None:
    with go_on(journal_path, SETTINGS) as journal:
        journal.finish(row("d.png", "failed") | {STOPPED: True})
    assert claims_of(journal_path, "d.png") == {"d.png"}


def test_the_last_row_of_a_file_counts(journal_path: Path) -> None:
    with go_on(journal_path, SETTINGS) as journal:
        journal.finish(row("b.png"))
        journal.finish(row("e.png") | {"flags": ["large-hole"]})
    assert kinds_of(journal_path, ("b.png", "e.png")) == {"b.png": "repaired", "e.png": "flagged"}
    with index_of(journal_path) as index:
        assert (index.summary().total, index.summary().repaired, index.summary().flagged) == (4, 4, 1)
        assert len(list(index.starts())) == 4


@given(cut=st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_kill_at_any_byte_keeps_every_finished_line(journal_path: Path, cut: int) -> None:
    whole = journal_path.read_bytes()
    torn = journal_path.with_name("torn.jsonl")
    torn.write_bytes(whole[: min(cut, len(whole))])
    finished = [json.loads(line) for line in torn.read_bytes().split(b"\n")[:-1]]
    names = {line["row"]["name"] for line in finished if "row" in line}
    if not finished:
        with pytest.raises(BatchError):
            go_on(torn, SETTINGS)
        return
    with go_on(torn, SETTINGS) as journal:
        assert {name for name, kind in kinds_of(torn, ["a.png", "b.png", "c.png"]).items() if kind} == names
        journal.finish(row("z.png"))
    lines = list(lines_of(torn))
    assert [line.values for line in lines] == [*finished, {"row": row("z.png")}]
    assert lines[-1].end == torn.stat().st_size


def test_other_settings_are_refused_by_their_names(journal_path: Path) -> None:
    with pytest.raises(BatchError, match="another recipe"):
        go_on(journal_path, SETTINGS | {"recipe": {"seed": 2}})


def test_names_that_are_no_utf8_come_back(journal_path: Path) -> None:
    name = b"f\xe9e.png".decode("utf-8", "surrogateescape")
    with go_on(journal_path, SETTINGS) as journal:
        journal.start("g.png", [name])
        journal.finish(row(name))
    assert kinds_of(journal_path, [name]) == {name: "repaired"}
    assert claims_of(journal_path, "g.png") == {name}


@pytest.mark.parametrize(
    "line", [b"[]", b'{"row": 1}', b'{"row": {"name": 3}}', b'{"start": "x"}', b"{" * 99_999, b"{}"]
)
def test_a_damaged_line_ends_a_journal(journal_path: Path, line: bytes) -> None:
    whole = list(lines_of(journal_path))
    with journal_path.open("ab") as file:
        file.write(line + b"\n" + b'{"start": "y", "claims": []}\n')
    assert list(lines_of(journal_path)) == whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows itself keeps an open file from being deleted")
def test_two_processes_never_write_one_journal(journal_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from genrepair_desktop.repair.batch.journal import begin, go_on\n"
        f"for start in (begin, go_on):\n try: start(Path(sys.argv[1]), {SETTINGS!r})\n except Exception as e: print(e)"
    )
    before = journal_path.read_bytes()
    with go_on(journal_path, SETTINGS):
        done = subprocess.run(
            [sys.executable, "-c", script, str(journal_path)], capture_output=True, text=True, check=True
        )
    assert done.stdout.count("Another process works on the batch") == 2
    assert journal_path.read_bytes() == before


def test_a_refused_journal_is_closed(journal_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with pytest.raises(BatchError):
        go_on(journal_path, {"folder": "/other"})
    go_on(journal_path, SETTINGS).__exit__()
    assert not before or len(os.listdir("/proc/self/fd")) == before

"""The batch's journal loses nothing that was finished and repeats nothing, wherever it was cut off."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genrepair_desktop.repair.batch.journal import BatchError, Progress, begin, go_on, lines_of

SETTINGS = {"folder": "/photos", "recipe": {"seed": 1}}


def row(name: str, status: str = "repaired") -> dict[str, str]:
    return {"name": name, "status": status}


def progress_of(path: Path, *, retry_failed: bool = False) -> Progress:
    journal, progress = go_on(path, SETTINGS, retry_failed=retry_failed)
    with journal:
        return progress


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "journal.jsonl"
    with begin(path, SETTINGS) as journal:
        for name in ("a.png", "b.png", "c.png"):
            journal.start(name)
            journal.finish(row(name, "failed" if name == "b.png" else "repaired"))
        journal.start("d.png")
    return path


def test_finished_files_are_done_and_begun_ones_are_ours(journal_path: Path) -> None:
    progress = progress_of(journal_path)
    assert progress.done == {"a.png", "b.png", "c.png"}
    assert progress.started == {"a.png", "b.png", "c.png", "d.png"}


def test_failed_files_can_be_done_again(journal_path: Path) -> None:
    journal, progress = go_on(journal_path, SETTINGS, retry_failed=True)
    with journal:
        assert progress.done == {"a.png", "c.png"}
        journal.finish(row("b.png"))
    assert "b.png" in progress_of(journal_path, retry_failed=True).done


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
    journal, progress = go_on(torn, SETTINGS)
    assert progress.done == names
    with journal:
        journal.finish(row("z.png"))
    lines = list(lines_of(torn))
    assert [line.values for line in lines] == [*finished, {"row": row("z.png")}]
    assert lines[-1].end == torn.stat().st_size


def test_other_settings_are_refused_by_their_names(journal_path: Path) -> None:
    with pytest.raises(BatchError, match="another recipe"):
        go_on(journal_path, SETTINGS | {"recipe": {"seed": 2}})


def test_names_that_are_no_utf8_come_back(journal_path: Path) -> None:
    name = b"f\xe9e.png".decode("utf-8", "surrogateescape")
    journal, _ = go_on(journal_path, SETTINGS)
    with journal:
        journal.finish(row(name))
    assert name in progress_of(journal_path).done

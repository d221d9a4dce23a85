"""Whatever file operation fails in a batch: a result is whole or not there, and the journal says what is true."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genrepair_desktop import atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs import write_photo
from genrepair_desktop.repair.batch.index import Index, index_of
from genrepair_desktop.repair.batch.journal import BatchError, begin, go_on
from genrepair_desktop.repair.batch.plan import Planned, Task
from genrepair_desktop.repair.batch.report import write_reports
from genrepair_desktop.repair.batch.worker import WorkerSettings, row_for
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.recipe import Recipe
from tests.faults import FAULTS, Faults, faults_in_files, strays
from tests.shell import picture, scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="faults are injected into POSIX calls")
SIZE = (40, 50)
# what a batch calls besides: it makes folders
MORE = ("mkdir",)


def calls_in(work: Callable[[], object]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        faults = faults_in_files(patch, None, 0, MORE)
        work()
    return faults.count


def task_in(folder: Path, *, is_damaged: bool, name: str = "a.png") -> Task:
    write_photo(folder / "a.png", picture(size=SIZE), overwrite=True)
    write_photo(folder / "mask.png", (scratch((120, 160))[:40, :50] * is_damaged)[..., None], overwrite=True)
    return Task(Planned(name, name, name), folder / "a.png", folder / "out", folder / "mask.png", may_replace=False)


@pytest.mark.parametrize("is_damaged", [True, False], ids=["repaired", "copied"])
@pytest.mark.parametrize("number", FAULTS)
def test_every_file_operation_of_a_worker_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_damaged: bool
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # thousands of real ones take half a minute
    task = task_in(tmp_path, is_damaged=is_damaged)
    settings = WorkerSettings(Recipe("telea"), "folder", tmp_path / "strips", NoModels)
    output = tmp_path / "out" / "a.png"

    def work() -> dict[str, object]:
        return row_for(task, settings, NoModels())

    assert work()["status"] == ("repaired" if is_damaged else "unchanged")
    expected = output.read_bytes()
    output.unlink()
    total = calls_in(work)
    assert total > 40
    statuses = set()
    for fail_at in range(1, total + 1):
        output.unlink(missing_ok=True)
        atomic._swept.clear()
        with monkeypatch.context() as patch:
            faults = faults_in_files(patch, fail_at, number, MORE)
            row = work()
        statuses.add(row["status"])
        assert "traceback" not in row, (faults.failed, row)
        if row["status"] == "failed":
            assert str(row["reason"]).endswith("."), faults.failed
            assert FAULTS[number] in str(row["reason"]) or not faults.failed or faults.failed[0] in ("stat", "close")
        else:
            assert output.read_bytes() == expected, faults.failed
        assert not output.exists() or output.read_bytes() == expected
        output.unlink(missing_ok=True)
        atomic._swept.clear()
        assert work()["status"] != "failed"
        assert strays(output.parent) == []
    assert "failed" in statuses
    print(f"{total} faults ({FAULTS[number]}) in a worker, {'repaired' if is_damaged else 'copied'}")


class FailingFile:
    """A journal's file whose n-th operation fails, a write after half of its bytes are on the disk."""

    def __init__(self, real: Any, fail_at: int, number: int) -> None:
        self._real, self._left = real, fail_at
        self._error = OSError(number, os.strerror(number))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, data: bytes) -> None:
        if self._fails():
            self._real.write(data[: len(data) // 2])
            self._real.flush()
            raise self._error
        self._real.write(data)

    def flush(self) -> None:
        if self._fails():
            raise self._error
        self._real.flush()

    def fileno(self) -> int:
        if self._fails():  # the sync asks for it
            raise self._error
        return self._real.fileno()

    def _fails(self) -> bool:
        self._left -= 1
        return self._left == 0


@pytest.mark.parametrize("number", FAULTS)
def test_every_file_operation_of_the_journal_may_fail(tmp_path: Path, number: int) -> None:
    names = ("a", "b", "c")
    said: list[str] = []
    for fail_at in range(1, 18):
        path = tmp_path / str(fail_at) / "journal.jsonl"
        journal = begin(path, {"recipe": 1})
        journal._file = FailingFile(journal._file, fail_at, number)
        known: list[str] = []
        try:
            with journal:
                for name in names:
                    journal.start(name, [name])
                    journal.finish({"name": name, "status": "repaired"})
                    known.append(name)
        except BatchError as error:
            said.append(str(error))
        with go_on(path, {"recipe": 1}) as journal, index_of(path) as index:
            assert [name for name in known if index.kind(name) is None] == []
            for name in names[len(known) + 1 :]:
                assert index.kind(name) is None
            journal.finish({"name": "z", "status": "repaired"})
        with index_of(path) as index:
            assert index.kind("z") == "repaired"
    assert len(said) == 15
    assert all(FAULTS[number] in sentence and "go on with --resume" in sentence for sentence in said)


def test_a_journal_that_cannot_be_opened_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in FAULTS:
        with monkeypatch.context() as patch:
            Faults(patch, 1, number)
            with pytest.raises(BatchError, match=FAULTS[number]):
                begin(tmp_path / "journal.jsonl", {})


@pytest.mark.parametrize("number", FAULTS)
def test_every_file_operation_of_the_reports_may_fail_and_each_is_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    path, reports = tmp_path / "journal.jsonl", tmp_path / "out"

    def write() -> object:
        return write_reports(path, reports / "r.csv", tmp_path / "strips", tmp_path, "Scans")

    def contents() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in reports.iterdir()}

    with begin(path, {}) as journal:
        journal.finish({"name": "a.png", "status": "failed", "reason": "It was cut."})
    write()
    old = contents()
    with go_on(path, {}) as journal:
        journal.finish({"name": "b.png", "status": "repaired", "output": "b.png"})
    total = calls_in(write)
    new = contents()
    assert {*old} == {*new} == {"r.csv", "r.jsonl", "r.html"}
    assert total > 30
    refused = 0
    for fail_at in range(1, total + 1):
        for name, data in old.items():
            (reports / name).write_bytes(data)
        atomic._swept.clear()
        with monkeypatch.context() as patch:
            faults = faults_in_files(patch, fail_at, number, MORE)
            try:
                write()
                said = ""
            except GenRepairError as error:
                said = str(error)
        assert all(data in (old[name], new[name]) for name, data in contents().items() if name in new), faults.failed
        assert said or contents() == new, faults.failed
        assert not said or (FAULTS[number] in said and said.endswith(".")), (faults.failed, said)
        refused += bool(said)
        atomic._swept.clear()
        write()
        assert contents() == new
    assert refused > 20
    print(f"{total} faults ({FAULTS[number]}) in the reports, {refused} of them told")


def test_no_room_for_the_batchs_list_of_files_is_one_sentence(tmp_path: Path) -> None:
    def fill(index: Index) -> None:
        for number in range(20_000):
            index.end(f"{number}.png", "repaired", number)

    with Index() as index:
        index._base.execute("PRAGMA max_page_count = 8")
        with pytest.raises(BatchError, match="temporary files"):
            fill(index)

"""Whatever file operation fails in a batch: a result is whole or not there, and the journal says what is true."""

import errno
import os
import sys
from pathlib import Path

import pytest

from genrepair_desktop import atomic
from genrepair_desktop.imaging.codecs import write_photo
from genrepair_desktop.repair.batch.index import index_of
from genrepair_desktop.repair.batch.journal import BatchError, begin, go_on
from genrepair_desktop.repair.batch.plan import Planned, Task
from genrepair_desktop.repair.batch.worker import WorkerSettings, row_for
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.recipe import Recipe
from tests.faults import FAULTS, Faults, calls_of, strays
from tests.shell import picture, scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="faults are injected into POSIX calls")
SIZE = (40, 50)


def task_in(folder: Path, *, is_damaged: bool, name: str = "a.png") -> Task:
    write_photo(folder / "a.png", picture(size=SIZE), overwrite=True)
    write_photo(folder / "mask.png", (scratch((120, 160))[:40, :50] * is_damaged)[..., None], overwrite=True)
    return Task(Planned(name, name, name), folder / "a.png", folder / "out", folder / "mask.png", may_replace=False)


@pytest.mark.parametrize("is_damaged", [True, False], ids=["repaired", "copied"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
def test_every_file_operation_of_a_worker_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_damaged: bool
) -> None:
    task = task_in(tmp_path, is_damaged=is_damaged)
    settings = WorkerSettings(Recipe("telea"), "folder", tmp_path / "strips", NoModels)
    output = tmp_path / "out" / "a.png"

    def work() -> dict[str, object]:
        return row_for(task, settings, NoModels())

    assert work()["status"] == ("repaired" if is_damaged else "unchanged")
    expected = output.read_bytes()
    output.unlink()
    total = calls_of(work)
    assert total > 15
    statuses = set()
    for fail_at in range(1, total + 1):
        output.unlink(missing_ok=True)
        atomic._swept.clear()
        with monkeypatch.context() as patch:
            faults = Faults(patch, fail_at, number)
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


class FailingFile:
    """A journal's file whose n-th operation fails, a write after half of its bytes are on the disk."""

    def __init__(self, real: object, fail_at: int) -> None:
        self._real, self._left = real, fail_at

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def write(self, data: bytes) -> None:
        if self._fails():
            self._real.write(data[: len(data) // 2])
            self._real.flush()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._real.write(data)

    def flush(self) -> None:
        if self._fails():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._real.flush()

    def fileno(self) -> int:
        if self._fails():  # the sync asks for it
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self._real.fileno()

    def _fails(self) -> bool:
        self._left -= 1
        return self._left == 0


def test_every_file_operation_of_the_journal_may_fail(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    said: list[str] = []
    for fail_at in range(1, 18):
        path = tmp_path / str(fail_at) / "journal.jsonl"
        journal = begin(path, {"recipe": 1})
        journal._file = FailingFile(journal._file, fail_at)
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
    assert all("go on with --resume" in sentence for sentence in said)


def test_a_journal_that_cannot_be_opened_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in FAULTS:
        with monkeypatch.context() as patch:
            Faults(patch, 1, number)
            with pytest.raises(BatchError, match=FAULTS[number]):
                begin(tmp_path / "journal.jsonl", {})

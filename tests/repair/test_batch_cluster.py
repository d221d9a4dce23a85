"""A batch on Dask gives what it gives without, and a worker that dies costs time only."""

import signal
import threading
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from genrepair_desktop.imaging.codecs import write_photo
from genrepair_desktop.repair.batch import cluster
from genrepair_desktop.repair.batch.journal import BatchError, Row
from genrepair_desktop.repair.batch.plan import MaskSource
from genrepair_desktop.repair.batch.pool import Limits
from genrepair_desktop.repair.batch.run import Batch, check, photos_of, report, run_batch
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.recipe import Recipe
from tests.shell import picture, scratch

SIZE = (700, 900)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::ResourceWarning")


def batch_of(folder: Path, out: str, where: str | None, **more: object) -> Batch:
    masks = MaskSource("file", folder / "mask.png")
    recipe = Recipe("telea", seed=3)
    return Batch(
        folder / "scans", folder / out, masks, recipe, folder / out / "r.csv", NoModels, 2, cluster=where, **more
    )


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    for number in range(8):
        write_photo(tmp_path / "scans" / f"{number}.png", picture(number, size=SIZE))
    (tmp_path / "scans" / "broken.png").write_bytes(b"no picture")
    write_photo(tmp_path / "mask.png", scratch(SIZE)[..., None])
    return tmp_path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    (tmp_path / "mask.png").touch()
    return tmp_path


def dask_workers() -> list[psutil.Process]:
    """The processes under this one that have a connection open, as workers have to their scheduler."""
    return [child for child in psutil.Process().children(recursive=True) if child.net_connections("tcp4")]


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def without_times(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "seconds"}


def test_a_worker_killed_in_the_middle_loses_nothing_and_the_results_are_the_same(scans: Path) -> None:
    killed: list[int] = []

    def kill_one() -> None:
        victim = dask_workers()[0]
        victim.send_signal(signal.SIGKILL)
        killed.append(victim.pid)

    batch = batch_of(scans, "dask", "local")
    check(batch)
    rows = []
    for row in run_batch(batch):
        rows.append(row)
        if len(rows) == 2:
            # a moment later both workers have a file again
            threading.Timer(0.1, kill_one).start()
    assert len(killed) == 1
    plain = sorted(map(without_times, run_batch(batch_of(scans, "plain", None))), key=lambda row: row["name"])
    assert sorted(map(without_times, rows), key=lambda row: row["name"]) == plain
    assert results(scans / "dask") == results(scans / "plain")
    assert report(batch).repaired == 8
    assert dask_workers() == []


@pytest.mark.slow
def test_a_file_that_hangs_costs_its_row_and_its_worker_is_started_anew(scans: Path) -> None:
    batch = batch_of(scans, "out", "local", limits=Limits(seconds=20.0))
    before = [planned.name for planned in photos_of(batch)]
    rows = []
    for row in run_batch(batch):
        rows.append(row)
        if len(rows) == 2:
            threading.Timer(0.1, lambda: dask_workers()[0].send_signal(signal.SIGSTOP)).start()
    assert sorted(row["name"] for row in rows) == before
    (slow,) = [row for row in rows if row.get("stopped")]
    assert "longer than 20 seconds" in slow["reason"]
    assert sum(row["status"] == "repaired" for row in rows) == 7


def test_a_scheduler_that_is_not_there_is_one_sentence(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_LIMIT", 0.3)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "tcp://nowhere.invalid:1"):
        with pytest.raises(BatchError, match=f"no Dask scheduler at {address}"):
            list(run_batch(batch_of(small, "out", address, overwrite=True)))


def test_without_the_extra_it_says_what_to_install(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[[str], str] = metadata.version

    def missing(name: str) -> str:
        if name == "distributed":
            raise metadata.PackageNotFoundError(name)
        return honest(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(
        BatchError, match=r"--cluster needs Dask: install it with pip install 'genrepair-desktop\[cluster\]'"
    ):
        check(batch_of(small, "out", "local"))
    assert not (small / "out").exists()
    check(batch_of(small, "out", None))

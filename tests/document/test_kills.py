"""kill -9 and failing disks, at every call and at random moments, of saving a project, of autosave and of export."""

import os
import random
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop import atomic
from genrepair_desktop.atomic import SaveError
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.document.export import export_pixels, record_path
from genrepair_desktop.document.history import History
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.project_file import ProjectCapture, capture, load_project, save_project
from genrepair_desktop.document.recovery import find_recoverable, recover
from genrepair_desktop.imaging.codecs import read_photo
from tests.faults import FAULTS, LONG, Faults, Watchable, calls_of, killed_after, killed_at_call, strays

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")


def a_state(grey: int, side: int = 40) -> ProjectCapture:
    """A project whose pixels are all ``grey``, with two steps of history."""
    document = Document(np.zeros((side, side, 3), np.uint8))
    history = History(document)
    for value in (255, grey):
        step(document, history, value)
    return capture(document, history)


def step(document: Document, history: History, grey: int) -> None:
    block = np.full_like(document.pixels, grey)
    edit = edit_from_patch(document, "pixels", document.bounds, block, label=f"to {grey}")
    if edit is not None:
        history.push(edit)


def grey_of(path: Path) -> int:
    """What the project shows; the whole of it must be valid."""
    project = load_project(path)
    (value,) = np.unique(project.document.pixels)
    project.history.jump(0)
    assert not project.document.pixels.any()
    return int(value)


def test_a_kill_at_every_call_of_a_save_leaves_the_old_project_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "work.genrepair"
    old, new = a_state(1), a_state(2)
    save_project(path, a_state(3))
    save_project(path, old)
    shown = []
    for fatal in range(1, 400):
        before = path.read_bytes()
        died = killed_at_call(fatal, lambda: save_project(path, new))
        shown.append(grey_of(path))
        assert shown[-1] == 2 or path.read_bytes() == before
        backup = tmp_path / "work.genrepair.bak"
        assert not backup.exists() or grey_of(backup) in (1, 2, 3)
        atomic._swept.clear()
        save_project(path, old)
        assert strays(tmp_path) == []
        assert sorted(one.name for one in tmp_path.iterdir()) == ["work.genrepair", "work.genrepair.bak"]
        if not died:
            break
    assert not died
    assert {1, 2} <= set(shown)
    assert len(shown) > 20
    print(f"{len(shown) - 1} kills, one at each call of a save")


@pytest.mark.parametrize("number", FAULTS)
def test_every_call_of_a_save_may_fail_and_the_project_is_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path, count = tmp_path / "work.genrepair", tmp_path / "count.genrepair"
    old, new = a_state(1), a_state(2)
    save_project(count, old)
    total = calls_of(lambda: save_project(count, new))
    count.unlink()
    (tmp_path / "count.genrepair.bak").unlink()
    refused = 0
    for fail_at in range(1, total + 1):
        save_project(path, old)
        atomic._swept.clear()
        with monkeypatch.context() as patch:
            faults = Faults(patch, fail_at, number)
            try:
                save_project(path, new)
                said = ""
            except SaveError as error:
                said = str(error)
        assert grey_of(path) in (1, 2), faults.failed
        # without a word only what tidies up or keeps the backup may fail
        assert said or grey_of(path) == 2
        refused += bool(said)
        save_project(path, new)
        assert strays(tmp_path) == []
    assert refused > 10
    print(f"{total} faults ({FAULTS[number]}), {refused} of them told")


def kept_through(root: Path, fail_at: int | None, number: int) -> tuple[Faults, list[Exception], bool]:
    """Three steps made while autosave keeps them and one disk call fails: the faults, what was told, whether kept."""
    document = Document(np.zeros((40, 40, 3), np.uint8))
    history = History(document)
    told: list[Exception] = []
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch, fail_at, number)
        opened = Path.open
        patch.setattr(
            Path,
            "open",
            lambda path, mode="r", *rest, **named: (
                faults.wrap_file(Watchable(opened(path, mode, *rest, **named)))
                if mode == "ab"
                else opened(path, mode, *rest, **named)
            ),
        )
        try:
            keeper = Keeper(root, document, history, "photo", on_failure=told.append)
        except OSError as error:
            return faults, [error], False
        for grey in (1, 2, 3):
            step(document, history, grey)
        keeper.close(discard=False)
    assert (document.pixels == 3).all()
    assert history.index == 3
    return faults, told, True


@pytest.mark.parametrize("number", FAULTS)
def test_every_call_of_an_autosave_may_fail_and_the_work_goes_on(tmp_path: Path, number: int) -> None:
    faults, told, is_kept = kept_through(tmp_path / "sound", None, number)
    assert (told, is_kept) == ([], True)
    total, refused = faults.count, 0
    for fail_at in range(1, total + 1):
        root = tmp_path / str(fail_at)
        atomic._swept.clear()
        faults, told, is_kept = kept_through(root, fail_at, number)
        refused += bool(told)
        entries = find_recoverable(root) if root.exists() else []
        assert len(entries) <= 1
        greys = []
        for entry in entries:
            found = recover(entry)
            (grey,) = np.unique(found.document.pixels)
            greys.append(int(grey))
            found.discard()
        # what nobody was told of is all there
        assert told or not is_kept or greys == [3], faults.failed
        assert set(greys) <= {0, 1, 2, 3}
    assert refused > 10
    print(f"{total} faults ({FAULTS[number]}) in autosave, {refused} of them told")


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=LONG)])
def test_a_kill_at_a_random_moment_of_saving_leaves_a_whole_project(tmp_path: Path, kills: int) -> None:
    path, rng = tmp_path / "work.genrepair", random.Random(kills)
    states = [a_state(grey, 400) for grey in (1, 2)]
    save_project(path, states[0])

    def save_for_ever() -> None:
        while True:
            for state in states:
                save_project(path, state)

    halves = 0
    for _ in range(kills):
        killed_after(rng.uniform(0.0, 0.08), save_for_ever)
        halves += len(strays(tmp_path))
        assert grey_of(path) in (1, 2)
        atomic._swept.clear()
        save_project(path, states[0])
        assert strays(tmp_path) == []
    assert halves > 0, "no kill hit the middle of a save"
    print(f"{kills} kills, {halves} of them in the middle of a save")


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=LONG)])
def test_a_kill_at_a_random_moment_of_autosave_costs_at_most_what_was_on_its_way(tmp_path: Path, kills: int) -> None:
    """The child says which step it has made and which is on the disk; the parent recovers and compares."""
    rng = random.Random(kills)
    costs = []
    for number in range(kills):
        root = tmp_path / str(number)
        said, tell = os.pipe()

        def work(root: Path = root, tell: int = tell) -> None:
            document = Document(np.zeros((64, 64, 3), np.uint8))
            history = History(document)
            keeper = Keeper(root, document, history, "pasted")
            for grey in range(1, 250):
                step(document, history, grey)
                os.write(tell, struct.pack("<BB", grey, 0))
                while not keeper.journal.is_written:
                    os.sched_yield()
                os.write(tell, struct.pack("<BB", grey, 1))
            signal.pause()

        killed_after(rng.uniform(0.02, 0.3), work)
        os.close(tell)
        with os.fdopen(said, "rb") as file:
            words = list(struct.iter_unpack("<BB", file.read()))
        made = max((grey for grey, _ in words), default=0)
        written = max((grey for grey, is_written in words if is_written), default=0)
        found = find_recoverable(root)
        if not found:
            assert written == 0
            continue
        recovered = recover(found[0])
        (grey,) = np.unique(recovered.document.pixels)
        assert written <= grey <= made + 1
        assert recovered.history.index == grey
        recovered.history.jump(0)
        assert not recovered.document.pixels.any()
        recovered.discard()
        assert find_recoverable(root) == []
        costs.append(made - int(grey))
    assert len(costs) > kills // 3
    print(f"{kills} kills, {len(costs)} after the first step; steps lost: at most {max(costs)}")


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=LONG)])
def test_a_kill_at_a_random_moment_of_an_export_leaves_photo_and_record_whole(tmp_path: Path, kills: int) -> None:
    rng, path = random.Random(kills), tmp_path / "photo.tif"
    pictures = [np.full((300, 400, 3), grey, np.uint8) for grey in (50, 200)]
    pictures = [picture + np.random.default_rng(0).integers(0, 9, picture.shape, np.uint8) for picture in pictures]
    records = ["{" + str(number) * 5000 + "}" for number in (1, 2)]

    def export_for_ever() -> None:
        while True:
            for picture, record in zip(pictures, records, strict=True):
                export_pixels(picture, None, path, overwrite=True, record=record)

    halves = 0
    for _ in range(kills):
        killed_after(rng.uniform(0.0, 0.08), export_for_ever)
        halves += len(strays(tmp_path))
        if path.exists():
            assert any(np.array_equal(read_photo(path).pixels, picture) for picture in pictures)
        if record_path(path).exists():
            assert record_path(path).read_text() in records
        atomic._swept.clear()
        export_pixels(pictures[0], None, path, overwrite=True, record=records[0])
        assert sorted(one.name for one in tmp_path.iterdir()) == ["photo.tif", "photo.tif.json"]
    assert halves > 0, "no kill hit the middle of an export"
    print(f"{kills} kills, {halves} of them in the middle of an export")


def test_the_clock_may_go_back_between_two_saves(tmp_path: Path) -> None:
    path = tmp_path / "work.genrepair"
    save_project(path, a_state(1))
    os.utime(path, (4_000_000_000, 4_000_000_000))
    save_project(path, a_state(2))
    assert grey_of(path) == 2
    assert grey_of(tmp_path / "work.genrepair.bak") == 1


@pytest.mark.parametrize("is_embedded", [True, False])
def test_link_and_mode_of_a_project_are_kept_and_the_folder_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_embedded: bool
) -> None:
    real, link = tmp_path / "real" / "work.genrepair", tmp_path / "link.genrepair"
    real.parent.mkdir()
    save_project(real, a_state(1), embeds_source=is_embedded)
    real.chmod(0o640)
    link.symlink_to(real)
    synced: list[str] = []
    sync: Callable[[int], None] = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    if sys.platform == "linux":
        monkeypatch.setattr(os, "fsync", noted)
    save_project(link, a_state(2), embeds_source=is_embedded)
    assert link.is_symlink()
    assert grey_of(real) == 2
    assert grey_of(real.parent / "work.genrepair.bak") == 1
    assert real.stat().st_mode & 0o777 == 0o640
    if sys.platform == "linux":
        assert synced[-1] == str(real.parent), "the folder, after the file"
        assert len(synced) == 2

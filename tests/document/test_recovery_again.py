"""Recovery from recovery: saved, rescued, recovered and interrupted once more, or wanted by two windows."""

import threading
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.document.journal import Journal, Moved, Pushed, read_steps
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.project_file import capture, extract_source, load_project, save_project
from genrepair_desktop.document.recovery import RecoveryError, find_recoverable, recover
from genrepair_desktop.document.recovery_folder import LOCK, next_counter
from genrepair_desktop.imaging.codecs.photo import PhotoSource
from genrepair_desktop.imaging.geometry import Rect


def step(history: History, document: Document, grey: int) -> None:
    edit = edit_from_patch(
        document, "pixels", Rect(3, 3, 20, 20), np.full((20, 20, 3), grey, np.uint8), label=f"step {grey}"
    )
    assert edit is not None
    history.push(edit)


def pasted() -> tuple[Document, History]:
    document = Document(np.zeros((40, 50, 3), np.uint8))
    return document, History(document)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


def test_a_pasted_picture_that_nobody_touched_is_offered_all_the_same(root: Path) -> None:
    document, history = pasted()
    Keeper(root, document, history, "Pasted picture").close(discard=False)
    (entry,) = find_recoverable(root)
    found = recover(entry)
    assert np.array_equal(found.document.pixels, document.pixels)
    found.discard()
    assert find_recoverable(root) == []


def test_a_recovered_document_interrupted_at_once_is_offered_again(root: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "photo")
    step(history, document, 9)
    keeper.close(discard=False)
    found = recover(find_recoverable(root)[0])
    again = Keeper(root, found.document, found.history, "photo", on_kept=found.discard)
    again.close(discard=False)
    (entry,) = find_recoverable(root)
    assert entry.folder == again.folder
    twice = recover(entry)
    assert (twice.document.pixels[3:23, 3:23] == 9).all()
    twice.history.undo()
    assert not twice.document.pixels.any()
    twice.let_go()


def test_what_is_in_the_project_file_is_not_offered(root: Path, tmp_path: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "work")
    step(history, document, 1)
    save_project(tmp_path / "work.genrepair", capture(document, history))
    keeper.saved(tmp_path / "work.genrepair")
    keeper.close(discard=False)
    assert find_recoverable(root) == []
    assert not keeper.folder.exists()


def test_a_step_after_the_last_save_is_offered_with_its_project(root: Path, tmp_path: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "work")
    step(history, document, 1)
    keeper.saved(tmp_path / "work.genrepair")
    step(history, document, 2)
    keeper.close(discard=False)
    (entry,) = find_recoverable(root)
    assert entry.project == tmp_path / "work.genrepair"
    found = recover(entry)
    assert found.history.index == 2
    assert not found.history.is_clean
    found.let_go()


def test_a_project_keeps_being_known_and_its_photo_stays_in_it(root: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"not decoded here")
    document = Document(np.zeros((40, 50, 3), np.uint8), path=photo, source=PhotoSource(photo, "png", 8, 16))
    path = tmp_path / "work.genrepair"
    save_project(path, capture(document, History(document)))
    photo.unlink()
    project = load_project(path)
    Keeper(root, project.document, project.history, "work", project=path).close(discard=False)
    assert find_recoverable(root) == [], "a project opened and left alone"
    keeper = Keeper(root, project.document, project.history, "work", project=path)
    step(project.history, project.document, 5)
    keeper.close(discard=False)
    (entry,) = find_recoverable(root)
    assert entry.project == path
    found = recover(entry)
    save_project(path, capture(found.document, found.history))
    found.discard()
    assert extract_source(path) == b"not decoded here"


def test_a_rescue_copy_is_the_beginning_of_what_is_recovered(root: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "photo")
    step(history, document, 1)
    # what a fault may do: the picture changed and no step tells of it
    document.write("pixels", Rect(30, 30, 4, 4), np.full((4, 4, 3), 77, np.uint8))
    told = threading.Event()
    assert keeper.rescue(told.set)
    assert not keeper.rescue(), "one copy for a burst of faults"
    step(history, document, 2)
    step(history, document, 3)
    history.undo()
    keeper.close(discard=False)
    assert told.is_set()
    found = recover(find_recoverable(root)[0])
    assert np.array_equal(found.document.pixels, document.pixels)
    assert found.history.index == 2
    found.history.redo()
    assert (found.document.pixels[3:23, 3:23] == 3).all()
    found.let_go()


def test_without_the_rescue_copy_the_steps_still_tell(root: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "photo")
    step(history, document, 1)
    keeper.rescue()
    step(history, document, 2)
    keeper.close(discard=False)
    (keeper.folder / "rescue.genrepair").write_bytes(b"half")
    found = recover(find_recoverable(root)[0])
    assert np.array_equal(found.document.pixels, document.pixels)
    assert found.history.index == 2
    found.let_go()


def test_two_windows_do_not_recover_the_same_work(root: Path) -> None:
    document, history = pasted()
    keeper = Keeper(root, document, history, "photo")
    step(history, document, 1)
    keeper.close(discard=False)
    (entry,) = find_recoverable(root)
    mine = recover(entry)
    with pytest.raises(RecoveryError, match="another window"):
        recover(entry)
    assert find_recoverable(root) == []
    mine.discard()
    with pytest.raises(RecoveryError):
        recover(entry)


def test_a_folder_that_is_just_being_made_is_left_alone(root: Path) -> None:
    (root / "young").mkdir(parents=True)
    assert find_recoverable(root) == []
    assert (root / "young").exists()
    (root / "young" / LOCK).touch()
    assert find_recoverable(root) == []
    assert not (root / "young").exists(), "its program died before anything was done"


def test_the_counter_grows_when_its_file_is_lost(root: Path) -> None:
    document, history = pasted()
    for title in ("one", "two"):
        keeper = Keeper(root, document, history, title)
        step(history, document, 1 if title == "one" else 2)
        keeper.close(discard=False)
    (root / "counter").unlink()
    assert next_counter(root) == 3
    assert [entry.title for entry in find_recoverable(root)] == ["two", "one"]


def test_an_offer_has_a_small_picture_of_the_work(root: Path) -> None:
    import cv2

    document, history = pasted()
    keeper = Keeper(root, document, history, "photo")
    step(history, document, 200)
    keeper.close(discard=False)
    (entry,) = find_recoverable(root)
    assert entry.picture is not None
    assert cv2.imread(str(entry.picture)).shape == (40, 50, 3)


def test_a_full_disk_ends_keeping_and_says_so_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from genrepair_desktop.document import journal as journal_room

    def full(file: object, step: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal_room, "_append", full)
    document, history = pasted()
    told: list[Exception] = []
    keeper = Keeper(root, document, history, "photo", on_failure=told.append)
    for grey in range(1, 6):
        step(history, document, grey)
    keeper.close()
    assert len(told) == 1
    assert keeper.journal.has_failed
    assert history.index == 5


def test_a_slider_moved_faster_than_the_disk_leaves_one_step(tmp_path: Path) -> None:
    document, history = pasted()
    may_write = threading.Event()
    journal = Journal(tmp_path / "journal.bin", may_write.wait)
    history.record_to(journal)
    step(history, document, 1)
    for grey in range(2, 40):
        step(history, document, grey)
        history.undo()
    step(history, document, 40)
    may_write.set()
    journal.close()
    steps = list(read_steps(tmp_path / "journal.bin"))
    assert [type(one) for one in steps] == [Pushed, Pushed]
    again, replayed = pasted()
    for one in steps:
        assert isinstance(one, Pushed)
        replayed.push(one.edit)
    assert np.array_equal(again.pixels, document.pixels)
    assert Moved(1) not in steps

"""Whatever ends the program, the next start finds all but the last step."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from genrepair_desktop.document import journal as journal_room
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import GroupEdit, StrokeRecorder, edit_for_new_pixels, edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.document.journal import Journal, Moved, Pushed, Step, read_steps
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.recovery import Recoverable, RecoveryError, discard, find_recoverable, recover
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.imaging.geometry import Rect


def opened_photo(folder: Path) -> Document:
    path = folder / "photo.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (280, 300, 3), np.uint8)).save(path)
    photo = read_photo(path)
    return Document(photo.pixels, path=path, metadata=photo.metadata, source=photo.source)


def work(document: Document, history: History) -> None:
    recorder = StrokeRecorder(document, "mask")
    recorder.paint(Rect(10, 10, 100, 100), lambda block: np.full_like(block, 255))
    stroke = recorder.finish("brush")
    assert stroke is not None
    history.push_applied(stroke)
    repair = edit_from_patch(
        document, "pixels", Rect(20, 20, 50, 50), np.zeros((50, 50, 3), np.uint8), label="repair", recipe={"seed": 3}
    )
    clear = edit_from_patch(document, "mask", Rect(10, 10, 100, 100), np.zeros((100, 100), np.uint8), label="clear")
    assert repair is not None
    assert clear is not None
    history.push(GroupEdit("repair", (repair, clear)))
    history.push(edit_for_new_pixels(np.repeat(document.pixels, 2, axis=0), label="upscale"))
    history.undo()


def same(one: tuple[Document, History], other: tuple[Document, History]) -> None:
    assert one[1].index == other[1].index
    for index in [*range(len(one[1].entries) + 1), one[1].index]:
        one[1].jump(index)
        other[1].jump(index)
        for layer in ("pixels", "mask", "donor"):
            assert np.array_equal(one[0].layer(layer), other[0].layer(layer))


def left_behind(keeper: Keeper) -> None:
    keeper.close(discard=False)


def recovered(entry: Recoverable) -> tuple[Document, History]:
    found = recover(entry)
    found.let_go()
    return found.document, found.history


@pytest.mark.parametrize("is_pasted", [False, True])
def test_a_document_left_behind_comes_back_with_its_history(tmp_path: Path, is_pasted: bool) -> None:
    document = opened_photo(tmp_path)
    if is_pasted:
        document = Document(document.pixels.copy())
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    work(document, history)
    left_behind(keeper)
    (entry,) = find_recoverable(tmp_path / "recovery")
    assert entry.title == "photo.png"
    found, found_history = recovered(entry)
    assert found.path == document.path
    assert not found_history.is_clean
    same((found, found_history), (document, history))
    discard(entry)
    assert find_recoverable(tmp_path / "recovery") == []


def test_a_document_that_was_recovered_before_is_kept_from_there(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document)
    work(document, history)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    history.undo()
    edit = edit_from_patch(document, "mask", Rect(0, 0, 9, 9), np.full((9, 9), 255, np.uint8), label="brush")
    assert edit is not None
    history.push(edit)
    left_behind(keeper)
    same(recovered(find_recoverable(tmp_path / "recovery")[0]), (document, history))


def test_a_step_on_its_way_to_the_disk_stays_in_the_line_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go_on, write = threading.Event(), threading.Event(), journal_room._append

    def held_up(file: BinaryIO, step: Step) -> None:
        begun.set()
        assert may_go_on.wait(30)
        write(file, step)

    monkeypatch.setattr(journal_room, "_append", held_up)
    document = opened_photo(tmp_path)
    edits = [
        edit_from_patch(document, "mask", Rect(0, 0, side, side), np.full((side, side), 255, np.uint8), label="brush")
        for side in (5, 9)
    ]
    journal = Journal(tmp_path / "journal.bin")
    assert edits[0] is not None
    assert edits[1] is not None
    journal.pushed(edits[0])
    assert begun.wait(30)
    # undone and replaced, as a slider does; elsewhere in the line the first of them would not be written at all
    journal.moved(0)
    journal.pushed(edits[1])
    may_go_on.set()
    journal.close()
    steps = [type(step) for step in read_steps(tmp_path / "journal.bin")]
    assert steps == [Pushed, Moved, Pushed]


def test_the_photo_may_be_gone_from_its_place(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    work(document, history)
    left_behind(keeper)
    assert document.path is not None
    document.path.unlink()
    same(recovered(find_recoverable(tmp_path / "recovery")[0]), (document, history))


def test_closing_on_purpose_leaves_nothing(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    work(document, history)
    keeper.close()
    assert find_recoverable(tmp_path / "recovery") == []
    assert not keeper.folder.exists()


def test_a_photo_nobody_touched_is_not_offered(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    left_behind(Keeper(tmp_path / "recovery", document, History(document), "photo.png"))
    assert find_recoverable(tmp_path / "recovery") == []


def test_the_newest_work_comes_first_whatever_the_clock_says(tmp_path: Path) -> None:
    for title in ("first", "second"):
        document = opened_photo(tmp_path)
        history = History(document)
        keeper = Keeper(tmp_path / "recovery", document, history, title)
        work(document, history)
        left_behind(keeper)
        past = 10_000 if title == "second" else 2_000_000_000
        os.utime(keeper.folder / "journal.bin", (past, past))
    assert [entry.title for entry in find_recoverable(tmp_path / "recovery")] == ["second", "first"]


def test_a_document_still_open_elsewhere_is_not_offered(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    work(document, history)
    assert find_recoverable(tmp_path / "recovery") == []
    keeper.close()


def test_edits_beyond_the_budget_do_not_shift_what_undo_means(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document, budget=400_000)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    for value in range(5):
        edit = edit_from_patch(
            document, "pixels", Rect(0, 0, 256, 256), np.full((256, 256, 3), value, np.uint8), label="repair"
        )
        assert edit is not None
        history.push(edit)
    history.undo()
    left_behind(keeper)
    found, _ = recovered(find_recoverable(tmp_path / "recovery")[0])
    assert np.array_equal(found.pixels, document.pixels)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.integers(0, 255))
def test_a_journal_cut_or_damaged_anywhere_gives_its_whole_beginning(
    tmp_path_factory: pytest.TempPathFactory, place: float, value: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    document = Document(np.zeros((64, 64, 1), np.uint8))
    history = History(document)
    journal = Journal(folder / "journal.bin")
    history.record_to(journal)
    for grey in range(1, 6):
        edit = edit_from_patch(
            document, "pixels", Rect(0, 0, 64, 64), np.full((64, 64, 1), grey, np.uint8), label="repair"
        )
        assert edit is not None
        history.push(edit)
    history.undo()
    journal.close()
    whole = (folder / "journal.bin").read_bytes()
    at = int(place * len(whole))
    (folder / "cut.bin").write_bytes(whole[:at])
    flipped = bytearray(whole)
    if at < len(whole):
        flipped[at] ^= value
    (folder / "flipped.bin").write_bytes(flipped)
    for name in ("cut.bin", "flipped.bin"):
        steps = list(read_steps(folder / name))
        for count, step in enumerate(steps, start=1):
            if isinstance(step, Pushed):
                ((_, block),) = step.edit.blocks()  # type: ignore[attr-defined]
                assert (block == count).all()
            else:
                assert step == Moved(4)
    assert len(list(read_steps(folder / "journal.bin"))) == 6


def test_what_was_kept_but_is_damaged_is_told_in_a_sentence(tmp_path: Path) -> None:
    document = opened_photo(tmp_path)
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "photo.png")
    work(document, history)
    left_behind(keeper)
    (keeper.folder / "source.bin").write_bytes(b"no picture")
    with pytest.raises(RecoveryError, match=r"photo\.png"):
        recover(find_recoverable(tmp_path / "recovery")[0])


def test_a_program_killed_while_working_leaves_its_last_written_state(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        import numpy as np
        from genrepair_desktop.document.document import Document
        from genrepair_desktop.document.edits import edit_from_patch
        from genrepair_desktop.document.history import History
        from genrepair_desktop.document.keeper import Keeper
        from genrepair_desktop.imaging.geometry import Rect
        document = Document(np.zeros((64, 64, 3), np.uint8))
        history = History(document)
        keeper = Keeper(Path(sys.argv[1]), document, history, "pasted")
        for value in range(1, 250):
            block = np.full((64, 64, 3), value, np.uint8)
            history.push(edit_from_patch(document, "pixels", Rect(0, 0, 64, 64), block, label="repair"))
            print(value, flush=True)
            time.sleep(0.02)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "recovery"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while int(process.stdout.readline()) < 20:
        pass
    process.send_signal(signal.SIGKILL)
    said = [int(line) for line in process.stdout.read().split()] or [20]
    process.stdout.close()
    process.wait()
    (entry,) = find_recoverable(tmp_path / "recovery")
    document, history = recovered(entry)
    values = np.unique(document.pixels)
    assert len(values) == 1, "a step was recovered by half"
    # a step is on its way to the disk for some milliseconds; on a busy machine a few may be
    assert said[-1] - 15 <= int(values[0]) <= said[-1]
    assert history.index == int(values[0])

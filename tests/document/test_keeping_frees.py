"""What the journal was told to write is let go of once it is on the disk: a long session must not keep old photos."""

import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrepair_desktop.document import keeper as keeper_room
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.document.journal import Journal
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.project_file import ProjectCapture, capture
from genrepair_desktop.document.snapshot import Snapshot


def comes_to_go(watched: Callable[[], object | None]) -> bool:
    """Whether it is let go of within ten seconds, by a thread that has nothing more to do."""
    pause = threading.Event()
    return any(watched() is None or pause.wait(0.01) for _ in range(1000))


@pytest.fixture
def snapshots(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Snapshot | None]]:
    """What the keeper captured, as long as it lives."""
    found: list[Callable[[], Snapshot | None]] = []

    def watched(*arguments: Any) -> ProjectCapture:
        kept = capture(*arguments)
        found.append(weakref.ref(kept.snapshot))
        return kept

    monkeypatch.setattr(keeper_room, "capture", watched)
    return found


def test_the_document_as_it_was_is_not_kept_beside_what_is_painted(
    tmp_path: Path, snapshots: list[Callable[[], Snapshot | None]]
) -> None:
    document = Document(np.zeros((512, 512, 3), np.uint8))
    history = History(document)
    keeper = Keeper(tmp_path / "recovery", document, history, "pasted")
    try:
        assert keeper.rescue()
        assert len(snapshots) == 2
        assert all(comes_to_go(snapshot) for snapshot in snapshots)
    finally:
        keeper.close()


def test_a_step_is_let_go_of_once_it_is_written(tmp_path: Path) -> None:
    class Told:
        def __call__(self, size: int) -> None:
            pass

    journal = Journal(tmp_path / "journal")
    told = Told()
    watched = weakref.ref(told)
    journal.then(told)
    del told
    assert comes_to_go(watched)
    journal.close()

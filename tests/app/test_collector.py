"""Garbage is collected in the GUI thread, and by Python again when the program has ended."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.collector import Collector


class Cycle(QObject):
    """An object that only a collection frees, and the threads on which such were freed."""

    freed_on: list[int] = []  # noqa: RUF012  told by weak references, which outlive what they watch

    def __init__(self) -> None:
        super().__init__()
        self.me = self
        weakref.finalize(self, lambda: Cycle.freed_on.append(threading.get_ident()))


@pytest.fixture
def enabled() -> None:
    gc.collect()
    Cycle.freed_on.clear()
    gc.enable()


def allocate() -> None:
    """So much that Python's own collector would run many times."""
    kept = [[number] for number in range(50_000)]
    assert kept


def on_a_thread() -> None:
    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()


@pytest.mark.usefixtures("enabled")
def test_no_other_thread_collects_what_the_gui_thread_left(qtbot: QtBot) -> None:
    collector = Collector(lambda: True)
    Cycle()
    on_a_thread()
    assert Cycle.freed_on == []
    # more containers than have gone: that is what makes a collection due
    kept = [[number] for number in range(2_000)]
    collector.look()
    assert kept
    assert Cycle.freed_on == [threading.get_ident()]
    collector.stop()
    collector.stop()
    assert gc.isenabled()


@pytest.mark.usefixtures("enabled")
def test_python_alone_would_collect_there() -> None:
    Cycle()
    on_a_thread()
    assert Cycle.freed_on
    assert Cycle.freed_on[0] != threading.get_ident()


@pytest.mark.usefixtures("enabled")
def test_the_oldest_generation_waits_until_no_job_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "get_count", lambda: (900, 20, 20))
    monkeypatch.setattr(gc, "collect", collected.append)
    idle = [False]
    collector = Collector(lambda: idle[0])
    collector.look()
    idle[0] = True
    collector.look()
    collector.stop()
    assert collected == [1, 2]

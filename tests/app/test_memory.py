"""History, display, fills and models stay together under the one memory setting, and follow it at once."""

import platform
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.canvas.pyramid import Pyramid
from genrepair_desktop.app.canvas.scene import Scene
from genrepair_desktop.app.canvas.sources import PhotoSource
from genrepair_desktop.app.composition import installed_models
from genrepair_desktop.app.editor.candidates_session import Candidate
from genrepair_desktop.app.memory import MEGABYTE, default_megabytes, shares_of
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect, Size

Mark = Callable[[Sessions, int, int, int, int], None]


@pytest.mark.parametrize("megabytes", [256, 1000, 6025, 100_000])
def test_the_shares_together_never_exceed_the_setting(megabytes: int) -> None:
    shares = shares_of(megabytes)
    assert 0.99 * megabytes * MEGABYTE < shares.total <= megabytes * MEGABYTE
    assert min(shares.history, shares.display, shares.fills, shares.models, shares.thumbnails) > 0


def test_the_default_is_a_quarter_of_the_machine(settings: Settings) -> None:
    assert settings.memory_megabytes == default_megabytes()
    assert default_megabytes() * MEGABYTE <= max(256 * MEGABYTE, psutil.virtual_memory().total // 4)


def noisy_document(side: int = 1024) -> Document:
    return Document(np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8))


def push_many(history: History, document: Document, count: int) -> None:
    for number in range(count):
        patch = np.full((512, 512, 3), number % 251, np.uint8)
        edit = edit_from_patch(document, "pixels", Rect(0, 0, 512, 512), patch, label="repair")
        assert edit is not None
        history.push(edit)


def test_a_smaller_setting_takes_the_oldest_steps_at_once(sessions: Sessions, settings: Settings) -> None:
    session = sessions.session
    session.open_pixels(noisy_document().pixels, "noise")
    document, history = session.document, session.history
    assert document is not None
    assert history is not None
    assert history.budget == settings.memory.history
    settings.memory_megabytes = 1024
    session.apply_memory()
    push_many(history, document, 200)
    assert len(history.entries) == 200
    shown = document.pixels.copy()
    settings.memory_megabytes = 256
    session.apply_memory()
    assert history.nbytes <= settings.memory.history == 112 * MEGABYTE
    assert 100 < len(history.entries) < 200
    assert np.array_equal(document.pixels, shown)
    history.jump(0)
    assert not history.can_undo


def test_steps_that_can_be_redone_outlive_a_smaller_budget() -> None:
    document = noisy_document()
    history = History(document)
    push_many(history, document, 6)
    history.jump(0)
    before = document.pixels.copy()
    history.set_budget(1)
    assert history.index == 0
    assert len(history.entries) == 6
    history.jump(6)
    history.set_budget(1)
    assert len(history.entries) == 1
    history.undo()
    assert not np.array_equal(document.pixels, before)


def look_everywhere(pyramid: Pyramid, size: Size, levels: tuple[int, ...] = (0, 1, 2)) -> int:
    """Pan over the whole picture in windows of 300 pixels at each level; returns the most memory it took."""
    most = 0
    for level in levels:
        for y in range(0, size.h, 300 << level):
            for x in range(0, size.w, 300 << level):
                place = Rect(x, y, 300 << level, 300 << level).intersect(Rect(0, 0, *size))
                assert pyramid.prepare(place, level, 10.0)
                most = max(most, pyramid.nbytes)
    return most


@pytest.mark.parametrize("megabytes", [4, 8, 64])
def test_panning_over_a_large_photo_stays_within_the_budget(megabytes: int) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (2048, 3072, 3), np.uint8)
    size = Size(3072, 2048)
    source = PhotoSource(size, pixels, lambda rect: pixels[rect.slices], lambda block: block)
    pyramid = Pyramid(source, megabytes * MEGABYTE)
    most = look_everywhere(pyramid, size)
    # what is in sight is added before the rest is let go
    assert most <= megabytes * MEGABYTE + 4 * 1024 * 1024
    assert most > 3 * MEGABYTE
    assert pyramid.prepare(Rect(100, 200, 300, 300), 0, 10.0)
    shown = pyramid.pixels(0)[200:500, 100:400, 2::-1]
    assert np.array_equal(shown, pixels[200:500, 100:400])


def test_what_is_in_sight_is_kept_even_if_it_takes_more() -> None:
    pixels = np.zeros((1024, 1024, 3), np.uint8)
    reads: list[Rect] = []

    def read(rect: Rect) -> np.ndarray:
        reads.append(rect)
        return pixels[rect.slices]

    pyramid = Pyramid(PhotoSource(Size(1024, 1024), pixels, read, lambda block: block), 1)
    for _ in range(3):
        assert pyramid.prepare(Rect(0, 0, 1024, 1024), 0, 10.0)
    assert len(reads) == 16, "built once, not with every look"


def test_a_scene_shares_its_memory_out() -> None:
    document = noisy_document(2048)
    scene = Scene(document, lambda block: block, memory=16 * MEGABYTE)
    for view in ("current", "opened", "difference"):
        look_everywhere(scene._pyramid(view), Size(2048, 2048))
    for layer in scene.layers.values():
        look_everywhere(layer.pyramid, Size(2048, 2048), (1, 2))
    assert scene.nbytes <= 16 * MEGABYTE + 3 * 4 * MEGABYTE
    scene.set_memory(8 * MEGABYTE)
    for view in ("current", "opened", "difference"):
        scene._pyramid(view).prepare(Rect(0, 0, 300, 300), 0, 10.0)
    assert scene.nbytes <= 8 * MEGABYTE + 3 * MEGABYTE


def test_no_more_fills_are_made_than_the_memory_holds(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[Notice] = []
    marked.session.noticed.connect(notices.append)
    monkeypatch.setattr("genrepair_desktop.app.editor.repair_work.Outcome.nbytes", 20 * MEGABYTE)
    marked.session.settings.memory_megabytes = 256
    marked.session.settings.candidates = 12
    marked.repair.choose_method("patchmatch")
    with qtbot.waitSignal(marked.repair.repaired, timeout=60_000):
        marked.repair.repair()
    qtbot.waitUntil(lambda: marked.session.desk.is_idle and not marked.candidates.is_making, timeout=60_000)
    held = len(marked.candidates.candidates) * 20 * MEGABYTE
    assert held <= marked.session.settings.memory.fills + 20 * MEGABYTE
    assert "take all the memory" in notices[-1].text
    assert all(isinstance(one, Candidate) for one in marked.candidates.candidates)


def test_the_models_get_their_share(settings: Settings) -> None:
    settings.memory_megabytes = 2048
    loader = installed_models(settings).loader
    assert loader._limit == settings.memory.models == 256 * MEGABYTE  # type: ignore[attr-defined]


_HEAPS = """
import ctypes, threading
from genrepair_desktop.app.memory import share_heaps
share_heaps()
libc, gate = ctypes.CDLL("libc.so.6"), threading.Barrier(8)
libc.malloc.restype = ctypes.c_void_p
def work():
    gate.wait()
    libc.malloc(5000)
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have one heap")
def test_threads_share_two_heaps_so_that_memory_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", _HEAPS], capture_output=True, text=True, check=True)
    assert 1 <= done.stderr.count("Arena ") <= 2

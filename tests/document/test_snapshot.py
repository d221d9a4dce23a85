"""A snapshot shows what was there when it was taken, and costs nothing until somebody writes."""

import gc
import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_for_new_pixels, edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect


def noisy(h: int, w: int) -> Document:
    return Document(np.random.default_rng(h + w).integers(0, 255, (h, w, 3), np.uint8))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 599), st.integers(0, 399), st.integers(1, 300), st.integers(1, 300))))
def test_a_snapshot_does_not_change_with_the_document(rects: list[tuple[int, int, int, int]]) -> None:
    document = noisy(400, 600)
    before = document.pixels.copy(), document.mask.copy()
    snapshot = document.snapshot()
    for x, y, w, h in rects:
        rect = Rect(x, y, w, h).intersect(document.bounds)
        document.write("pixels", rect, 255 - document.pixels[rect.slices])
        document.write("mask", rect, np.full((rect.h, rect.w), 255, np.uint8))
    assert np.array_equal(snapshot.whole(document.pixels), before[0])
    assert np.array_equal(snapshot.whole(document.mask), before[1])


def test_a_snapshot_costs_only_the_tiles_that_are_written() -> None:
    document = noisy(1024, 1024)
    snapshot = document.snapshot()
    assert snapshot.nbytes == 0
    for _ in range(5):
        document.write("pixels", Rect(10, 10, 20, 20), np.zeros((20, 20, 3), np.uint8))
    assert snapshot.nbytes == 256 * 256 * 3


def test_one_that_nobody_reads_any_more_costs_nothing() -> None:
    document = noisy(300, 300)
    document.snapshot()
    gc.collect()
    assert len(document._snapshots._living) == 0


def test_a_picture_that_undo_brings_back_and_that_is_painted_on_is_kept_too() -> None:
    document = noisy(200, 200)
    history = History(document)
    before = document.pixels.copy()
    history.push(edit_for_new_pixels(np.repeat(document.pixels, 2, axis=0), label="upscale"))
    (edit,) = history.entries
    replaced = next(array for array in edit.layer_arrays() if array.ndim == 3)
    snapshot = document.snapshot(edit.layer_arrays())
    larger = document.pixels
    shown = larger.copy()
    history.undo()
    patch = edit_from_patch(document, "pixels", Rect(0, 0, 90, 90), np.zeros((90, 90, 3), np.uint8), label="x")
    assert patch is not None
    history.push(patch)
    assert np.array_equal(snapshot.whole(replaced), before)
    assert np.array_equal(snapshot.whole(larger), shown)


def test_reading_on_another_thread_while_the_document_is_painted_sees_nothing_new() -> None:
    document = noisy(700, 900)
    before = document.pixels.copy()
    snapshot = document.snapshot()
    is_read = threading.Event()
    found: list[np.ndarray] = []

    def read() -> None:
        for _ in range(5):
            found.append(snapshot.whole(document.pixels))
        is_read.set()

    reader = threading.Thread(target=read)
    reader.start()
    rng = np.random.default_rng(0)
    while not is_read.is_set():
        rect = Rect(int(rng.integers(0, 800)), int(rng.integers(0, 600)), 90, 90)
        document.write("pixels", rect, rng.integers(0, 255, (90, 90, 3), np.uint8))
    reader.join()
    assert all(np.array_equal(one, before) for one in found)
    assert not np.array_equal(document.pixels, before)

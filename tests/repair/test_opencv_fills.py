"""OpenCV's fills keep 16 bits, are as good as its own 8-bit call, and let themselves be cancelled."""

import threading
import time

import cv2
import numpy as np
import pytest
from skimage import data

from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.repair.method import MethodSpec, NoModels, Patch
from genrepair_desktop.repair.opencv_fills import NAVIER_STOKES, TELEA, RadiusParams
from genrepair_desktop.repair.watched import run_watched

BOTH = pytest.mark.parametrize("spec", [TELEA, NAVIER_STOKES], ids=["telea", "navier-stokes"])
FLAGS = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}


def filled(spec: MethodSpec, patch: Patch, radius: float = 3.0) -> np.ndarray:
    return spec.build(RadiusParams(radius), NoModels())(patch, RunContext())


@BOTH
@pytest.mark.parametrize("name", ["astronaut", "coffee", "brick"])
def test_the_fill_is_at_least_as_good_as_opencvs_own_at_8_bits(spec: MethodSpec, name: str) -> None:
    picture = np.atleast_3d(getattr(data, name)())[:300, :300]
    holes = np.zeros(picture.shape[:2], np.uint8)
    for start, stop in (((5, 9), (290, 200)), ((250, 3), (40, 280))):
        cv2.line(holes, start, stop, 1, 6)
    cv2.circle(holes, (150, 60), 20, 1, -1)
    image = (picture / 255).astype(np.float32)
    theirs = cv2.inpaint(np.ascontiguousarray(picture), holes, 3.0, FLAGS[spec.id]).reshape(picture.shape)
    mask = holes > 0
    ours = psnr(filled(spec, Patch(image, mask)), image, mask)
    assert ours > psnr((theirs / 255).astype(np.float32), image, mask) - 0.2


@BOTH
def test_a_constant_stays_what_it_is_to_a_few_levels_of_16_bits(spec: MethodSpec) -> None:
    value = np.float32(12345 / 65535)
    mask = np.zeros((50, 50), np.bool_)
    mask[10:40, 12:38] = True
    patch = Patch(np.full((50, 50, 1), value, np.float32), mask)
    assert np.abs(filled(spec, patch)[mask] - value).max() < 4 / 65535


@BOTH
def test_the_radius_is_used(spec: MethodSpec) -> None:
    image = (data.coffee()[:120, :120] / 255).astype(np.float32)
    mask = np.zeros((120, 120), np.bool_)
    mask[50:62, 20:100] = True
    narrow, wide = (filled(spec, Patch(image, mask), radius) for radius in (1.0, 12.0))
    assert not np.array_equal(narrow, wide)


def test_a_watched_call_is_left_when_the_job_is_cancelled() -> None:
    token, may_end = CancelToken(), threading.Event()
    threading.Timer(0.05, token.cancel).start()
    start = time.perf_counter()
    with pytest.raises(Cancelled):
        run_watched(may_end.wait, RunContext(token=token), "solving")
    assert time.perf_counter() - start < 2.0  # the call itself would not have ended
    may_end.set()


def test_a_watched_call_hands_on_its_result_and_its_error() -> None:
    assert run_watched(lambda: 3, RunContext(), "solving") == 3
    with pytest.raises(ZeroDivisionError):
        run_watched(lambda: 1 // 0, RunContext(), "solving")

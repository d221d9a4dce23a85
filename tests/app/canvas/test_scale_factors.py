"""Exact pixels at every scale factor of the screen. Qt takes the factor when it starts, so each has a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scale_factor_script.py"


@pytest.mark.parametrize("factor", ["1", "1.25", "1.5", "2"])
def test_pixels_mask_and_pointer_are_exact_at_a_scale_factor(factor: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": factor}
    run = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [factor, "photo", "part", "mask", "pointer", "one-to-one", "side-by-side"]

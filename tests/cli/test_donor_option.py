"""``genrepair repair --donor``: texture comes from where a second mask says, and the record remembers it."""

from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.imaging.codecs import read_photo, write_photo
from tests.shell import Run


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A photo, rough and dark on the left and rough and bright on the right; a mask between; the left half."""
    rng = np.random.default_rng(4)
    pixels = rng.integers(20, 60, (96, 128, 3), np.uint8)
    pixels[:, 64:] += np.uint8(160)
    mask, left = np.zeros((96, 128, 1), np.uint8), np.zeros((96, 128, 1), np.uint8)
    mask[36:60, 70:94] = 255
    left[:, :60] = 255
    paths = tmp_path / "photo.png", tmp_path / "mask.png", tmp_path / "left.png"
    for path, picture in zip(paths, (pixels, mask, left), strict=True):
        write_photo(path, picture)
    return paths


def test_texture_comes_from_the_donor_area_and_a_replay_takes_it_from_there_again(
    genrepair: Run, halves: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    photo, mask, left = halves
    free, bound, again = (tmp_path / name for name in ("free.png", "bound.png", "again.png"))
    repair = ("repair", photo, "--mask", mask, "-m", "patchmatch", "--seed", 3)
    assert genrepair(*repair, "-o", free).code == 0
    assert genrepair(*repair, "--donor", left, "--record", "-o", bound).code == 0
    hole = read_photo(mask).pixels[..., 0] > 0
    assert read_photo(free).pixels[hole].mean() > 150
    assert read_photo(bound).pixels[hole].mean() < 100
    assert genrepair("replay", f"{bound}.json", photo, "-o", again).code == 0
    assert again.read_bytes() == bound.read_bytes()


def test_a_donor_area_that_marks_nothing_is_refused(
    genrepair: Run, halves: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    photo, mask, _ = halves
    write_photo(tmp_path / "black.png", np.zeros((96, 128, 1), np.uint8))
    ended = genrepair("repair", photo, "--mask", mask, "--donor", tmp_path / "black.png", "-o", tmp_path / "out.png")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out.png").exists()

"""``genrepair carry``: tone and grain of another photo, each by an amount."""

from pathlib import Path

import numpy as np
import skimage.data

from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.imaging.codecs import read_photo, write_photo
from genrepair_desktop.imaging.look import measure
from tests.shell import Run


def test_tone_and_grain_have_an_amount_each(genrepair: Run, tmp_path: Path) -> None:
    coffee = np.ascontiguousarray(skimage.data.coffee()[:300, :280])
    cat = np.ascontiguousarray(skimage.data.chelsea()[:260, :300])
    write_photo(tmp_path / "coffee.png", coffee)
    write_photo(tmp_path / "cat.png", cat)
    files = (tmp_path / "coffee.png", tmp_path / "cat.png")
    ended = genrepair("carry", *files, "-o", tmp_path / "out.png", "--record")
    assert ended.code == 0, ended.err
    got, wanted = (measure(to_image(read_photo(tmp_path / name).pixels)).tone for name in ("out.png", "cat.png"))
    np.testing.assert_allclose(got.mean, wanted.mean, atol=0.03)
    again = genrepair("replay", tmp_path / "out.png.json", files[0], "-o", tmp_path / "again.png")
    assert again.code == 0, again.err
    made = read_photo(tmp_path / "out.png").pixels
    assert read_photo(tmp_path / "again.png").pixels.tobytes() == made.tobytes()
    words = ("carry", *files, "--tone", 0, "--grain", 0, "-o", tmp_path / "same.png")
    assert genrepair(*words).code == 0
    assert read_photo(tmp_path / "same.png").pixels.tobytes() == coffee.tobytes()
    refused = genrepair("carry", *files, "--tone", 2, "-o", tmp_path / "none.png")
    assert refused.code == 2
    assert "--tone" in refused.err

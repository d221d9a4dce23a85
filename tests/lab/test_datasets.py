import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.lab.datasets import CropSource, NoPhotosError, PhotoSet, crop_scale, open_photos, split_of
from tests.lab.drawn import PICTURES, draw_photo


def test_decoded_pictures_are_the_files_pixels(photos: PhotoSet) -> None:
    index = photos.names.index("beach-3.png")
    assert np.array_equal(photos.photo(index), draw_photo(3 + 500))
    assert photos.groups[index] == "beach"
    assert len(photos) == PICTURES


def test_the_parts_are_disjoint_and_together_everything(photos: PhotoSet) -> None:
    parts = [set(photos.indices(part).tolist()) for part in ("train", "val", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(photos)


@given(st.text(min_size=1).filter(lambda t: ":" not in t))
def test_a_key_is_always_in_the_same_part(key: str) -> None:
    assert split_of(key) == split_of(key) in ("train", "val", "test")


def test_about_eight_percent_are_for_testing() -> None:
    parts = [split_of(f"picture {i}") for i in range(5000)]
    assert 0.06 < parts.count("test") / 5000 < 0.10
    assert 0.03 < parts.count("val") / 5000 < 0.05


def test_pictures_with_one_key_are_in_one_part(tmp_path: Path, photo_folder: Path) -> None:
    people = tmp_path / "people"
    shutil.copytree(photo_folder / "beach", people)
    rows = "".join(f"beach-{i}.png,person {i // 10}\n" for i in range(PICTURES // 2))
    (people / "keys.csv").write_text("file,key\n" + rows)
    photos = open_photos([people], tmp_path / "cache")
    parts = {photos.names[i]: part for part in ("train", "val", "test") for i in photos.indices(part)}
    for person in range(2):
        assert len({parts[f"beach-{i}.png"] for i in range(person * 10, person * 10 + 10)}) == 1


def test_a_second_opening_reads_the_cache(tmp_path: Path, photo_folder: Path) -> None:
    first = open_photos([photo_folder], tmp_path)
    written = {f: f.stat().st_mtime_ns for f in tmp_path.iterdir()}
    second = open_photos([photo_folder], tmp_path)
    assert {f: f.stat().st_mtime_ns for f in tmp_path.iterdir()} == written
    assert np.array_equal(first.photo(5), second.photo(5))


def test_an_unreadable_file_is_left_out(tmp_path: Path, photo_folder: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(photo_folder / "garden", folder)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    assert len(open_photos([folder], tmp_path / "cache")) == PICTURES // 2


def test_an_empty_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoPhotosError, match="choose a folder"):
        open_photos([tmp_path], tmp_path / "cache")


@given(st.integers(40, 3000), st.integers(40, 3000), st.integers(16, 256), st.integers(0, 99))
def test_a_crop_always_fits_the_reduced_picture(h: int, w: int, size: int, seed: int) -> None:
    assert min(h, w) * crop_scale(h, w, size, np.random.default_rng(seed)) >= size - 1e-6


def test_the_same_seed_draws_the_same_crops(source: CropSource) -> None:
    a, b = (source.crops(5, 40, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(a, b)
    assert a.shape == (5, 40, 40, 3)
    assert a.dtype == np.uint8


def test_groups_that_are_left_out_are_never_drawn(photos: PhotoSet) -> None:
    part = CropSource(photos, "train").only(["garden"])
    assert part is not None
    assert {part.group(int(i)) for i in part.indices} == {"garden"}
    assert CropSource(photos, "train").only(["sea"]) is None

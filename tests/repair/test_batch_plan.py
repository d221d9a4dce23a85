"""What a batch plans: every photo once, each result under a name of its own, nothing passed over in silence."""

import os
from pathlib import Path

import pytest

from genrepair_desktop.repair.batch.journal import BatchError
from genrepair_desktop.repair.batch.plan import MaskSource, mask_for, photos_in


def outputs_of(folder: Path, *names: str) -> dict[str, tuple[str, str]]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return {planned.name: (planned.output, planned.copy) for planned in photos_in(folder)}


def test_results_keep_their_photos_names_or_add_png(tmp_path: Path) -> None:
    assert outputs_of(tmp_path, "a.jpg", "a.png", "box/a.gif", "box/c.HEIC") == {
        "a.jpg": ("a.jpg", "a.jpg"),
        "a.png": ("a.png", "a.png"),
        "box/a.gif": ("box/a.gif.png", "box/a.gif"),
        "box/c.HEIC": ("box/c.HEIC.png", "box/c.HEIC"),
    }


def test_no_two_results_of_a_folder_share_a_name(tmp_path: Path) -> None:
    names = ("a.gif", "A.GIF", "b.bmp", "B.bmp", "c.jpg", "C.JPG", "cafe\u0301.png", "café.png")
    names += ("d.gif", "d.gif.png", "d.gif-2.png")
    found = outputs_of(tmp_path, *names)
    assert len(found) == len(names)
    assert found["d.gif"] == ("d.gif-3.png", "d.gif")
    assert found["d.gif.png"] == ("d.gif.png", "d.gif.png")
    assert found["a.gif"] == ("a-2.gif.png", "a-2.gif")
    results = [{name.casefold() for name in both} for both in found.values()]
    assert sum(map(len, results)) == len(set.union(*results))
    again = tmp_path / "again"
    assert outputs_of(again, *reversed(names)) == found


def test_special_names_and_folders_are_passed_over_and_links_do_not_lead_in_circles(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "linked.png").symlink_to("a.png")
    for name in (".hidden.png", "notes.txt", "out/a.png", ".git/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "mask.png").touch()
    (tmp_path / "a.png").touch()
    found = photos_in(tmp_path, leave_out=(tmp_path / "out", tmp_path / "mask.png"))
    assert [planned.name for planned in found] == ["a.png", "linked.png"]


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs_of(tmp_path, "a.png", "box/b.png")
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("box"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BatchError, match="box cannot be read: you have no permission"):
        list(photos_in(tmp_path))


@pytest.mark.parametrize(
    ("masks", "photo", "found"),
    [
        (("a.png", "a.tif.png"), "a.tif", "a.tif.png"),
        (("a.png", "a.tif.png"), "a.jpg", "a.png"),
        (("box/a-mask.jpg",), "box/a.jpg", "box/a-mask.jpg"),
        (("a.mask.webp",), "a.jpg", "a.mask.webp"),
        (("b.png",), "a.jpg", None),
    ],
)
def test_the_mask_with_the_photos_whole_name_comes_first(
    tmp_path: Path, masks: tuple[str, ...], photo: str, found: str | None
) -> None:
    outputs_of(tmp_path, *masks)
    assert mask_for(MaskSource("folder", tmp_path), photo) == (tmp_path / found if found else None)

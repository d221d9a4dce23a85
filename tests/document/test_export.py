"""An export writes what the document shows, under a free name, with its record beside it."""

import contextlib
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.document import export
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.export import (
    ExportNameError,
    export_format,
    export_pixels,
    free_path,
    record_path,
)
from genrepair_desktop.imaging.codecs import (
    ExportOptions,
    PhotoError,
    PhotoExistsError,
    PhotoSource,
    read_photo,
    write_photo,
)
from tests import corpus
from tests.faults import FAULTS, Faults, calls_of, strays


def document(tmp_path: Path, channels: int = 3, dtype: type = np.uint8) -> Document:
    path = tmp_path / "photo.png"
    write_photo(path, corpus.picture(0, channels, dtype), overwrite=True)
    photo = read_photo(path)
    return Document(photo.pixels, path=path, metadata=photo.metadata, source=photo.source)


def exported(
    shown: Document,
    path: Path,
    options: ExportOptions | None = None,
    *,
    overwrite: bool = False,
    record: str | None = None,
) -> export.Exported:
    return export_pixels(shown.pixels, shown.metadata, path, options, overwrite=overwrite, record=record)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_pixel_of_the_document_arrives(tmp_path: Path, channels: int, dtype: type) -> None:
    shown = document(tmp_path, channels, dtype)
    done = exported(shown, tmp_path / "out.tif")
    assert done == export.Exported(tmp_path / "out.tif")
    again = read_photo(done.path).pixels
    assert again.dtype == dtype
    assert np.array_equal(again, shown.pixels)


def test_the_record_lies_beside_the_picture(tmp_path: Path) -> None:
    text = json.dumps({"method": "telea", "é": 1}, ensure_ascii=False)
    done = exported(document(tmp_path), tmp_path / "out.png", record=text)
    assert done.record == tmp_path / "out.png.json" == record_path(done.path)
    assert done.record.read_text(encoding="utf-8") == text


def test_neither_picture_nor_record_is_overwritten_unasked(tmp_path: Path) -> None:
    shown = document(tmp_path)
    with pytest.raises(PhotoExistsError):
        exported(shown, tmp_path / "photo.png")
    (tmp_path / "out.png.json").write_text("mine")
    done = exported(shown, tmp_path / "out.png", record="{}")
    assert done.record is None
    assert "not its record" in done.notices[0]
    assert (tmp_path / "out.png.json").read_text() == "mine"
    done = exported(shown, tmp_path / "out.png", record="{}", overwrite=True)
    assert done.record is not None
    assert done.record.read_text() == "{}"


def test_a_record_that_cannot_be_written_does_not_lose_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise export.SaveError("out.png.json", "the disk is full", "free some space")

    monkeypatch.setattr(export, "write_atomic", full)
    done = exported(document(tmp_path), tmp_path / "out.png", record="{}")
    assert done.record is None
    assert done.notices == (
        'The picture was saved, but not its record. Cannot save "out.png.json": the disk is full; free some space.',
    )
    assert read_photo(done.path).pixels.size


def test_a_failed_export_leaves_the_document_and_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = document(tmp_path)
    pixels, revision = shown.pixels.copy(), shown.revision
    target = tmp_path / "old.png"
    target.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(export.GenRepairError, match="input/output"):
        exported(shown, target, overwrite=True, record="{}")
    assert target.read_bytes() == b"old"
    assert not record_path(target).exists()
    assert shown.revision == revision
    assert np.array_equal(shown.pixels, pixels)


@pytest.mark.parametrize("number", FAULTS)
def test_whatever_call_fails_picture_and_record_are_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    shown = document(tmp_path)
    before = shown.pixels.copy()
    target = tmp_path / "out.png"

    def save() -> export.Exported:
        return exported(shown, target, overwrite=True, record="new record")

    total = calls_of(save)
    new = target.read_bytes()
    for fail_at in range(1, total + 2):
        target.write_bytes(b"old")
        record_path(target).write_text("old record")
        done = None
        with monkeypatch.context() as patch:
            Faults(patch, fail_at, number)
            with contextlib.suppress(PhotoError):
                done = save()
        assert target.read_bytes() in (b"old", new)
        assert record_path(target).read_text() in ("old record", "new record")
        if done is not None:
            assert target.read_bytes() == new
            assert done.record is not None or "not its record" in done.notices[-1]
        assert np.array_equal(shown.pixels, before)
        save()
        assert strays(tmp_path) == []


def test_names_count_up_past_pictures_and_records(tmp_path: Path) -> None:
    source = tmp_path / "grandma.jpg"
    assert free_path(source, "patchmatch", "png") == tmp_path / "grandma_repaired_patchmatch_1.png"
    (tmp_path / "grandma_repaired_patchmatch_1.png").touch()
    (tmp_path / "grandma_repaired_patchmatch_2.png.json").touch()
    (tmp_path / "grandma_repaired_patchmatch_3.png").symlink_to(tmp_path / "nowhere")
    assert free_path(source, "patchmatch", "png").name == "grandma_repaired_patchmatch_4.png"
    assert free_path(source, "patchmatch", "jpeg").name == "grandma_repaired_patchmatch_1.jpg"


def test_a_pasted_picture_and_another_folder_and_template(tmp_path: Path) -> None:
    assert free_path(None, "edit", "tiff", folder=tmp_path) == tmp_path / "picture_repaired_edit_1.tif"
    assert free_path(Path("a/b.c.png"), "m", "webp", folder=tmp_path, template="{n}-{name}").name == "1-b.c.webp"


@pytest.mark.parametrize("template", ["{nome}", "{name", "{}", "{name.__class__}", "{name!r}", "{n:03}", "{0}", "..."])
def test_a_wrong_template_is_one_sentence(tmp_path: Path, template: str) -> None:
    with pytest.raises(ExportNameError, match=r"^The template for names .*\.$"):
        free_path(tmp_path / "p.png", "m", "png", template=template)


def test_a_template_without_number_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "p-fixed.png").touch()
    with pytest.raises(ExportNameError, match="taken"):
        free_path(tmp_path / "p.png", "m", "png", template="{name}-fixed")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300), st.text(max_size=20))
def test_any_name_and_method_make_one_safe_file_name(name: str, method: str) -> None:
    path = free_path(Path(name.replace("/", "|").replace("\0", "")), method, "png", folder=Path("/nonexistent"))
    assert path.parent == Path("/nonexistent")
    assert len(os.fsencode(path.name.encode("utf-8", "replace"))) <= 255
    assert not set('<>:"/\\|?*') & set(path.name)
    assert path.name.endswith(".png")


def test_the_offered_format_is_the_sources_where_it_can_be() -> None:
    grey, alpha, deep = (np.zeros((2, 2, c), t) for c, t in ((1, np.uint8), (4, np.uint8), (3, np.uint16)))

    def source(name: str) -> PhotoSource:
        return PhotoSource(Path("p"), name, 8, 1)

    assert export_format(source("jpeg"), grey) == "jpeg"
    assert export_format(source("jpeg"), alpha) == "png"
    assert export_format(source("webp"), deep) == "png"
    assert export_format(source("tiff"), deep) == "tiff"
    assert export_format(source("heic"), grey) == "png"
    assert export_format(None, grey) == "png"


def test_options_reach_the_file(tmp_path: Path) -> None:
    done = exported(document(tmp_path, 3, np.uint16), tmp_path / "o.png", ExportOptions(bits=8))
    assert read_photo(done.path).pixels.dtype == np.uint8

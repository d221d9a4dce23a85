"""A project opens to the same pixels, history and position, and a hostile one to one sentence."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.document import manifest as manifest_room
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import GroupEdit, StrokeRecorder, edit_for_new_pixels, edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.document.project_file import ProjectError, capture, extract_source, load_project, save_project
from genrepair_desktop.document.project_parts import array_bytes, bands_of, read_block
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs.photo import JpegEncoding, PhotoMetadata, PhotoSource
from genrepair_desktop.imaging.geometry import Rect


def worked_on(tmp_path: Path, dtype: type = np.uint8) -> tuple[Document, History]:
    photo_path = tmp_path / "photo.jpg"
    photo_path.write_bytes(b"not decoded again" * 100)
    jpeg = JpegEncoding(((1,) * 64,), "4:2:0", False)
    document = Document(
        np.random.default_rng(0).integers(0, 255, (300, 270, 4), dtype),
        path=photo_path,
        metadata=PhotoMetadata(exif=b"II*\0", icc=b"profile", dpi=(300.0, 300.0)),
        source=PhotoSource(photo_path, "jpeg", 8, 1700, jpeg),
    )
    history = History(document)
    recorder = StrokeRecorder(document, "mask")
    recorder.paint(Rect(10, 10, 100, 100), lambda block: np.full_like(block, 255))
    stroke = recorder.finish("brush")
    assert stroke is not None
    history.push_applied(stroke)
    patch = np.zeros((50, 50, 4), dtype)
    repair = edit_from_patch(document, "pixels", Rect(20, 20, 50, 50), patch, label="repair", recipe={"seed": 3})
    clear = edit_from_patch(document, "mask", Rect(10, 10, 100, 100), np.zeros((100, 100), np.uint8), label="clear")
    assert repair is not None
    assert clear is not None
    history.push(GroupEdit("repair", (repair, clear), {"seed": 3}))
    history.push(edit_for_new_pixels(np.repeat(document.pixels, 2, axis=1), label="upscale"))
    history.undo()
    return document, history


def same_everywhere(one: tuple[Document, History], other: tuple[Document, History]) -> None:
    assert one[1].index == other[1].index
    assert len(one[1].entries) == len(other[1].entries)
    for index in [*range(len(one[1].entries) + 1), one[1].index]:
        one[1].jump(index)
        other[1].jump(index)
        for layer in ("pixels", "mask", "donor"):
            assert np.array_equal(one[0].layer(layer), other[0].layer(layer))
        assert np.array_equal(one[0].opened(one[0].bounds), other[0].opened(other[0].bounds))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_project_opens_as_it_was_saved(tmp_path: Path, dtype: type) -> None:
    document, history = worked_on(tmp_path, dtype)
    path = tmp_path / "work.genrepair"
    save_project(path, capture(document, history, extras={"star": [1, 2]}))
    project = load_project(path)
    assert project.extras == {"star": [1, 2]}
    assert project.document.metadata == document.metadata
    assert project.document.source == document.source
    assert project.history.is_clean
    assert project.history.entries[1].recipe == {"seed": 3}
    same_everywhere((document, history), (project.document, project.history))


def test_the_photo_travels_byte_for_byte(tmp_path: Path) -> None:
    document, history = worked_on(tmp_path)
    path = tmp_path / "work.genrepair"
    save_project(path, capture(document, history))
    assert document.path is not None
    assert extract_source(path) == document.path.read_bytes()
    save_project(path, capture(document, history), embeds_source=False)
    with pytest.raises(ProjectError, match="does not hold the photo"):
        extract_source(path)


def test_a_photo_whose_name_is_no_utf8_is_found_again(tmp_path: Path) -> None:
    document, history = worked_on(tmp_path)
    odd = tmp_path / b"gr\xfc\xdfe.jpg".decode("utf-8", "surrogateescape")
    assert document.source is not None
    document.source = replace(document.source, path=odd)
    save_project(tmp_path / "work.genrepair", capture(document, history))
    assert load_project(tmp_path / "work.genrepair").document.source == document.source


def test_the_previous_save_is_kept_as_bak(tmp_path: Path) -> None:
    document, history = worked_on(tmp_path)
    path = tmp_path / "work.genrepair"
    save_project(path, capture(document, history))
    first = path.read_bytes()
    history.undo()
    save_project(path, capture(document, history))
    assert (tmp_path / "work.genrepair.bak").read_bytes() == first
    assert load_project(tmp_path / "work.genrepair.bak").history.index == 2
    assert load_project(path).history.index == 1


def test_a_capture_does_not_change_with_the_document(tmp_path: Path) -> None:
    document, history = worked_on(tmp_path)
    before = document.pixels.copy()
    kept = capture(document, history)
    history.jump(0)
    save_project(tmp_path / "work.genrepair", kept)
    assert np.array_equal(load_project(tmp_path / "work.genrepair").document.pixels, before)


def test_a_newer_project_is_refused_politely(tmp_path: Path) -> None:
    path = tmp_path / "work.genrepair"
    save_project(path, capture(*worked_on(tmp_path)))
    rewritten(path, path, lambda manifest: manifest | {"version": manifest_room.VERSION + 1})
    with pytest.raises(ProjectError, match="newer version"):
        load_project(path)


def test_an_older_project_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "work.genrepair"
    save_project(path, capture(*worked_on(tmp_path)))
    rewritten(path, path, lambda manifest: manifest | {"version": 0, "position": manifest.pop("index")})
    with pytest.raises(ProjectError):
        load_project(path)
    monkeypatch.setitem(manifest_room.MIGRATIONS, 0, lambda manifest: manifest | {"index": manifest["position"]})
    assert load_project(path).history.index == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0, 1, 3, 4]), st.sampled_from(["uint8", "uint16"]))
def test_coded_arrays_come_back(h: int, w: int, channels: int, dtype: str) -> None:
    shape = (h, w, channels) if channels else (h, w)
    array = np.random.default_rng(h * w).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    assert np.array_equal(read_block(io.BytesIO(b"".join(array_bytes(bands_of(array)))), shape, dtype), array)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    save_project(folder / "work.genrepair", capture(*worked_on(folder)))
    return folder / "work.genrepair"


@settings(max_examples=80, deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.floats(0, 0.999999), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_project_opens_or_is_refused_with_a_sentence(
    project: Path, tmp_path_factory: pytest.TempPathFactory, is_cut: bool, flips: list[tuple[float, int]]
) -> None:
    damaged = bytearray(project.read_bytes())
    if is_cut:
        damaged = damaged[: int(flips[0][0] * len(damaged))]
    else:
        for place, value in flips:
            damaged[int(place * len(damaged))] = value
    path = tmp_path_factory.mktemp("damaged") / "work.genrepair"
    path.write_bytes(damaged)
    try:
        opened = load_project(path)
    except GenRepairError as error:
        sentence = str(error)
    else:
        sentence = "work.genrepair opened"
        assert opened.document.pixels.shape == (300, 270, 4)
    assert "work.genrepair" in sentence


def rewritten(project: Path, path: Path, change) -> None:
    path.write_bytes(project.read_bytes())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps(change(manifest)).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m | {"pixels": {"shape": [1 << 19, 1 << 19, 4], "dtype": "uint16"}},
        lambda m: m | {"pixels": {"shape": [300, 270, 4], "dtype": "object"}},
        lambda m: m | {"index": 99},
        lambda m: m | {"index": True},
        lambda m: m | {"edits": "all"},
        lambda m: m | {"edits": [{"kind": "group", "edits": [m["edits"][1]] * 3, "label": "x"}, 7]},
        lambda m: m | {"edits": [{"kind": "pickle"}]},
        lambda m: m | {"opened": m["opened"] | {"rects": [0, 0, 256, 256, 256]}},
        lambda m: m | {"opened": m["opened"] | {"member": "../../etc/passwd"}},
        lambda m: m | {"format": "something else"},
        lambda m: m | {"version": "1"},
        lambda m: [],
    ],
)
def test_a_forged_manifest_is_refused(project: Path, tmp_path: Path, change) -> None:
    path = tmp_path / "forged.genrepair"
    rewritten(project, path, change)
    with pytest.raises(ProjectError, match=r"forged\.genrepair"):
        load_project(path)


def test_a_manifest_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.genrepair"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "[" * 200_000)
    with pytest.raises(ProjectError):
        load_project(path)


def test_doubled_members_are_refused(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "double.genrepair"
    path.write_bytes(project.read_bytes())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("mask.bin", b"other")
    with pytest.raises(ProjectError):
        load_project(path)


def test_a_file_that_is_no_project_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.genrepair"
    path.write_bytes(b"\x89PNG....")
    with pytest.raises(ProjectError, match="not a GenRepair project"):
        load_project(path)

"""Project files made to hurt: each is refused with one sentence, without memory or time to speak of."""

import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.document.project_file import ProjectError, capture, load_project, save_project
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs.photo import PhotoSource

ROOT = Path(__file__).parents[2]
Members = dict[str, bytes]


def whole_members(folder: Path) -> Members:
    document = Document(np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8))
    save_project(folder / "whole.genrepair", capture(document, History(document)))
    with zipfile.ZipFile(folder / "whole.genrepair") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: Members) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def with_manifest(path: Path, members: Members, text: bytes) -> None:
    pack(path, members | {"manifest.json": text})


def with_values(path: Path, members: Members, **changes: Any) -> None:
    with_manifest(path, members, json.dumps(json.loads(members["manifest.json"]) | changes).encode())


def patched(path: Path, members: Members, change: Callable[[bytearray], None]) -> None:
    pack(path, members)
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def directory_bomb(path: Path, members: Members, count: int, said: int) -> None:
    """Entries without members behind them; ``said`` is what the end record counts."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0)
    body = b"".join(entry + b"%06d" % number for number in range(count))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, min(said, 0xFFFE), min(said, 0xFFFE), len(body), 0, 0)
    path.write_bytes(body + end)


def large_directory_bomb(path: Path, members: Members) -> None:
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1 << 46, 0)
    place = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(record + place + end)


def overlap_bomb(path: Path, members: Members) -> None:
    """Two entries of the list name the same bytes, as in the 42 kB that unpack to gigabytes."""
    pack(path, members)
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
    mask, donor = infos["mask.bin"], infos["donor.bin"]
    data = bytearray(path.read_bytes())
    at = data.rindex(b"donor.bin") - 46
    assert struct.unpack_from("<L", data, at + 42)[0] == donor.header_offset
    struct.pack_into("<L", data, at + 42, mask.header_offset)
    path.write_bytes(data)


def set_field(name: bytes, offset: int, form: str, value: int, *, also_local: int | None = None) -> Any:
    """Change a field of a member's entry in the list (and of its own header, at ``also_local``)."""

    def change(data: bytearray) -> None:
        struct.pack_into(form, data, data.rindex(name) - 46 + offset, value)
        if also_local is not None:
            struct.pack_into(form, data, data.index(name) - 30 + also_local, value)

    return lambda path, members: patched(path, members, change)


def doubled(path: Path, members: Members) -> None:
    pack(path, members | {"nask.bin": b"other"})
    path.write_bytes(path.read_bytes().replace(b"nask.bin", b"mask.bin"))


def forever(path: Path, members: Members) -> None:
    """200 MB of zeros in 200 kB, where 1200 bytes should be; the list tells the truth, then it lies."""
    pack(path, members | {"mask.bin": bytes(200_000_000)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"mask.bin") - 46 + 24, 1200)
    path.write_bytes(data)


def tiles(rects: list[int], **values: Any) -> dict[str, Any]:
    return {"member": "opened.bin", "rects": rects, "dtype": "uint8", "channels": 3} | values


def an_edit(**values: Any) -> dict[str, Any]:
    return {"label": "x", "recipe": None, "kind": "tiles", "layer": "mask"} | tiles([]) | {"channels": 0} | values


def deep_group(depth: int) -> dict[str, Any]:
    edit = an_edit()
    for _ in range(depth):
        edit = {"label": "x", "recipe": None, "kind": "group", "edits": [edit]}
    return edit


PHOTO = {"path": "p", "format": "png", "bits": 8, "file_bytes": 3, "jpeg": None}

ATTACKS: dict[str, Callable[[Path, Members], None]] = {
    "a million entries": lambda p, m: directory_bomb(p, m, 1_000_000, 0xFFFE),
    "a million entries, said to be ten": lambda p, m: directory_bomb(p, m, 1_000_000, 10),
    "an end record that counts 2^40": large_directory_bomb,
    "overlapping members": overlap_bomb,
    "doubled names": doubled,
    "encrypted": set_field(b"mask.bin", 8, "<H", 1, also_local=6),
    "packed in an unknown way": set_field(b"mask.bin", 10, "<H", 99, also_local=8),
    "packed as LZMA": set_field(b"mask.bin", 10, "<H", 14, also_local=8),
    "a size of 4 GB": set_field(b"pixels.bin", 24, "<L", 0xFFFFFFF0),
    "a packed size of 4 GB": set_field(b"pixels.bin", 20, "<L", 0xFFFFFFF0),
    "a checksum that is wrong": set_field(b"pixels.bin", 16, "<L", 1),
    "a member outside the file": set_field(b"pixels.bin", 42, "<L", 0x7FFFFFF0),
    "zeros without end": forever,
    "a manifest of 100 MB": lambda p, m: with_manifest(p, m, b" " * 100_000_000),
    "a manifest of 20 million lists": lambda p, m: with_manifest(p, m, b"[" + b"[]," * 20_000_000 + b"[]]"),
    "a manifest of 30 million numbers": lambda p, m: with_manifest(p, m, b"[" + b"1," * 30_000_000 + b"1]"),
    "a manifest 10 million deep": lambda p, m: with_manifest(p, m, b"[" * 10_000_000),
    "objects 900,000 deep": lambda p, m: with_manifest(p, m, b'{"a":' * 900_000),
    "a number of a million digits": lambda p, m: with_manifest(p, m, b'{"version":' + b"9" * 1_000_000 + b"}"),
    "a manifest of broken UTF-8": lambda p, m: with_manifest(p, m, b'{"format": "\xff\xfe"}'),
    "a manifest in UTF-16": lambda p, m: with_manifest(p, m, m["manifest.json"].decode().encode("utf-16")),
    "no manifest": lambda p, m: pack(p, {k: v for k, v in m.items() if k != "manifest.json"}),
    "NaN": lambda p, m: with_manifest(p, m, m["manifest.json"].replace(b'"index": 0', b'"index": NaN')),
    "a name twice": lambda p, m: with_manifest(p, m, m["manifest.json"].replace(b'"index"', b'"index": 0, "index"')),
    "infinity": lambda p, m: with_manifest(p, m, m["manifest.json"].replace(b'"index": 0', b'"index": 1e999')),
    "a picture of a terapixel": lambda p, m: with_values(
        p, m, pixels={"shape": [1 << 20, 1 << 20, 4], "dtype": "uint16"}
    ),
    "a picture over the limit": lambda p, m: with_values(p, m, pixels={"shape": [20000, 20000, 3], "dtype": "uint8"}),
    "a picture of no channels": lambda p, m: with_values(p, m, pixels={"shape": [30, 40], "dtype": "uint8"}),
    "a picture of negative height": lambda p, m: with_values(p, m, pixels={"shape": [-30, 40, 3], "dtype": "uint8"}),
    "a picture of floats": lambda p, m: with_values(p, m, pixels={"shape": [30, 40, 3], "dtype": "float64"}),
    "a picture that is a word": lambda p, m: with_values(p, m, pixels="large"),
    "a million tiles on one place": lambda p, m: with_values(p, m, opened=tiles([0, 0, 256, 256] * 200_000)),
    "tiles beside the picture": lambda p, m: with_values(p, m, opened=tiles([512, 0, 1, 1])),
    "tiles that are empty": lambda p, m: with_values(p, m, opened=tiles([0, 0, 0, 0])),
    "a member of another folder": lambda p, m: with_values(
        p, m, opened=tiles([0, 0, 40, 30], member="../../etc/passwd")
    ),
    "opened tiles that are a list": lambda p, m: with_values(p, m, opened=[1, 2]),
    "30,000 edits": lambda p, m: with_values(p, m, edits=[an_edit(member="opened.bin")] * 30_000),
    "a group 50 deep": lambda p, m: with_values(p, m, edits=[deep_group(50)], index=1),
    "an edit of no known kind": lambda p, m: with_values(p, m, edits=[an_edit(kind="pickle")]),
    "an edit of no known layer": lambda p, m: with_values(p, m, edits=[an_edit(layer="__class__")]),
    "an edit that is a number": lambda p, m: with_values(p, m, edits=[7]),
    "an edit beside the picture": lambda p, m: with_values(
        p, m | {"e.bin": b"\1" * 16}, edits=[an_edit(member="e.bin", rects=[600, 600, 4, 4])]
    ),
    "an edit of another depth": lambda p, m: with_values(
        p, m | {"e.bin": b"\1" * 32}, edits=[an_edit(member="e.bin", rects=[0, 0, 4, 4], dtype="uint16")]
    ),
    "a recipe whose methods are a number": lambda p, m: with_values(p, m, edits=[an_edit(recipe={"methods": 5})]),
    "a position that is true": lambda p, m: with_values(p, m, index=True),
    "a position beyond the end": lambda p, m: with_values(p, m, index=3),
    "a version that is a word": lambda p, m: with_values(p, m, version="1"),
    "a version below zero": lambda p, m: with_values(p, m, version=-1),
    "a version that never was": lambda p, m: with_values(p, m, version=0),
    "a format of something else": lambda p, m: with_values(p, m, format="zip"),
    "a photo without a path": lambda p, m: with_values(p, m, source=PHOTO | {"path": None}),
    "a photo with a path of 1 MB": lambda p, m: with_values(p, m, source=PHOTO | {"path": "a/" * 500_000}),
    "a photo with an endless table": lambda p, m: with_values(
        p, m, source=PHOTO | {"jpeg": {"tables": [[1] * 10_000] * 100}}
    ),
    "a hash that is none": lambda p, m: with_values(
        p, m, source_file={"sha256": 1, "bytes": 3, "is_embedded": True, "name": ""}
    ),
    "metadata of a negative size": lambda p, m: with_values(p, m, metadata={"exif": -1}),
    "metadata that is not there": lambda p, m: with_values(p, m, metadata={"exif": 10}),
}


def load_all(folder: Path) -> None:
    """For the child process: open every file and print what was said; memory is what the process ever held."""
    import time

    for path in sorted(folder.glob("attack-*.genrepair")):
        started = time.process_time()
        try:
            load_project(path)
            said = ""
        except GenRepairError as error:
            said = str(error)
        # not getrusage: it begins with what the parent held when it forked
        status = Path("/proc/self/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
        print(json.dumps([path.name, said, time.process_time() - started, peak]), flush=True)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float, int]]:
    """For each attack: what was said, processor seconds, and the largest memory so far."""
    folder = tmp_path_factory.mktemp("attacks")
    members = whole_members(folder)
    for number, attack in enumerate(ATTACKS.values()):
        attack(folder / f"attack-{number:03d}.genrepair", members)
    code = "import sys; from pathlib import Path; from tests.document import test_project_attacks as t; "
    code += "t.load_all(Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (said, seconds, peak) for name, (_, said, seconds, peak) in zip(ATTACKS, lines, strict=True)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_with_one_sentence(attack: str, answers: dict[str, tuple[str, float, int]]) -> None:
    said, _, _ = answers[attack]
    assert said.startswith('Cannot open "attack-'), said
    assert said.count("\n") == 0
    assert said.endswith(".")
    assert len(said) < 300


def test_no_attack_gets_a_gigabyte(answers: dict[str, tuple[str, float, int]]) -> None:
    assert max(peak for _, _, peak in answers.values()) < 1e9


def test_names_that_lead_elsewhere_are_never_written(tmp_path: Path) -> None:
    members = whole_members(tmp_path)
    path = tmp_path / "inner" / "slip.genrepair"
    path.parent.mkdir()
    pack(path, members | {"../slipped.txt": b"out", "/tmp/genrepair-slipped.txt": b"out"})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert load_project(path).document.pixels.shape == (30, 40, 3)
    assert not (tmp_path / "slipped.txt").exists()
    assert [entry.name for entry in path.parent.iterdir()] == ["slip.genrepair"]


def test_a_path_in_a_project_takes_no_file_of_this_computer_along(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"my key")
    members = whole_members(tmp_path)
    path = tmp_path / "trap.genrepair"
    with_values(path, members, source=PHOTO | {"path": str(secret), "file_bytes": 6})
    opened = load_project(path)
    save_project(tmp_path / "again.genrepair", capture(opened.document, opened.history))
    assert b"my key" not in (tmp_path / "again.genrepair").read_bytes()
    with zipfile.ZipFile(tmp_path / "again.genrepair") as archive:
        assert "source.bin" not in archive.namelist()


def test_the_photo_travels_on_from_save_to_save_after_its_file_is_gone(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"the photo itself")
    document = Document(np.zeros((30, 40, 3), np.uint8), path=photo, source=PhotoSource(photo, "png", 8, 16))
    save_project(tmp_path / "one.genrepair", capture(document, History(document)))
    photo.unlink()
    for before, after in (("one", "one"), ("one", "two")):
        opened = load_project(tmp_path / f"{before}.genrepair")
        save_project(tmp_path / f"{after}.genrepair", capture(opened.document, opened.history))
        with zipfile.ZipFile(tmp_path / f"{after}.genrepair") as archive:
            assert archive.read("source.bin") == b"the photo itself"
    photo.write_bytes(b"another picture!")
    lost = load_project(tmp_path / "two.genrepair")
    (tmp_path / "two.genrepair").unlink()
    save_project(tmp_path / "three.genrepair", capture(lost.document, lost.history))
    with zipfile.ZipFile(tmp_path / "three.genrepair") as archive:
        assert "source.bin" not in archive.namelist()


def test_a_history_larger_than_the_budget_keeps_its_newest_steps(tmp_path: Path) -> None:
    from genrepair_desktop.document.edits import edit_from_patch
    from genrepair_desktop.imaging.geometry import Rect

    document = Document(np.zeros((64, 64, 3), np.uint8))
    history = History(document)
    for grey in range(1, 9):
        patch = np.full((64, 64, 3), grey, np.uint8)
        edit = edit_from_patch(document, "pixels", Rect(0, 0, 64, 64), patch, label=str(grey))
        assert edit is not None
        history.push(edit)
    history.undo()
    save_project(tmp_path / "work.genrepair", capture(document, history))
    opened = load_project(tmp_path / "work.genrepair", history_budget=4 * 64 * 64 * 3)
    assert [edit.label for edit in opened.history.entries] == ["4", "5", "6", "7"]
    assert not opened.history.can_redo
    assert opened.history.is_clean
    opened.history.jump(0)
    assert (opened.document.pixels == 3).all()


def test_a_member_that_cannot_be_unpacked_is_named(tmp_path: Path) -> None:
    members = whole_members(tmp_path)
    path = tmp_path / "broken.genrepair"
    pack(path, members)
    data = bytearray(path.read_bytes())
    at = data.index(b"mask.bin") + 8
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"mask\.bin cannot be unpacked"):
        load_project(path)

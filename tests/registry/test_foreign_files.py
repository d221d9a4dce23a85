"""Hostile and broken model files: refused in one sentence, and nothing in them runs."""

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
import torch

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import OpenError
from genrepair_desktop.registry import added
from genrepair_desktop.registry.added import add_model
from genrepair_desktop.registry.foreign import ForeignModelError, inspect
from tests.foreign_models import weights_of, write_checkpoint, write_program


class Marker:
    """Unpickled, it makes a folder: harmless, and easily seen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "good.pth", weights_of("Compact"))


def refused(path: Path, words: str) -> None:
    with pytest.raises(GenRepairError, match=words) as caught:
        inspect(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("how", ["archive", "old", "bare", "inside weights"])
@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt"])
def test_a_pickle_that_acts_is_refused_and_does_not_act(how: str, suffix: str, tmp_path: Path) -> None:
    acted, path = tmp_path / "acted", tmp_path / f"evil{suffix}"
    payload = {"weight": torch.zeros(2), "x": Marker(acted)} if how == "inside weights" else Marker(acted)
    if how == "bare":
        path.write_bytes(pickle.dumps(payload, protocol=2))
    else:
        torch.save(payload, path, _use_new_zipfile_serialization=how != "old")
    refused(path, "mkdir")
    with pytest.raises(GenRepairError):
        add_model(path, consent=True)
    assert not acted.exists()


@pytest.mark.parametrize("protocol", [0, 4, 5])
def test_pickles_of_other_protocols_are_refused_too(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Marker(tmp_path / "acted"), protocol=protocol))
    refused(path, "no model file that is known")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps(Marker(tmp_path / "acted"), protocol=protocol))
    path.write_bytes(buffer.getvalue())
    refused(path, "opening such a file can run anything")
    assert not (tmp_path / "acted").exists()


def test_a_whole_module_is_told_from_weights(tmp_path: Path) -> None:
    torch.save(torch.nn.Conv2d(1, 1, 1), tmp_path / "module.pth")
    refused(tmp_path / "module.pth", "whole module")


def test_a_pickle_cannot_ask_for_gigabytes_in_ten_bytes(tmp_path: Path) -> None:
    path = tmp_path / "memo.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02Nr" + struct.pack("<I", 2**31 - 1) + b".")
    refused(path, "more memory than any model needs")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_cut_short_is_refused(kept: float, suffix: str, tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / f"cut{suffix}", weights_of("Compact"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(path, "cut short|promises|damaged")


def test_a_name_that_tells_another_kind_is_refused(good: Path, tmp_path: Path) -> None:
    good.rename(tmp_path / "good.safetensors")
    refused(tmp_path / "good.safetensors", r"that of a \.pth file")
    write_checkpoint(tmp_path / "x.safetensors", weights_of("Compact")).rename(tmp_path / "x.pth")
    refused(tmp_path / "x.pth", r"that of a \.safetensors file")
    (tmp_path / "x.pth").rename(tmp_path / "x.onnx")
    refused(tmp_path / "x.onnx", "model files end in")


@pytest.mark.parametrize("length", [2**62, 2**31, 200])
def test_a_header_that_lies_about_its_length_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{" + b" " * 100)
    refused(path, "header|no model file")


def test_a_header_that_promises_a_terabyte_is_refused(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**19, 2**19], "data_offsets": [0, 2**40]}}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 64)
    refused(path, "promises other numbers")


def test_an_archive_that_unpacks_to_more_than_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/data/0", b"\0" * 2**24)
    refused(path, "unpacks to more")


@pytest.mark.parametrize("second", ["b/data.pkl", "a/data.pkl", "b/c/data.pkl"])
def test_an_archive_with_two_pickles_is_refused(second: str, tmp_path: Path) -> None:
    path = tmp_path / "two.pth"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own, about the name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/data.pkl", pickle.dumps(Marker(tmp_path / "acted"), protocol=2))
            archive.writestr(second, b"\x80\x02}.")
    refused(path, "several models")


def test_a_program_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    assert inspect(write_program(tmp_path / "a.pt")) == "program"
    (tmp_path / "a.pt").rename(tmp_path / "a.ckpt")
    refused(tmp_path / "a.ckpt", r"that of a \.pt file")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.pth").mkdir()
    (tmp_path / "empty.pth").touch()
    (tmp_path / "text.pth").write_text("hello, I am no model at all")
    for name in ("folder.pth", "empty.pth", "none.pth"):
        with pytest.raises(OpenError):
            inspect(tmp_path / name)
    refused(tmp_path / "text.pth", "no model file that is known")


@pytest.mark.slow
def test_the_real_process_adds_and_refuses(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))
    assert add_model(good).config["architecture"] == "Compact"
    claimed = torch.zeros(1).as_strided((2**20, 2**20), (0, 0))
    torch.save({"huge": claimed}, tmp_path / "huge.pth")
    with pytest.raises(ForeignModelError, match="larger than the file"):
        add_model(tmp_path / "huge.pth")
    # the numbers behind an old file's pickles are counted where it is opened
    torch.save(weights_of("Compact"), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert inspect(tmp_path / "old.pth") == "weights"
    (tmp_path / "old.pth").write_bytes((tmp_path / "old.pth").read_bytes()[:-1000])
    with pytest.raises(ForeignModelError, match="cannot be read"):
        add_model(tmp_path / "old.pth")


def test_a_process_that_grows_too_large_is_ended(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))
    monkeypatch.setattr(added, "_MOST_MEMORY", 2**20)
    with pytest.raises(ForeignModelError, match="more memory than any model needs"):
        add_model(good)


def test_a_cancelled_adding_leaves_nothing(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))

    def cancel() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_model(good, checkpoint=cancel)
    assert list((tmp_path / "user" / "models").iterdir()) == []

"""Opening the window from the shell, and what is said and done where no window can be."""

import subprocess
import sys
from pathlib import Path

import pytest

from genrepair_desktop.cli import window
from genrepair_desktop.cli.main import with_command
from genrepair_desktop.cli.sample import find_sample
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.repair.photo_job import read_mask
from tests.shell import Run


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Command lines of windows that would have opened."""
    seen: list[list[str]] = []

    def call(command: list[str]) -> int:
        seen.append(command[1:])
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    return seen


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["open"]),
        (["photo.jpg"], ["open", "photo.jpg"]),
        (["folder/scan"], ["open", "folder/scan"]),
        (["--", "-odd.jpg"], ["open", "--", "-odd.jpg"]),
        (["repair", "a.png"], ["repair", "a.png"]),
        (["--version"], ["--version"]),
        (["repiar"], ["repiar"]),
    ],
)
def test_a_word_is_a_command_or_a_photo(given: list[str], meant: list[str]) -> None:
    assert with_command(given) == meant


def test_a_mistyped_command_gets_a_hint(genrepair: Run) -> None:
    ended = genrepair("repiar")
    assert ended.code == 2
    assert "'repair'" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_photo_opens_the_window(genrepair: Run, started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert genrepair("photo.jpg").code == 0
    assert genrepair("demo").code == 0
    assert started == [["-m", "genrepair_desktop", "photo.jpg"], ["-m", "genrepair_desktop", "--sample"]]


def test_missing_libraries_are_named_with_what_to_type(
    genrepair: Run, no_display: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setattr(window, "_X11_LIBRARIES", {"libno-such.so.9": "libno-such9", "libc.so.6": "libc6"})
    monkeypatch.setattr(window, "_DESKTOP_LIBRARIES", {})
    ended = genrepair("photo.jpg")
    assert ended.code == 2
    assert "sudo apt install libno-such9`" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert started == []


def test_without_a_display_a_photo_is_told_the_other_way(genrepair: Run, no_display: None) -> None:
    ended = genrepair("photo.jpg")
    assert ended.code == 2
    assert "genrepair repair PHOTO" in ended.err


def test_without_a_display_the_sample_is_repaired_into_files(
    genrepair: Run, no_display: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = genrepair("demo")
    assert ended.code == 0, ended.err
    said, before_path, after_path = ended.out.splitlines()
    assert said.startswith("No display")
    before, after = read_photo(before_path).pixels, read_photo(after_path).pixels
    sample = find_sample()
    damaged = read_mask(sample.mask, before) > 0
    changed = (before != after).any(axis=2)
    assert not changed[~damaged].any()
    assert changed[damaged].mean() > 0.5

"""A small damaged photo with its mask, and the command run as the shell would."""

from pathlib import Path

import pytest

from genrepair_desktop.cli.main import main
from genrepair_desktop.imaging.codecs import write_photo
from tests.shell import Ended, Run, picture, scratch


@pytest.fixture
def genrepair(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``genrepair`` with these words; user data goes to a folder of the test."""
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))

    def run(*words: object) -> Ended:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A damaged 8-bit photo."""
    pixels = picture()
    pixels[scratch() > 0] = 255
    write_photo(tmp_path / "photo.png", pixels)
    return tmp_path / "photo.png"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """The mask of ``photo``."""
    write_photo(tmp_path / "mask.png", scratch()[..., None])
    return tmp_path / "mask.png"

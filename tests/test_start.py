"""start.py: when it installs, what it runs, and what it says when it cannot."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import start


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a set-up checkout, to which start.py is pointed."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n")
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "STAMP", tmp_path / ".venv" / "genrepair-stamp.json")
    monkeypatch.setattr(start, "CONSTRAINTS", tmp_path / "constraints.txt")
    start.venv_python().parent.mkdir(parents=True)
    start.venv_python().touch()
    stamp(with_dev=True)
    return tmp_path


def stamp(*, with_dev: bool) -> None:
    start.STAMP.write_text(json.dumps({"fingerprint": start.fingerprint(), "dev": with_dev}))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Command lines that start.py would run; each succeeds at once."""
    seen: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        seen.append(command)
        return 0

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(subprocess, "run", run)
    return seen


def test_an_old_python_is_told_so_in_one_sentence() -> None:
    assert start.version_problem((3, 11, 0)) is None
    problem = start.version_problem((3, 9, 18))
    assert problem == "GenRepair needs Python 3.11 or newer, and this is 3.9.18: start it with a newer one."


def test_it_imports_the_standard_library_alone() -> None:
    code = (
        "import start, sys; print(sorted({m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=Path(start.__file__).parent, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.replace("'", '"')) == ["__main__", "start"]


def test_a_second_start_installs_nothing(checkout: Path, calls: list[list[str]]) -> None:
    assert start.main(["methods"]) == 0
    assert calls == [[str(start.venv_python()), "-m", "genrepair_desktop.cli", "methods"]]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", ".venv/pyvenv.cfg"])
def test_changed_pins_install_again(checkout: Path, calls: list[list[str]], name: str) -> None:
    (checkout / name).write_text("changed")
    assert start.main(["methods"]) == 0
    assert any(command[2:5] == ["uv", "pip", "install"] for command in calls)
    assert start.is_installed(with_dev=False)


def test_a_damaged_stamp_installs_again(checkout: Path, calls: list[list[str]]) -> None:
    start.STAMP.write_text('{"fingerprint"')
    assert start.main([]) == 0
    assert len(calls) > 1


def test_a_photo_goes_to_the_window_and_nothing_goes_to_the_sample(checkout: Path) -> None:
    assert start.command_for(["photo.jpg"])[1:] == ["-m", "genrepair_desktop.cli", "photo.jpg"]
    assert start.command_for([])[1:] == ["-m", "genrepair_desktop.cli", "demo"]


def test_the_tests_bring_their_tools_and_get_their_arguments(checkout: Path, calls: list[list[str]]) -> None:
    stamp(with_dev=False)
    assert start.main(["test", "-k", "canvas"]) == 0
    assert calls[-1] == [str(start.venv_python()), "-m", "pytest", "-k", "canvas"]
    assert any(f"{checkout}[dev]" in command for command in calls)


def test_tools_that_are_there_stay(checkout: Path, calls: list[list[str]]) -> None:
    (checkout / "constraints.txt").write_text("numpy==2.4.7\n")
    assert start.main(["methods"]) == 0
    assert start.is_installed(with_dev=True)


def test_pip_does_it_where_uv_cannot(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        seen.append(command)
        return int("uv" in command)

    monkeypatch.setattr(subprocess, "call", call)
    start.install(with_dev=False)
    assert seen[-1][1:4] == ["-m", "pip", "install"]
    assert str(checkout) in seen[-1]


def test_a_failed_installation_is_one_sentence_and_leaves_no_stamp(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start.STAMP.unlink()
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 1)
    assert start.main(["methods"]) == 2
    assert "could not be installed" in capsys.readouterr().err.splitlines()[-1]
    assert not start.STAMP.exists()


def test_the_index_that_pip_is_told_to_use_is_told_to_uv() -> None:
    listing = ":env:.find-links='/wheels'\nglobal.cert='/a.pem'\nglobal.index-url='file:///mirror/simple'\n"
    assert start.pip_index(listing) == "file:///mirror/simple"
    assert start.pip_index("global.extra-index-url='file:///more'\n") is None


def test_a_killed_program_ends_with_the_shells_code(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: -9)
    assert start.main(["methods"]) == 137

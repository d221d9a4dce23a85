"""The shape of the program: rooms look only down, and starting it costs little."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "genrepair_desktop"
HEAVY = {"torch", "torchvision", "scipy", "skimage", "sklearn", "numba", "umap", "openTSNE", "PySide6", "cv2"}


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_rooms_only_look_down() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_room_stands_in_the_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {room.strip().partition(".")[2] for layer in layers for room in layer.split("|")}
    found = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__", "__main__"} == named


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys; from genrepair_desktop.cli.main import main; main(['--help']); "
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    loaded = set(json.loads(run_python(code).splitlines()[-1]))
    assert not loaded & (HEAVY | {"numpy", "PIL"})


@pytest.mark.parametrize("word", ["pickle", "joblib", "cPickle", "dill"])
def test_no_file_of_the_package_unpickles(word: str) -> None:
    users = [path.name for path in PACKAGE.rglob("*.py") if f"import {word}" in path.read_text()]
    assert users == []


def test_pins_name_no_index_and_cover_what_the_package_asks_for() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    text = (ROOT / "constraints.txt").read_text()
    pins = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
    assert "://" not in text
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    pinned = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement

"""``pip install .`` gives a program that works from any folder, with its models and resources inside."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


def call(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what git knows: nothing that only lies here can get in."""
    folder = tmp_path_factory.mktemp("build")
    listed = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = folder / "source" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    build = ("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, folder / "source")
    call(sys.executable, *build, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; the libraries it needs are lent by the environment of the tests."""
    folder = tmp_path_factory.mktemp("clean")
    call(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "-q", wheel, cwd=folder)
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # a plain path: .pth files in it, such as that of an installation in place, are not followed
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_models_and_resources_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("models", "resources"):
        shipped = [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert {f"genrepair_desktop/_{folder}/{path.as_posix()}" for path in shipped} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "models/", "resources/"))]


def test_the_command_works_from_another_folder(clean_python: Path, tmp_path: Path) -> None:
    where = call(clean_python, "-c", "import genrepair_desktop as g; print(g.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(clean_python.parent.parent)
    methods = json.loads(call(clean_python.with_name("genrepair"), "methods", "--json", cwd=tmp_path))
    assert {"auto", "patchmatch", "biharmonic"} <= {method["id"] for method in methods}


def test_the_sample_is_repaired_from_the_wheel(clean_python: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from genrepair_desktop import paths; "
        "from genrepair_desktop.cli.sample import find_sample, repair_sample; "
        "print(paths.resources_dir()); print(*repair_sample(find_sample(), Path('out')))"
    )
    resources, pictures = call(clean_python, "-c", code, cwd=tmp_path).splitlines()
    assert Path(resources).is_relative_to(clean_python.parent.parent)
    before, after = (Path(path).read_bytes() for path in pictures.split())
    assert before != after

"""Set GenRepair Desktop up in a folder of its own and start it. Needs nothing but Python 3.11 or newer.

    python3 start.py              the window, with a damaged sample photo
    python3 start.py PHOTO        the window, with this photo
    python3 start.py test         the whole test suite; what follows goes to pytest
    python3 start.py repair ...   any command of genrepair

The first start makes .venv beside this file and installs the pinned packages; later starts compare a stamp.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "genrepair-stamp.json"
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 11)


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


def version_problem(version: tuple[int, ...]) -> str | None:
    """One sentence when this Python is too old, else None."""
    if version >= OLDEST:
        return None
    wanted, found = ".".join(map(str, OLDEST)), ".".join(map(str, version[:3]))
    return f"GenRepair needs Python {wanted} or newer, and this is {found}: start it with a newer one."


def venv_python() -> Path:
    """The interpreter inside .venv, whether or not it exists yet."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint() -> str:
    """What the installation depends on: the two lists of packages, this folder, and .venv's Python."""
    settings = VENV / "pyvenv.cfg"
    parts = [
        (ROOT / "pyproject.toml").read_bytes(),
        CONSTRAINTS.read_bytes(),
        os.fsencode(ROOT),
        settings.read_bytes() if settings.exists() else b"",
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def is_installed(*, with_dev: bool) -> bool:
    """True when the stamp of the last installation still fits."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        fits = stamp["fingerprint"] == fingerprint() and (stamp["dev"] or not with_dev)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return fits and venv_python().exists()


def make_environment() -> None:
    """Make .venv, unless a working one is there.

    Raises:
        SetupError: this Python cannot make one.
    """
    if venv_python().exists():
        return
    say("Making .venv")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        hint = "install python3-venv" if "ensurepip" in made.stdout + made.stderr else "see above"
        sys.stderr.write(made.stdout + made.stderr)
        raise SetupError(f"Python could not make an environment in {VENV}: {hint}, then start again.")


def pip_index(listing: str) -> str | None:
    """The index address in the output of ``pip config list``, or None. uv does not read pip's files."""
    found = re.findall(r"^(?:global|install|:env:)\.index-url='(.+)'$", listing, flags=re.MULTILINE)
    return found[-1] if found else None


def uv_variables(python: str) -> dict[str, str]:
    """The environment for uv: this one, with pip's index where uv has none of its own."""
    variables = dict(os.environ)
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(variables):
        listing = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True)
        index = pip_index(listing.stdout)
        if index:
            variables["UV_DEFAULT_INDEX"] = index
    return variables


def install(*, with_dev: bool) -> None:
    """Install the package in place with its pinned packages: by uv, four times as fast, or else by pip.

    Raises:
        SetupError: neither could.
    """
    python = str(venv_python())
    package = f"{ROOT}[dev]" if with_dev else str(ROOT)
    wanted = ["-c", str(CONSTRAINTS), "-e", package]
    say("Installing the packages (first start or new versions; takes a minute or more)")
    has_uv = not subprocess.call([python, "-m", "pip", "install", "-q", "-c", str(CONSTRAINTS), "uv"])
    by_uv = [python, "-m", "uv", "pip", "install", "--python", python, *wanted]
    if not has_uv or subprocess.call(by_uv, env=uv_variables(python)):
        say("uv could not install them; trying pip")
        if subprocess.call([python, "-m", "pip", "install", *wanted]):
            raise SetupError(
                "The packages could not be installed (see above): check the network and 8 GB of free disk, "
                "then start again."
            )
    STAMP.write_text(json.dumps({"fingerprint": fingerprint(), "dev": with_dev}), encoding="utf-8")


def prepare(*, with_dev: bool) -> None:
    """Bring .venv to what this checkout wants; quick when it already is."""
    if is_installed(with_dev=with_dev):
        return
    make_environment()
    # a user who once ran the tests keeps their tools: the stamp would otherwise go back and forth
    had_dev = STAMP.exists() and '"dev": true' in STAMP.read_text(encoding="utf-8")
    install(with_dev=with_dev or had_dev)


def command_for(arguments: list[str]) -> list[str]:
    """The command line that ``start.py ARGUMENTS`` stands for."""
    python = str(venv_python())
    if arguments[:1] == ["test"]:
        return [python, "-m", "pytest", *arguments[1:]]
    # without an argument: the sample, in the window or, with no display, without one
    return [python, "-m", "genrepair_desktop.cli", *(arguments or ["demo"])]


def say(message: str) -> None:
    """A line about the set-up; standard output stays the program's."""
    print(f"start.py: {message}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Set up, run, and return the exit code."""
    problem = version_problem(sys.version_info[:3])
    if problem:
        print(problem, file=sys.stderr)
        return 2
    is_test = arguments[:1] == ["test"]
    try:
        prepare(with_dev=is_test)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    variables = dict(os.environ)
    if is_test:
        variables.setdefault("QT_QPA_PLATFORM", "offscreen")
    code = subprocess.call(command_for(arguments), env=variables, cwd=ROOT if is_test else None)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

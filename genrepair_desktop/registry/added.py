"""Adding other people's models to the user's own, and taking models away. Never imports torch itself."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import date
from pathlib import Path

import psutil

from genrepair_desktop.atomic import SaveError
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import explain, open_regular
from genrepair_desktop.paths import user_models_dir
from genrepair_desktop.registry.added_convert import Wanted
from genrepair_desktop.registry.card import ID_PATTERN, ModelCard, read_card
from genrepair_desktop.registry.foreign import LARGEST_FILE, ForeignKind, ForeignModelError, inspect
from genrepair_desktop.registry.store import ModelStore

CONSENT = (
    "A TorchScript file is a program, not only weights: whoever made it decides what it does on this computer. "
    "Add it only if you trust where it came from."
)
_ID = re.compile(ID_PATTERN)
_STAGING = ".adding-"
_LOOK_EVERY_S = 0.05
_LONGEST_S = 300.0
_STALE_S = 3600.0
_MOST_MEMORY = 8 * 2**30
Watched = Callable[[], None]


class ConsentNeededError(GenRepairError):
    """The file is a program: it is added only once its owner has said so."""


class ModelNameError(GenRepairError):
    """The name cannot be used, or no such model is the user's own."""


def add_model(
    path: Path,
    *,
    name: str | None = None,
    consent: bool = False,
    taken: Collection[str] = (),
    checkpoint: Watched = lambda: None,
) -> ModelCard:
    """Check a model file, convert it in a process of its own, and keep it among the user's models.

    Args:
        path: a file that spandrel knows (.safetensors, .pth, .ckpt, .pt), or a TorchScript fill (.pt).
        name: the id it gets; by default made from the file's name.
        consent: whether a TorchScript program may be run.
        taken: ids it must not get besides those of installed models: those of methods.
        checkpoint: called often; what it raises ends the work, and nothing is kept.

    Raises:
        OpenError, ForeignModelError: the file is unreadable, damaged, dangerous or of no known kind.
        ConsentNeededError: it is a program and ``consent`` was not given.
        ModelNameError: the name is unusable or taken.
        SaveError: the user's folder cannot be written.
    """
    store = ModelStore.installed()
    used = {model.card.id for model in store.models()} | set(taken)
    if name is not None:
        _check_name(name, used)
    kind = inspect(path)
    if kind == "program" and not consent:
        raise ConsentNeededError(CONSENT)
    place = user_models_dir()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=place))
    except OSError as error:
        raise SaveError(place, *explain(error)) from error
    try:
        copied = staging / f"source{_suffix(kind)}"
        sha256 = _copy(path, copied)
        _refuse_twice(path, sha256, store)
        # the copy is what is opened: the file itself may change meanwhile
        inspect(copied)
        wanted = Wanted(name or _free_id(path, used), path.name, kind, sha256, date.today().isoformat())
        made = staging / "model"
        made.mkdir()
        _convert(path, copied, made, wanted, checkpoint)
        card = read_card(made)
        made.rename(place / card.id)
    except OSError as error:
        raise SaveError(place, *explain(error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return card


def remove_model(model_id: str) -> bool:
    """Take away a model of the user's own; True when a shipped one of the same name is in use again.

    Raises:
        ModelNameError: the user has no such model.
        SaveError: its folder cannot be removed.
    """
    folder = user_models_dir() / model_id
    if not _ID.fullmatch(model_id) or not folder.is_dir():
        own = ", ".join(sorted(m.card.id for m in ModelStore([user_models_dir()]).models())) or "none"
        raise ModelNameError(f"There is no model {model_id!r} of your own to remove; you have: {own}.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SaveError(folder, *explain(error)) from error
    return ModelStore.installed().has(model_id)


def _sweep(place: Path) -> None:
    """Remove what a kill in the middle of an earlier adding left behind."""
    for left in place.glob(f"{_STAGING}*"):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _check_name(name: str, used: set[str]) -> None:
    if not _ID.fullmatch(name):
        raise ModelNameError(f"{name!r} cannot be a model's name: use small letters, digits and hyphens.")
    if name in used:
        raise ModelNameError(f"The name {name!r} is taken: choose another with --name.")


def _free_id(path: Path, used: set[str]) -> str:
    """The file's name as an id, with a number behind it where it is taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:48] or "model"
    number, free = 2, plain
    while free in used:
        number, free = number + 1, f"{plain}-{number}"
    return free


def _suffix(kind: ForeignKind) -> str:
    return {"tensors": ".safetensors", "weights": ".pth", "program": ".pt"}[kind]


def _copy(path: Path, target: Path) -> str:
    """Copy at most ``LARGEST_FILE`` bytes; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    left = LARGEST_FILE
    with open_regular(path, LARGEST_FILE) as source, target.open("wb") as copy:
        while left > 0 and (block := source.read(min(left, 2**20))):
            digest.update(block)
            copy.write(block)
            left -= len(block)
    return digest.hexdigest()


def _refuse_twice(path: Path, sha256: str, store: ModelStore) -> None:
    for model in store.models():
        if model.card.training.get("sha256 of that file") == sha256:
            raise ForeignModelError(path, f"it is here already, as {model.card.id}", "use that one")


def _convert(path: Path, copied: Path, folder: Path, wanted: Wanted, checkpoint: Watched) -> None:
    """Run ``added_convert`` and watch over its time and memory."""
    words = [str(copied), str(folder), json.dumps(asdict(wanted))]
    command = [sys.executable, "-m", "genrepair_desktop.registry.added_convert", *words]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            problem = _watch(process, checkpoint)
        finally:
            if process.poll() is None:
                process.kill()
        if process.wait() == 0:
            return
        said.seek(0)
        lines = said.read(2**16).decode("utf-8", "replace").splitlines()
    raise _refusal(path, problem, lines)


def _watch(process: "subprocess.Popen[bytes]", checkpoint: Watched) -> str:
    """Wait for the end; what was wrong with it, if it had to be ended."""
    end = time.monotonic() + _LONGEST_S
    while process.poll() is None:
        checkpoint()
        if time.monotonic() > end:
            return "it takes too long to open"
        if _memory_of(process.pid) > _MOST_MEMORY:
            return "it asks for more memory than any model needs"
        time.sleep(_LOOK_EVERY_S)
    return ""


def _memory_of(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def _refusal(path: Path, problem: str, lines: list[str]) -> ForeignModelError:
    if problem:
        return ForeignModelError(path, problem, "do not use it")
    try:
        told = json.loads(lines[-1])
        return ForeignModelError(path, told["reason"], told["remedy"])
    except (IndexError, ValueError, KeyError, TypeError):
        return ForeignModelError(path, "opening it made the library fail", "ask its maker for another file")

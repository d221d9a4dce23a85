"""Looking at other people's model files before any library opens them: which kind, and whether they can be trusted.

Nothing is unpickled or run here. A pickle is read as a list of its instructions; one that names anything but
tensors is refused, whatever else it says. So are archives that unpack to more than they are, and headers that
promise more than the file holds.
"""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from pickletools import genops
from typing import BinaryIO, Literal

from genrepair_desktop.files import FileError, explain, open_regular
from genrepair_desktop.registry.card import CardError, bytes_of
from genrepair_desktop.registry.weights import header_tensors

# tensors: safetensors.  weights: torch's archive or its older stream of pickles.  program: TorchScript
ForeignKind = Literal["tensors", "weights", "program"]
LARGEST_FILE = 2**30
_SUFFIXES: dict[ForeignKind, tuple[str, ...]] = {
    "tensors": (".safetensors",),
    "weights": (".pth", ".pt", ".ckpt"),
    "program": (".pt", ".pth"),
}
_ALL_SUFFIXES = ".pth, .pt, .ckpt or .safetensors"
_MOST_INSTRUCTIONS_BYTES = 64 * 2**20
_MOST_CODE_BYTES = 64 * 2**20
_MOST_ENTRIES = 100_000
_LONGEST_HEADER = 10 * 2**20
# a memo entry is one thing that a pickle remembers; asked for number a thousand million, it takes gigabytes
_MOST_REMEMBERED = 10_000_000
# what a file of plain weights names, and spandrel's restricted loader knows
_STORAGES = ("BFloat16", "Float", "Half", "Int", "Long", "Double")
_PLAIN = {
    "collections OrderedDict",
    "typing OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    *(f"torch {name}Storage" for name in _STORAGES),
}
_IMPORTS = {"STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"}
_REMEMBERS = {"PUT", "BINPUT", "LONG_BINPUT"}
_PICKLES_OF_OLD_FILES = 5
_OTHER = "ask its maker for a .safetensors file, or for plain weights (a state_dict)"


class ForeignModelError(FileError):
    """A model file of another program cannot be added."""

    action = "Cannot add"


def inspect(path: Path) -> ForeignKind:
    """The kind of a model file, by its content.

    Raises:
        OpenError: it cannot be read, or is larger than ``LARGEST_FILE``.
        ForeignModelError: it is no model file, damaged, holds code, or its name says another kind.
    """
    if path.suffix.lower() not in {suffix for known in _SUFFIXES.values() for suffix in known}:
        raise ForeignModelError(path, f"model files end in {_ALL_SUFFIXES}", "choose such a file")
    with open_regular(path, LARGEST_FILE) as file:
        try:
            kind = _kind_of(path, file)
        except OSError as error:
            raise ForeignModelError(path, *explain(error)) from error
    if path.suffix.lower() not in _SUFFIXES[kind]:
        right = _SUFFIXES[kind][0]
        raise ForeignModelError(path, f"its content is that of a {right} file", f"rename it to end in {right}")
    return kind


def _kind_of(path: Path, file: BinaryIO) -> ForeignKind:
    start = file.read(10)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return _look_into_archive(path, file)
    if start.startswith(b"\x80\x02"):
        _check_old_file(path, file)
        return "weights"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") > 0:
        _check_tensors(path, file)
        return "tensors"
    raise ForeignModelError(path, "it is no model file that is known here, or it is damaged", _OTHER)


def _look_into_archive(path: Path, file: BinaryIO) -> ForeignKind:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(path, entries)
            names = [entry.filename.partition("/")[2] for entry in entries]
            if any(name.startswith("code/") for name in names) or "constants.pkl" in names:
                return "program"
            pickles = [entry for entry in entries if os.path.basename(entry.filename) == "data.pkl"]
            if not pickles:
                raise ForeignModelError(path, "it is an archive without a model in it", "choose the model's own file")
            if len(pickles) > 1 or len(set(names)) < len(names):
                # which of them is meant, two readers may see differently
                raise ForeignModelError(path, "it holds several models under one name", "do not use it")
            with archive.open(pickles[0]) as part:
                _check_pickle(path, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _damaged(path) from error
    return "weights"


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """torch stores tensors as they are: what unpacks to more than the file is no such archive."""
    if len(entries) > _MOST_ENTRIES:
        raise _damaged(path)
    packed = [entry for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    is_bomb = (
        sum(entry.file_size for entry in entries if entry not in packed) > os.path.getsize(path)
        or any("/code/" not in entry.filename for entry in packed)
        or sum(entry.file_size for entry in packed) > _MOST_CODE_BYTES
    )
    if is_bomb:
        reason = "it unpacks to more than its own size, as no model file does"
        raise ForeignModelError(path, reason, "do not use it")


def _check_old_file(path: Path, file: BinaryIO) -> None:
    """Files of torch before 1.6: five pickles, then the numbers."""
    for _ in range(_PICKLES_OF_OLD_FILES):
        _check_pickle(path, file)


def _check_pickle(path: Path, file: object) -> None:
    """Read one pickle's instructions up to its end and refuse those that weights have no use for."""
    try:
        for name, argument, place in _instructions(file):
            if place > _MOST_INSTRUCTIONS_BYTES:
                raise _damaged(path)
            if name in _REMEMBERS and isinstance(argument, int) and argument > _MOST_REMEMBERED:
                raise ForeignModelError(path, "it asks for more memory than any model needs", "do not use it")
            if name in _IMPORTS or (name == "GLOBAL" and argument not in _PLAIN):
                raise _holds_code(path, argument)
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError, zipfile.BadZipFile) as error:
        raise _damaged(path) from error


def _instructions(file: object) -> Iterator[tuple[str, object, int]]:
    for instruction, argument, place in genops(file):  # type: ignore[arg-type]  # reads from any binary file
        yield instruction.name, argument, place or 0


def _holds_code(path: Path, wanted: object) -> ForeignModelError:
    name = str(wanted).replace(" ", ".") if wanted else "something"
    if name.startswith(("torch.nn.", "__main__.", "models.", "basicsr.", "archs.")):
        return ForeignModelError(path, f"it is a whole module ({name[:60]}), which is code and not weights", _OTHER)
    reason = f"it is a pickle that calls {name[:60]}, and opening such a file can run anything"
    return ForeignModelError(path, reason, _OTHER)


def _check_tensors(path: Path, file: BinaryIO) -> None:
    start = file.read(8 + _LONGEST_HEADER)
    try:
        facts = header_tensors(start, path)
        room = os.fstat(file.fileno()).st_size - 8 - int.from_bytes(start[:8], "little")
        needed = sum(bytes_of(fact) for fact in facts.values())
    except (CardError, KeyError, ValueError, TypeError) as error:
        raise ForeignModelError(path, "its header is damaged or promises too much", "copy it again") from error
    if not facts or needed != room:
        raise ForeignModelError(path, "its header promises other numbers than it holds", "copy it again")


def _damaged(path: Path) -> ForeignModelError:
    return ForeignModelError(path, "it is damaged or cut short", "copy it again from where it came from")

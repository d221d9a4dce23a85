"""The repair record: what was done to a photo, in full, so that it can be done again to identical pixels.

A record is a JSON file: the photo's size and hash, the versions at work, and a step for each repair with its
recipe, mask (values, not only a hash), donor area, models by hash, and the hash of the pixels that came out.
"""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import read_regular, shown_name, shown_text, strict_json
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import all_methods
from genrepair_desktop.repair.mask_runs import decode_mask, encode_mask, hash_array
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import Coverage, RepairResult

_FORMAT = "genrepair-record"
_VERSION = 1
_MOST_BYTES = 256 * 2**20
_PACKAGES = ("numpy", "scipy", "opencv-python-headless", "numba", "scikit-image", "torch")


class RecordError(GenRepairError):
    """A record file cannot be read, or does not belong to the photo."""


@dataclass(frozen=True)
class Step:
    """One repair: enough to do it again, and the hash of what came out.

    coverage  the mask before growing, uint8 (h, w); None: the whole picture
    methods   which method did each hole, as ``auto`` decided, with any unusual note
    models    model id -> SHA-256 of its weights
    result    hash of the whole photo after this step
    """

    recipe: Recipe
    coverage: Coverage | None
    result: str
    donor: Coverage | None = None
    methods: tuple[dict[str, Any], ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)

    def to_values(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "recipe": self.recipe.to_values(),
            "mask": None if self.coverage is None else encode_mask(self.coverage),
            "mask_sha256": None if self.coverage is None else hash_array(self.coverage),
            "donor": None if self.donor is None else encode_mask(self.donor),
            "methods": list(self.methods),
            "models": dict(self.models),
            "result_sha256": self.result,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Step":
        """The inverse of ``to_values``; raises ``KeyError`` or ``TypeError`` on what is no step."""
        coverage = None if values["mask"] is None else decode_mask(values["mask"])
        if coverage is not None and hash_array(coverage) != values["mask_sha256"]:
            raise RecordError("The mask in the record does not match its hash: the file was damaged or edited.")
        return cls(
            recipe=Recipe.from_values(values["recipe"]),
            coverage=coverage,
            result=str(values["result_sha256"]),
            donor=None if values["donor"] is None else decode_mask(values["donor"]),
            methods=tuple(dict(method) for method in values["methods"]),
            models={str(name): str(sha) for name, sha in values["models"].items()},
        )


@dataclass(frozen=True)
class Record:
    """All repairs of one photo, in order. ``photo`` is the hash of its pixels as opened."""

    photo: str
    steps: tuple[Step, ...]
    versions: Mapping[str, str] = field(default_factory=lambda: versions_at_work())

    def to_json(self) -> str:
        """The record as the text of a file; equal records give equal text."""
        values = {
            "format": _FORMAT,
            "version": _VERSION,
            "photo_sha256": self.photo,
            "versions": dict(self.versions),
            "steps": [step.to_values() for step in self.steps],
        }
        return json.dumps(values, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """The inverse of ``to_json``.

        Raises:
            RecordError: the text is no record, or one of a newer version.
        """
        try:
            values = strict_json(text)
            if values["format"] != _FORMAT:
                raise RecordError("This JSON file is not a repair record.")
            if values["version"] > _VERSION:
                raise RecordError("This record was written by a newer GenRepair: update to read it.")
            return cls(
                photo=str(values["photo_sha256"]),
                steps=tuple(Step.from_values(step) for step in values["steps"]),
                versions={str(name): str(version) for name, version in values["versions"].items()},
            )
        except RecordError:
            raise
        except GenRepairError as error:
            raise RecordError(f"This repair record cannot be used: {shown_text(str(error))}") from None
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            detail = f"no {error}" if isinstance(error, KeyError) else type(error).__name__
            raise RecordError(f"This file is not a repair record ({detail}).") from None


def read_record(path: Path) -> Record:
    """The record in a file.

    Raises:
        OpenError: the file cannot be read.
        RecordError: it is no record.
    """
    try:
        text = read_regular(path, _MOST_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError(f'"{shown_name(path)}" is not a repair record: it is no text.') from None
    return Record.from_json(text)


def versions_at_work() -> dict[str, str]:
    """The versions that decide the pixels: this program, Python and the libraries that compute."""
    found = {"genrepair": _version("genrepair-desktop"), "python": platform.python_version()}
    return found | {name: _version(name) for name in _PACKAGES}


def record_of(
    before: Pixels,
    after: Pixels,
    coverage: Coverage | None,
    result: RepairResult,
    *,
    donor: Coverage | None = None,
    models: Mapping[str, str] | None = None,
) -> Record:
    """The record of one repair that made ``after`` of ``before``."""
    methods = tuple(hole.to_values() for hole in result.holes)
    step = Step(result.recipe, coverage, hash_array(after), donor, methods, models or {})
    return Record(hash_array(before), (step,))


def models_used(result: RepairResult, hash_of: Callable[[str], str]) -> dict[str, str]:
    """The models behind a result with the hash of each, as ``hash_of`` tells it for a model id."""
    methods = {result.recipe.method} | {hole.method for hole in result.holes}
    known = all_methods()
    ids = {model_id for method in methods if method in known for model_id in known[method].models}
    return {model_id: hash_of(model_id) for model_id in sorted(ids)}


def write_record(path: Path, record: Record) -> None:
    """Write a record's file, in one step; one that is there is replaced.

    Raises:
        SaveError: the disk or the system refuses.
    """
    write_atomic(path, record.to_json().encode("utf-8"))


def lay_in(pixels: Pixels, result: RepairResult) -> Pixels:
    """The photo with a result's pieces in place; not ``pixels``, but it may be the result's own array."""
    if result.replacement is not None:
        return result.replacement
    if [rect for rect, _ in result.pieces] == [Rect.of_shape(pixels.shape)]:
        return result.pieces[0][1]
    repaired = pixels.copy()
    for rect, piece in result.pieces:
        repaired[rect.slices] = piece
    return repaired


@dataclass(frozen=True)
class Replay:
    """The pixels of a replayed record, and whether every step came out as recorded."""

    pixels: Pixels
    is_identical: bool
    changed: int


def replay(record: Record, pixels: Pixels, ctx: RunContext, models: ModelLoader) -> Replay:
    """Do all steps of a record again.

    Raises:
        RecordError: the photo is not the one the record was made from.
    """
    if hash_array(pixels) != record.photo:
        raise RecordError("The photo is not the one this record was made from: its pixels differ.")
    is_identical, changed = True, 0
    for number, step in enumerate(record.steps):
        part = ctx.part(number / len(record.steps), (number + 1) / len(record.steps))
        pause = partial(part.checkpoint, 0.0, "looking")
        request = prepare(pixels, step.coverage, step.recipe, donor=step.donor, is_lent=True, pause=pause)
        result = run(request, part, models)
        pixels = lay_in(pixels, result)
        is_identical = is_identical and hash_array(pixels) == step.result
        changed += result.changed
    return Replay(pixels, is_identical, changed)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"

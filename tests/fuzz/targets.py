"""Everything that reads a file nobody vouches for, each with sound files to start from.

A target may open the file or raise a ``GenRepairError`` that is one sentence. Anything else is a finding.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.document.project_file import capture, load_project, save_project
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.registry.card import CARD_FILE, WEIGHTS_FILE, TensorFacts, WeightsFacts, read_card
from genrepair_desktop.registry.weights import header_tensors, read_weights
from genrepair_desktop.repair.photo_job import read_mask
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import Record, Step, hash_array, read_record
from tests import corpus


class NotASentenceError(AssertionError):
    """An error that a user would be shown is not one plain sentence."""


@dataclass(frozen=True)
class Target:
    """One reader.

    read   opens the file at a path, in a folder of its own
    file   the name the file must have there
    seeds  sound files
    """

    name: str
    read: Callable[[Path], object]
    file: str
    seeds: Callable[[], Iterator[bytes]]


def outcome(target: Target, path: Path) -> str:
    """ "opened" or "refused"; whatever else the reader raises passes through."""
    try:
        target.read(path)
    except GenRepairError as error:
        text = str(error)
        if not (text.endswith(".") and text.isprintable() and 20 < len(text) < 400):
            raise NotASentenceError(text) from error
        return "refused"
    return "opened"


def _read_mask(path: Path) -> None:
    photo = np.zeros((corpus.H, corpus.W, 3), np.uint8)
    coverage = read_mask(path, photo, may_be_empty=True)
    assert coverage.shape == photo.shape[:2]


def _read_photo(path: Path) -> None:
    photo = read_photo(path)
    assert photo.pixels.ndim == 3
    assert photo.pixels.dtype in (np.uint8, np.uint16)


def _read_weights(path: Path) -> None:
    content = path.read_bytes()
    # as if the card had been forged with them: the hash alone would refuse every changed file
    facts = WeightsFacts(hashlib.sha256(content).hexdigest(), len(content), header_tensors(content, path))
    tensors = read_weights(path.parent, facts)
    assert {name: TensorFacts(facts.tensors[name].dtype, tuple(values.shape)) for name, values in tensors.items()} == (
        facts.tensors
    )


def _pictures() -> Iterator[bytes]:
    return (sample.data for sample in corpus.sound_files())


def _masks() -> Iterator[bytes]:
    mask = np.zeros((corpus.H, corpus.W), np.uint8)
    mask[4:9] = 255
    for values in (mask, mask[::2, ::2], np.zeros_like(mask), np.dstack([mask] * 4)):
        yield corpus.saved(corpus.Image.fromarray(values), "PNG")


def _cards() -> Iterator[bytes]:
    from genrepair_desktop.paths import shipped_models_dir

    small = {
        "id": "a", "kind": "fill", "summary": "s", "config": {"network": "n"}, "licence": "l", "intended_use": "u",
        "weights": {"sha256": "0" * 64, "bytes": 8, "tensors": {"w": asdict(TensorFacts("F32", (2,)))}},
        "limits": ["x"], "data": [{"name": "d", "pictures": 1, "licence": "l", "source": "s"}],
    }  # fmt: skip
    yield json.dumps(small).encode()
    yield from (path.read_bytes() for path in sorted(shipped_models_dir().glob(f"*/{CARD_FILE}")))


def safetensors(header: object, data: bytes) -> bytes:
    """A file of this format from its parts."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def _weights() -> Iterator[bytes]:
    head = {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    values = np.arange(6, dtype=np.float32).tobytes()
    yield safetensors(head, values)
    yield safetensors(head | {"b": {"dtype": "F16", "shape": [0], "data_offsets": [24, 24]}}, values)
    yield safetensors({"__metadata__": {"x": "y"}} | head, values)


def _projects() -> Iterator[bytes]:
    import tempfile

    document = Document(corpus.picture(0, 4, size=(60, 70)))
    history = History(document)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.genrepair"
        save_project(path, capture(document, history))
        yield path.read_bytes()


def _records() -> Iterator[bytes]:
    photo = corpus.picture()
    coverage = np.zeros(photo.shape[:2], np.uint8)
    coverage[3:5] = 255
    step = Step(Recipe("telea"), coverage, hash_array(photo), methods=({"rect": [0, 3, 26, 2], "method": "telea"},))
    yield Record(hash_array(photo), (step,), {"genrepair": "1"}).to_json().encode()


TARGETS = {
    target.name: target
    for target in (
        Target("image", _read_photo, "file.bin", _pictures),
        Target("mask", _read_mask, "file.bin", _masks),
        Target("card", lambda path: read_card(path.parent), CARD_FILE, _cards),
        Target("weights", _read_weights, WEIGHTS_FILE, _weights),
        Target("project", load_project, "file.genrepair", _projects),
        Target("record", read_record, "file.json", _records),
    )
}

"""Projects, cards, weights and records made to hurt: zip attacks, JSON attacks, pickles with a harmless marker."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests import corpus
from tests.fuzz.targets import TARGETS, safetensors

# a payload would make this file; the tests look that nobody did
MARKER = "genrepair-was-here"

JSON_ATTACKS = {
    "deep-lists": b"[" * 100_000 + b"]" * 100_000,
    "deep-objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nan": b'{"version": NaN, "pixels": {"shape": [NaN, Infinity, 3]}}',
    "huge-number": b'{"version": ' + b"9" * 5_000 + b"}",
    "huge-exponent": b'{"version": 1e999999}',
    "double-keys": b'{"format": "genrepair", "version": 1, "version": 2, "format": "other"}',
    "list": b"[1, 2, 3]", "text": b'"text"', "number": b"7", "null": b"null", "nothing": b"", "zeros": bytes(500),
    "utf16": '{"format": "x"}'.encode("utf-16"), "surrogates": b'{"id": "\\ud800"}', "bom": b"\xef\xbb\xbf{}",
    "crowd": json.dumps({f"k{n}": n for n in range(30_000)}).encode(),
    "long-text": b'{"id": "' + b"a" * 900_000 + b'"}',
}  # fmt: skip


def attacks(rng: np.random.Generator) -> Iterator[tuple[str, str, bytes]]:
    """Target, name and content of each."""
    for target in ("card", "record"):
        for name, data in JSON_ATTACKS.items():
            yield target, f"{name}.json", data
        yield from (
            (target, f"forged-{n}.json", data)
            for n, data in enumerate(_forged(next(TARGETS[target].seeds()), rng, 150))
        )
    yield from (("weights", name, data) for name, data in _weights(rng))
    yield from (("project", name, data) for name, data in _projects(rng))


def payload(folder: str = "") -> bytes:
    """A pickle that makes the marker file when it is loaded."""

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return os.mkdir, (os.path.join(folder, MARKER),)

    return pickle.dumps(Payload())


def _forged(data: bytes, rng: np.random.Generator, count: int) -> Iterator[bytes]:
    """Sound JSON with one value changed to something of another kind or size."""
    odd: list[object] = [None, True, -1, 0, 1.5, 2**63, 10**400, 1e308, "", "\0", "a" * 9_000, "../../etc/passwd"]
    odd += [[], {}, [[]], {"a": {}}, [2**31] * 4]
    places = list(_places(json.loads(data)))
    for _ in range(count):
        forged = json.loads(data)
        *path, last = places[int(rng.integers(len(places)))]
        holder = forged
        for key in path:
            holder = holder[key]
        holder[last] = odd[int(rng.integers(len(odd)))]
        yield json.dumps(forged).encode()


def _places(values: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _weights(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    def one(dtype: str = "F32", shape: object = (2, 3), offsets: object = (0, 24)) -> dict[str, object]:
        return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}

    values = np.arange(6, dtype=np.float32)
    data = values.tobytes()
    yield "pickle.safetensors", payload()
    yield "zipped-pickle.safetensors", _zip({"archive/data.pkl": payload(), "archive/version": b"3"})
    yield "memo-bomb.safetensors", b"\x80\x04r\xff\xff\xff\x7f."
    yield "pickle-inside.safetensors", safetensors(one(shape=[len(payload())], dtype="U8"), payload())
    for name, bad in (("nan", np.nan), ("infinite", np.inf), ("minus-infinite", -np.inf)):
        broken = values.copy()
        broken[3] = bad
        yield f"{name}.safetensors", safetensors(one(), broken.tobytes())
    for name, header in {
        "terabyte": one(shape=[2**40], offsets=[0, 2**42]), "stride": one(shape=[2**30, 2**30], offsets=[0, 24]),
        "overflow": one(shape=[2**32, 2**32], offsets=[0, 0]), "minus": one(shape=[-1, 6]),
        "holes": one(offsets=[8, 32]), "outside": one(offsets=[0, 2**60]), "backwards": one(offsets=[24, 0]),
        "fractions": one(shape=[1.5, 2]), "bools": one(dtype="BOOL", shape=[24]), "unknown": one(dtype="X9"),
        "overlap": {"a": one()["a"], "b": one()["a"]}, "not-a-list": one(shape="23"), "empty": {},
        "many-sides": one(shape=[1] * 5_000 + [6]), "crowd": {f"t{n}": one()["a"] for n in range(20_000)},
    }.items():  # fmt: skip
        yield f"{name}.safetensors", safetensors(header, data)
    for name, text in JSON_ATTACKS.items():
        yield f"header-{name}.safetensors", safetensors(text, data)
    double = b'{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},'
    double += b'"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}'
    yield "double-names.safetensors", safetensors(double, data)
    for length in (0, 7, 2**63 - 1, 2**64 - 1, 100_000_001):
        yield f"header-of-{length}.safetensors", length.to_bytes(8, "little") + data


def _zip(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _projects(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    sound = next(TARGETS["project"].seeds())
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = parts["manifest.json"]
    yield "slip.genrepair", _zip({"../../" + MARKER: b"x", "/tmp/" + MARKER: b"x", **parts})
    yield "double.genrepair", _doubled(parts)
    yield "link.genrepair", _linked(parts)
    for name, data in JSON_ATTACKS.items():
        yield f"manifest-{name}.genrepair", _zip({**parts, "manifest.json": data})
    yield "manifest-bomb.genrepair", _zip({**parts, "manifest.json": b'{"a": "' + b" " * (300 << 20) + b'"}'})
    for member in parts:
        yield f"bomb-{Path(member).name}.genrepair", _zip({**parts, member: bytes(200 << 20)})
        yield f"without-{Path(member).name}.genrepair", _zip({n: d for n, d in parts.items() if n != member})
        yield f"short-{Path(member).name}.genrepair", _zip({**parts, member: parts[member][:-1]})
    yield "overlap.genrepair", _overlapping(parts)
    yield "many.genrepair", _zip({**{f"m{n}": b"" for n in range(30_000)}, **parts}, zipfile.ZIP_STORED)
    for shape in ([13_000, 13_000, 4], [2**31, 2**31, 3], [1, 178_000_000, 4], [0, 5, 3], [-1, 5, 3], [9, 9]):
        forged = json.loads(manifest)
        forged["pixels"]["shape"] = shape
        yield f"shape-{shape[0]}-{shape[1]}.genrepair", _zip({**parts, "manifest.json": json.dumps(forged).encode()})
    for place in ("/etc/passwd", "/dev/zero", "\\\\server\\share", "../../x", "a\0b"):
        forged = json.loads(manifest)
        forged["source"] = {"path": place, "format": "png", "bits": 8, "file_bytes": 9, "jpeg": None}
        yield f"source{place.count('/')}.genrepair", _zip({**parts, "manifest.json": json.dumps(forged).encode()})
    for number, data in enumerate(_forged(manifest, rng, 300)):
        yield f"forged-{number}.genrepair", _zip({**parts, "manifest.json": data}, zipfile.ZIP_STORED)
    yield "encrypted.genrepair", _flagged(sound)


def _doubled(parts: dict[str, bytes]) -> bytes:
    import warnings

    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for _ in range(2):
            for name, data in parts.items():
                archive.writestr(name, data)
    return out.getvalue()


def _linked(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name)
            if name == "pixels.bin":
                info.external_attr, data = 0o120777 << 16, b"/etc/passwd"
            archive.writestr(info, data)
    return out.getvalue()


def _overlapping(parts: dict[str, bytes]) -> bytes:
    """Every entry of the directory points at the same member: small file, endless content (Fifield 2019)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pixels.bin", bytes(64 << 20))
        shared = archive.getinfo("pixels.bin")
        for number in range(2_000):
            info = zipfile.ZipInfo(f"edits/{number:05d}.bin")
            for name in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(info, name, getattr(shared, name))
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
        archive.writestr("manifest.json", parts["manifest.json"])
    return out.getvalue()


def _flagged(sound: bytes) -> bytes:
    """Says of every member that it is encrypted."""
    data = bytearray(sound)
    at = 0
    while (at := data.find(b"PK\1\2", at)) >= 0:
        flags = struct.unpack_from("<H", data, at + 8)[0]
        struct.pack_into("<H", data, at + 8, flags | 1)
        at += 4
    return bytes(data)


def mutated(target: str, rng: np.random.Generator, each: int) -> Iterator[tuple[str, str, bytes]]:
    """``each`` mutations of every sound file of a target, the sound ones first."""
    for number, data in enumerate(TARGETS[target].seeds()):
        sample = corpus.Sample(f"{number}", data)
        yield target, f"sound-{number}", data
        yield from ((target, f"{target}-{m.name}", m.data) for m in corpus.mutations(sample, rng, each))

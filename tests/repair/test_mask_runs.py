"""Masks go through JSON unharmed, and nothing that is not a mask comes out of it."""

import base64
import json
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from genrepair_desktop.errors import MaskError
from genrepair_desktop.repair.mask_runs import decode_mask, encode_mask, hash_array

masks = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    elements=st.sampled_from([0, 0, 0, 1, 128, 255]),
)


@given(masks)
def test_a_mask_survives_json(mask: np.ndarray) -> None:
    assert np.array_equal(decode_mask(json.loads(json.dumps(encode_mask(mask)))), mask)


def test_every_pixel_may_differ_from_its_neighbour() -> None:
    mask = np.indices((33, 57)).sum(axis=0).astype(np.uint8)
    assert np.array_equal(decode_mask(encode_mask(mask)), mask)


def test_strokes_at_24_megapixels_stay_small() -> None:
    mask = np.zeros((4000, 6000), np.uint8)
    mask[1000:1400, 200:5800] = 255
    assert len(json.dumps(encode_mask(mask))) < 20_000


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def run(value: int, length: int) -> bytes:
    return bytes([value]) + length.to_bytes(4, "little")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"width": 4, "height": 4},
        {"width": 4, "height": 4, "runs": "no base64!"},
        {"width": 4, "height": 4, "runs": base64.b64encode(b"not deflated").decode()},
        {"width": 4, "height": 4, "runs": packed(run(255, 15))},
        {"width": 4, "height": 4, "runs": packed(run(255, 17))},
        {"width": 4, "height": 4, "runs": packed(run(255, 16) + b"x")},
        {"width": 0, "height": 4, "runs": packed(b"")},
        {"width": 10**9, "height": 10**9, "runs": packed(b"")},
        {"width": "wide", "height": 4, "runs": packed(run(255, 16))},
        {"width": 4, "height": 4, "runs": None},
    ],
)
def test_what_is_no_mask_is_refused_by_name(values: dict[str, object]) -> None:
    with pytest.raises(MaskError):
        decode_mask(values)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(200 * 2**20), 9)).decode()
    with pytest.raises(MaskError, match="longer than its size allows"):
        decode_mask({"width": 100, "height": 100, "runs": bomb})


def test_the_hash_tells_shape_type_and_values_apart() -> None:
    base = np.zeros((4, 6), np.uint8)
    others = [base.reshape(6, 4), base.astype(np.uint16), base + np.uint8(1)]
    assert len({hash_array(base), *(hash_array(other) for other in others)}) == 4
    assert hash_array(base) == hash_array(np.asfortranarray(base))


def test_a_bomb_of_runs_is_refused_before_it_is_unpacked() -> None:
    side = 13_000
    machine = zlib.compressobj(9)
    bomb = b"".join(machine.compress(bytes(1 << 20)) for _ in range(300)) + machine.flush()
    tracemalloc.start()
    try:
        with pytest.raises(MaskError, match="longer than its size allows"):
            decode_mask({"width": side, "height": side, "runs": base64.b64encode(bomb).decode()})
        assert tracemalloc.get_traced_memory()[1] < 500 * 2**20
    finally:
        tracemalloc.stop()

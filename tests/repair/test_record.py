"""A record does its repairs again to identical pixels, and refuses what it was not made from."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.files import OpenError
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.mask_runs import hash_array
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import Record, RecordError, Step, read_record, record_of, replay, write_record
from tests.shell import picture, scratch


def recorded(recipe: Recipe, pixels: np.ndarray, mask: np.ndarray) -> tuple[Record, np.ndarray]:
    done = repair_pixels(pixels, mask, recipe, RunContext(), NoModels())
    return record_of(pixels, done.pixels, mask, done.result), done.pixels


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("telea"),
        Recipe("harmonic", grow=4, strength=0.7, seed=11),
        Recipe("auto", seed=3),
        Recipe("tv", grain=0.2, seed=2**40),
    ],
)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_replay_gives_identical_pixels(recipe: Recipe, depth: type, tmp_path: Path) -> None:
    pixels = picture(depth=depth)
    record, after = recorded(recipe, pixels, scratch())
    write_record(tmp_path / "record.json", record)
    again = replay(read_record(tmp_path / "record.json"), pixels, RunContext(99), NoModels())
    assert again.is_identical
    assert again.pixels.tobytes() == after.tobytes()


def test_several_steps_are_done_in_order() -> None:
    pixels = picture()
    first, middle = recorded(Recipe("telea"), pixels, scratch())
    second, after = recorded(Recipe("harmonic", strength=0.5), middle, scratch()[::-1].copy())
    both = Record(first.photo, first.steps + second.steps)
    again = replay(Record.from_json(both.to_json()), pixels, RunContext(), NoModels())
    assert again.is_identical
    assert np.array_equal(again.pixels, after)


def test_soft_masks_and_donor_areas_are_kept() -> None:
    soft = np.tile(np.arange(160, dtype=np.uint8), (120, 1))
    donor = scratch()
    step = Step(Recipe("patchmatch", {"patch": 7}, 5), soft, "ab", donor, ({"method": "x"},), {"m": "cd"})
    back = Step.from_values(json.loads(json.dumps(step.to_values())))
    assert back.recipe == step.recipe
    assert np.array_equal(back.coverage, soft)
    assert np.array_equal(back.donor, donor)
    assert (back.result, back.methods, back.models) == (step.result, step.methods, step.models)


def test_another_photo_is_refused() -> None:
    record, _ = recorded(Recipe("telea"), picture(), scratch())
    with pytest.raises(RecordError, match="not the one"):
        replay(record, picture(seed=1), RunContext(), NoModels())


def test_a_changed_result_is_noticed() -> None:
    record, _ = recorded(Recipe("telea"), picture(), scratch())
    values = json.loads(record.to_json())
    values["steps"][0]["result_sha256"] = "0" * 64
    assert not replay(Record.from_json(json.dumps(values)), picture(), RunContext(), NoModels()).is_identical


def test_a_tampered_mask_is_noticed() -> None:
    record, _ = recorded(Recipe("telea"), picture(), scratch())
    values = json.loads(record.to_json())
    values["steps"][0]["mask_sha256"] = hash_array(scratch()[::-1].copy())
    with pytest.raises(RecordError, match="damaged or edited"):
        Record.from_json(json.dumps(values))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    key=st.sampled_from(["format", "version", "photo_sha256", "versions", "steps"]),
    step_key=st.sampled_from(["recipe", "mask", "mask_sha256", "donor", "methods", "models", "result_sha256", None]),
    value=json_values,
)
@settings(max_examples=150, deadline=None)
def test_no_json_gets_past_the_reader_but_as_a_record(key: str, step_key: str | None, value: object) -> None:
    values = json.loads(RECORD)
    if step_key is None:
        values[key] = value
    else:
        values["steps"][0][step_key] = value
    with contextlib.suppress(RecordError):
        Record.from_json(json.dumps(values))


RECORD = Record("ab", (Step(Recipe("telea"), scratch((8, 8)), "cd"),), {"numpy": "2"}).to_json()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000, '{"format": "genrepair-record"}'])
def test_what_is_no_record_is_one_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="not a repair record"):
        Record.from_json(text)


def test_a_newer_record_is_refused_politely() -> None:
    values = json.loads(RECORD) | {"version": 2}
    with pytest.raises(RecordError, match="newer GenRepair"):
        Record.from_json(json.dumps(values))


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OpenError):
        read_record(tmp_path / "none.json")
    (tmp_path / "photo.json").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(RecordError, match=r"photo\.json"):
        read_record(tmp_path / "photo.json")

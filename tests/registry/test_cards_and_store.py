import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.registry.card import CARD_FILE, WEIGHTS_FILE, CardError, card_json, read_card
from genrepair_desktop.registry.store import ModelStore, UnknownModelError
from tests.tiny_models import write_model


def change(folder: Path, path: tuple[str, ...], value: Any) -> None:
    values = json.loads((folder / CARD_FILE).read_text())
    place = values
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (folder / CARD_FILE).write_text(json.dumps(values))


def test_a_card_survives_writing_and_reading(model_folder: Path) -> None:
    card = read_card(model_folder)
    assert card_json(card) == (model_folder / CARD_FILE).read_text()
    assert card.limits == ("It was never trained.",)
    assert card.scores[0].name == "luck"
    assert card.parameters > 1000


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "../../etc"),
        (("id",), "UPPER"),
        (("id",), 7),
        (("kind",), "pickle"),
        (("config",), {"widths": [1]}),
        (("config",), []),
        (("weights", "sha256"), "abc"),
        (("weights", "bytes"), -1),
        (("weights", "bytes"), True),
        (("weights", "bytes"), 2**40),
        (("weights", "tensors"), {}),
        (("weights", "tensors"), {"a": {"dtype": "F64", "shape": [1]}}),
        (("weights", "tensors"), {"a": {"dtype": "F32", "shape": [-1]}}),
        (("weights", "tensors"), {"a": {"dtype": "F32", "shape": [2**31, 2**31]}}),
        (("limits",), "none"),
        (("data",), [{"unknown": 1}]),
        (("scores",), [7]),
        (("surprise",), 1),
        (("config", "depth"), 10**6),
        (("config", "depth"), 1e300),
        (("config", "widths"), [1] * 1000),
        (("config", "deep"), [[[[[[1]]]]]]),
        (("summary",), "\ud800"),
        (("scores",), [{"name": "n", "value": float("nan"), "unit": "u", "pictures": 1}]),
        (("scores",), [{"name": "n", "value": float("inf"), "unit": "u", "pictures": 1}]),
        (("training",), {"number": 10**5000}),
    ],
)
def test_a_card_that_says_what_cannot_be_is_refused(model_folder: Path, path: tuple[str, ...], value: Any) -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    change(model_folder, path, value)
    sys.set_int_max_str_digits(limit)
    with pytest.raises(CardError, match="card is damaged"):
        read_card(model_folder)


@pytest.mark.parametrize(
    "text", ['{"id": 1, "id": 2}', '{"a": {"b": 1, "b": 1}}', "[" * 100_000, '{"a": 1e999}', "\xff"]
)
def test_json_that_readers_would_understand_differently_is_refused(model_folder: Path, text: str) -> None:
    (model_folder / CARD_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(CardError, match="card is damaged"):
        read_card(model_folder)


def test_a_name_that_stands_twice_in_a_sound_card_is_refused(model_folder: Path) -> None:
    text = (model_folder / CARD_FILE).read_text()
    (model_folder / CARD_FILE).write_text(text.replace("{", '{"licence": "free",', 1))
    with pytest.raises(CardError, match="stands twice"):
        read_card(model_folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damaged_card_escapes_as_another_error(model_folder: Path, data: st.DataObject) -> None:
    content = bytearray(write_and_read(model_folder))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    (model_folder / CARD_FILE).write_bytes(bytes(content))
    # Some changes are harmless: a letter of the summary
    with contextlib.suppress(GenRepairError):
        read_card(model_folder)


def write_and_read(folder: Path) -> bytes:
    write_model(folder)
    return (folder / CARD_FILE).read_bytes()


def test_deeply_nested_json_is_refused(model_folder: Path) -> None:
    (model_folder / CARD_FILE).write_text("[" * 100_000)
    with pytest.raises(CardError):
        read_card(model_folder)


def test_the_store_lists_sound_models_and_explains_broken_ones(model_folder: Path) -> None:
    other = model_folder.parent / "broken"
    other.mkdir()
    (other / CARD_FILE).write_text("{}")
    (model_folder.parent / "no model").mkdir()
    store = ModelStore([model_folder.parent, model_folder.parent / "missing"])
    assert [m.card.id for m in store.models()] == ["fill-test"]
    assert [b.folder.name for b in store.broken()] == ["broken"]
    assert "card is damaged" in store.broken()[0].reason


def test_a_model_without_whole_weights_is_not_there(model_folder: Path) -> None:
    store = ModelStore([model_folder.parent])
    assert store.has("fill-test")
    weights = model_folder / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-1])
    assert not store.has("fill-test")
    weights.unlink()
    assert not store.has("fill-test")
    assert not store.has("another")


def test_the_users_own_model_takes_the_place_of_the_shipped_one(model_folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "fill-test"
    write_model(own)
    store = ModelStore([model_folder.parent, own.parent])
    assert store.get("fill-test").folder == own


def test_a_new_model_is_found_after_a_refresh(model_folder: Path) -> None:
    store = ModelStore([model_folder.parent])
    write_model(model_folder.parent / "second", model_id="second")
    with pytest.raises(UnknownModelError, match="not installed"):
        store.get("second")
    store.refresh()
    assert store.get("second").card.id == "second"


def test_looking_for_models_does_not_import_torch(model_folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from genrepair_desktop.registry.store import ModelStore;"
        "from genrepair_desktop.registry.loader import ModelLoader;"
        f"assert ModelLoader(ModelStore([Path({str(model_folder.parent)!r})])).has('fill-test');"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

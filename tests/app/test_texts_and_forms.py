"""Every id a Qt-free room speaks has its words, and every params dataclass makes a form that reads back."""

import ast
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import texts
from genrepair_desktop.app.canvas.tools import TOOLS
from genrepair_desktop.app.forms import ParamsForm
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.params import as_values, choice, field_infos, number, switch

PACKAGE = Path(texts.__file__).parents[1]


def strings_given_to(names: set[str], argument: int, rooms: tuple[str, ...]) -> set[str]:
    """The literal strings that calls of these functions or methods are given at a place."""
    found: set[str] = set()
    for room in rooms:
        for path in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or len(node.args) <= argument:
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = node.args[argument]
                if name in names and isinstance(given, ast.Constant) and isinstance(given.value, str):
                    found.add(given.value)
    return found


def test_methods_and_their_titles_are_the_same_set() -> None:
    assert set(texts.METHODS) == set(METHODS)


def test_every_parameter_and_choice_of_the_catalog_has_a_title_and_no_title_is_left_over() -> None:
    params, words = set(), set()
    for spec in METHODS.values():
        for name, info in field_infos(spec.params).items():
            params.add(name)
            words.update(info.choices)
    assert set(texts.PARAMS) == params
    assert set(texts.CHOICES) == words


def test_every_stage_that_repairing_reports_has_words() -> None:
    assert strings_given_to({"checkpoint"}, 1, ("repair", "imaging", "app")) <= set(texts.STAGES)


def test_every_stroke_has_a_name_in_the_history() -> None:
    assert {tool for tool in TOOLS if tool != "pan"} <= set(texts.EDITS)
    assert texts.edit_title("repair:biharmonic").startswith("Repair: ")


def test_helps_are_sentences() -> None:
    for method, text in texts.METHODS.items():
        assert text.help.endswith("."), method
    for spec in METHODS.values():
        for name, info in field_infos(spec.params).items():
            assert info.help.endswith("."), f"{spec.id}.{name}"


@pytest.mark.parametrize(
    ("count", "is_whole", "words"),
    [(None, False, "Repair"), (0, False, "Repair"), (1, False, "Repair 1 place"), (41, False, "Repair 41 places")],
)
def test_the_button_says_what_will_happen(count: int | None, is_whole: bool, words: str) -> None:
    assert texts.button_title("auto", count=count, is_whole=is_whole) == words


def test_changed_pixels_are_told_in_full() -> None:
    assert texts.changed_sentence(19204) == "changed 19,204 px, nothing else"
    assert texts.changed_sentence(0) == "changed no pixel"


def test_unusual_places_are_counted_and_usual_ones_are_not_told() -> None:
    assert texts.unusual_sentence(["", ""]) == ""
    said = texts.unusual_sentence(["unfamiliar", "", "unfamiliar", "out-of-memory"])
    assert said.startswith("2 places: unlike the photos that the networks learned from")
    assert said.endswith("; 1 place: ran out of memory, filled smoothly instead.")


@dataclass(frozen=True)
class Everything:
    size: int = number(5, 1, 9, "A size.", step=2, unit="px")
    share: float = number(0.25, 0.0, 1.0, "A share.", step=0.05)
    tiny: float = number(1e-5, 1e-8, 1e-2, "A tiny number.", step=1e-5)
    kind: str = choice("b", ("a", "b"), "A kind.")
    is_on: bool = switch(True, "A switch.", advanced=True)


def test_a_form_shows_defaults_with_units_and_buddies(qtbot: QtBot, dark: Theme) -> None:
    form = ParamsForm(Everything, dark)
    qtbot.addWidget(form)
    assert form.params() == Everything()
    size = form.editor("size")
    assert isinstance(size, NumberField)
    assert size.box.suffix() == " px"
    assert size.box.toolTip() == "A size."
    named = {label.text() for label in form.findChildren(QLabel) if label.buddy() is not None}
    assert named == {texts.param_title(name) for name in ("size", "share", "tiny", "kind")}


def test_a_form_reads_back_what_was_typed_and_tells_of_it(qtbot: QtBot, dark: Theme) -> None:
    form = ParamsForm(Everything, dark)
    qtbot.addWidget(form)
    kind, size = form.editor("kind"), form.editor("size")
    assert isinstance(kind, QComboBox)
    assert isinstance(size, NumberField)
    with qtbot.waitSignal(form.changed):
        kind.setCurrentIndex(0)
    size.box.setValue(7)
    assert form.params() == Everything(size=7, kind="a")
    assert type(form.values()["size"]) is int


def test_a_changed_number_shows_a_way_back_to_its_default(qtbot: QtBot, dark: Theme) -> None:
    form = ParamsForm(Everything, dark)
    qtbot.addWidget(form)
    form.show()
    share = form.editor("share")
    assert isinstance(share, NumberField)
    assert not share.reset_button.isVisible()
    share.box.setValue(0.5)
    assert share.reset_button.isVisible()
    share.reset_button.click()
    assert share.value == 0.25
    assert not share.reset_button.isVisible()


def test_the_slider_and_the_box_agree_over_decades(qtbot: QtBot, dark: Theme) -> None:
    field = NumberField(dark, name="Size", low=1, high=2000, default=40, is_log=True)
    qtbot.addWidget(field)
    for value in (1, 3, 40, 500, 2000):
        field.box.setValue(value)
        position = field.slider.value()
        field.slider.setValue(0)
        field.slider.setValue(position)
        assert field.value == pytest.approx(value, rel=0.02, abs=1)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_makes_a_form_that_gives_its_own_defaults(method: str, qtbot: QtBot, dark: Theme) -> None:
    params = METHODS[method].params
    form = ParamsForm(params, dark)
    qtbot.addWidget(form)
    assert form.params() == params()
    assert form.values() == as_values(params())
    assert form.is_empty == (not dataclasses.fields(params))

"""One table of commands: no shortcut twice, all reachable, editable, and enabled when they make sense."""

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.canvas.tools import TOOLS
from genrepair_desktop.app.command_rows import ROWS
from genrepair_desktop.app.commands import AppState, Command, CommandTable
from genrepair_desktop.app.dialogs.command_palette import CommandPalette, found_commands
from genrepair_desktop.app.dialogs.shortcut_editor import ShortcutEditor
from genrepair_desktop.app.dialogs.shortcut_sheet import ShortcutSheet
from genrepair_desktop.app.menus import GROUPS, MENUS, TOOL_COLUMN
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme


class Bench:
    """Stands in for the workbench: notes which commands ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, command: Command) -> None:
        command.handler(self)  # type: ignore[arg-type]


def row(command_id: str, *shortcuts: str, needs_photo: bool = False) -> Command:
    return Command(
        command_id,
        command_id.title(),
        lambda bench: bench.ran.append(command_id),  # type: ignore[attr-defined]
        shortcuts,
        enabled_when=(lambda state: state.has_photo) if needs_photo else (lambda state: True),
    )


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def table(bench: Bench, settings: Settings, dark: Theme, qtbot: QtBot):
    parent = QObject()
    rows = (row("file.one", "Ctrl+1"), row("file.two", "Ctrl+2", "F2"), row("edit.three", "Ctrl+3", needs_photo=True))
    yield CommandTable(rows, bench, settings, dark, parent)  # type: ignore[arg-type]
    parent.deleteLater()


def test_no_shortcut_belongs_to_two_commands() -> None:
    owners: dict[str, str] = {}
    for command in ROWS:
        for text in command.shortcuts:
            keys = QKeySequence(text).toString(QKeySequence.SequenceFormat.PortableText)
            assert keys, f"{command.id}: {text!r} is no key sequence"
            assert owners.setdefault(keys, command.id) == command.id, f"{keys} is in {owners[keys]} and {command.id}"


def test_ids_are_unique_and_every_group_has_a_heading() -> None:
    assert len({command.id for command in ROWS}) == len(ROWS)
    assert {command.group for command in ROWS} == set(GROUPS)


def test_every_tool_of_the_canvas_has_a_command() -> None:
    assert {f"tool.{tool}" for tool in TOOLS} <= {command.id for command in ROWS}


def test_every_command_stands_in_a_menu_a_column_or_has_a_shortcut() -> None:
    placed = {entry for entries in MENUS.values() for entry in entries if entry} | set(TOOL_COLUMN)
    ids = {command.id for command in ROWS}
    assert {entry for entry in placed if entry and not entry.startswith("*")} <= ids
    assert not [command.id for command in ROWS if command.id not in placed and not command.shortcuts]


def test_conventions_of_other_programs_hold() -> None:
    keys = {command.id: command.shortcuts for command in ROWS}
    assert set(keys["edit.redo"]) == {"Ctrl+Shift+Z", "Ctrl+Y"}
    assert keys["tool.brush"] == ("B",)
    assert keys["tool.eraser"] == ("E",)
    assert keys["tool.smaller"] == ("[",)
    assert "Ctrl+Shift+E" in keys["file.export"]
    assert keys["compare.hold"] == ("\\",)
    assert "Q" in keys["view.overlay"]


def test_a_disabled_command_does_not_run(table: CommandTable, bench: Bench) -> None:
    table.run("edit.three")
    table.refresh(AppState(has_photo=True))
    assert table.action("edit.three").isEnabled()
    table.run("edit.three")
    table.run("file.one")
    assert bench.ran == ["edit.three", "file.one"]


def test_a_shortcut_of_another_command_is_refused(table: CommandTable) -> None:
    with pytest.raises(ValueError, match=r"File\.Two"):
        table.set_shortcuts("file.one", ["F2"])
    assert table.shortcuts("file.one") == ("Ctrl+1",)


def test_own_shortcuts_hold_at_once_and_can_be_reset(table: CommandTable, settings: Settings) -> None:
    table.set_shortcuts("file.one", ["F9", "Ctrl+1"])
    assert [keys.toString() for keys in table.action("file.one").shortcuts()] == ["F9", "Ctrl+1"]
    assert settings.shortcuts("file.one") == ("F9", "Ctrl+1")
    table.reset_shortcuts()
    assert settings.shortcuts("file.one") is None
    assert [keys.toString() for keys in table.action("file.one").shortcuts()] == ["Ctrl+1"]


def test_setting_the_built_in_shortcut_stores_nothing(table: CommandTable, settings: Settings) -> None:
    table.set_shortcuts("file.one", ["F9"])
    table.set_shortcuts("file.one", ["Ctrl+1"])
    assert settings.shortcuts("file.one") is None


def test_the_editor_says_whose_keys_they_are_and_does_not_set_them(table: CommandTable, qtbot: QtBot) -> None:
    editor = ShortcutEditor(table)
    qtbot.addWidget(editor)
    editor.select("file.one")
    editor.keys.setKeySequence(QKeySequence("F2"))
    assert not editor.set_button.isEnabled()
    assert "File.Two" in editor.message.text()
    editor.keys.setKeySequence(QKeySequence("F4"))
    editor.set_button.click()
    assert table.shortcuts("file.one") == ("F4",)
    editor.clear_button.click()
    assert table.shortcuts("file.one") == ()
    editor.default_button.click()
    assert table.shortcuts("file.one") == ("Ctrl+1",)


def test_the_palette_finds_by_words_of_title_and_help() -> None:
    assert found_commands(ROWS, "undo")[0].id == "edit.undo"
    assert "file.export" in [command.id for command in found_commands(ROWS, "repaired file")]
    assert "mask.bring-back" in [command.id for command in found_commands(ROWS, "last mask")]
    assert found_commands(ROWS, "no such words at all") == []


def test_the_palette_chooses_the_first_enabled_hit(table: CommandTable, qtbot: QtBot) -> None:
    palette = CommandPalette(table, None)
    qtbot.addWidget(palette)
    qtbot.keyClicks(palette.line, "two")
    qtbot.keyClick(palette.line, "\r")
    assert palette.chosen == "file.two"


def test_the_shortcut_sheet_shows_every_shortcut_in_force(table: CommandTable, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    table.set_shortcuts("file.one", ["F9"])
    sheet = ShortcutSheet(table, None)
    qtbot.addWidget(sheet)
    said = {label.text() for label in sheet.findChildren(QLabel)}
    assert {"F9", "Ctrl+2, F2", "Ctrl+3"} <= said
    assert "Ctrl+1" not in said

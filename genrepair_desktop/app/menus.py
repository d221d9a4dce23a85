"""Which command stands where: menus, tool column, headings of the shortcut sheet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar

from genrepair_desktop.app.dialogs.model_rows import MENU as MODELS_MENU
from genrepair_desktop.app.widgets.action_button import ActionButton

if TYPE_CHECKING:
    from genrepair_desktop.app.commands import CommandTable

# headings of the shortcut sheet by the first part of a command's id
GROUPS = {
    "file": "File", "edit": "Edit", "tool": "Tools", "mask": "Mask", "repair": "Repair", "compare": "Compare",
    "view": "View", "samples": "Samples", "models": "Models", "help": "Help",
}  # fmt: skip

# what stands in which menu; None is a line
MENUS: dict[str, tuple[str | None, ...]] = {
    "File": (
        "file.open", "*recent", "file.sample", "file.recover", None, "file.previous", "file.next", None,
        "file.save", "file.save-as", "file.export", "file.close", None, "file.preferences", None, "file.quit",
    ),
    "Edit": ("edit.undo", "edit.redo", None, "file.copy", "file.paste", "file.paste-mask"),
    "Mask": (
        "tool.brush", "tool.eraser", "tool.rectangle", "tool.ellipse", "tool.lasso", "tool.polygon", "tool.wand",
        None, "mask.all", "mask.none", "mask.invert", None, "mask.find", "mask.grow", "mask.feather", None,
        "mask.import", "mask.export", "mask.bring-back", None, "tool.donor", "mask.clear-donor",
    ),
    "Repair": (
        "repair.run", "repair.cancel", None, "repair.more", "repair.previous-fill", "repair.next-fill",
        "repair.apply-fill", None, "repair.race", "repair.merge", None, "tool.restore", None,
        "repair.denoise", "repair.upscale", "repair.background", "repair.carry",
    ),
    "View": (
        "view.photo", "view.samples", None,
        "samples.view-both", "samples.view-map", "samples.view-gallery", "samples.next-view", None,
        "view.zoom-in", "view.zoom-out", "view.fit", "view.actual", None, "view.overlay", None, "compare.split",
        "compare.side-by-side", "compare.difference", None, "view.queue", "view.full-screen",
    ),
    "Samples": (
        "samples.sample", "samples.stop", None, "samples.add-pictures", "samples.add-photo", None, "samples.use",
        "samples.keep", None, "samples.open", "samples.star", "samples.copy", "samples.save", "samples.delete", None,
        "samples.group-with", "samples.group-without", None,
        "samples.export", "samples.export-sheet", "samples.export-latents",
    ),
    "Tools": MODELS_MENU,
    "Help": ("help.palette", "help.shortcuts", None, "help.log", "help.about"),
}  # fmt: skip

TOOL_COLUMN: tuple[str | None, ...] = (
    "tool.brush", "tool.eraser", None, "tool.rectangle", "tool.ellipse", "tool.lasso", "tool.polygon", "tool.wand",
    None, "tool.donor", "tool.restore", None, "tool.pan",
)  # fmt: skip


def fill_menu_bar(bar: QMenuBar, table: "CommandTable") -> dict[str, QMenu]:
    """Make every menu; returns the submenus that are filled later, by their name."""
    later: dict[str, QMenu] = {}
    for title, entries in MENUS.items():
        menu = bar.addMenu(f"&{title}")
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif entry.startswith("*"):
                later[entry[1:]] = menu.addMenu("Open recent")
            else:
                menu.addAction(table.action(entry))
    return later


def make_tool_column(table: "CommandTable", entries: Sequence[str | None] = TOOL_COLUMN) -> QToolBar:
    """The column of tools at the left edge."""
    column = QToolBar("Tools")
    column.setObjectName("toolColumn")
    column.setOrientation(Qt.Orientation.Vertical)
    column.setIconSize(QSize(20, 20))
    column.setMovable(False)
    for entry in entries:
        if entry is None:
            column.addSeparator()
        else:
            # as a tool bar makes its own, but for ``ActionButton``'s reason
            button = ActionButton(table.action(entry))
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setIconSize(column.iconSize())
            column.addWidget(button)
    return column

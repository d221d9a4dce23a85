"""The two tabs at the top of the window, and what lies under them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.widgets.action_button import ActionButton


class WorkspaceTabs(QWidget):
    """A button for each workspace; the commands say which is in front."""

    def __init__(self, table: CommandTable) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(2)
        for command in ("view.photo", "view.samples"):
            button = ActionButton(table.action(command))
            button.setObjectName("workspaceTab")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            # a click must not take the focus from the photo or the gallery
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)


def stacked_under(tabs: WorkspaceTabs, places: QStackedWidget) -> QWidget:
    """Tabs over the workspaces."""
    box = QWidget()
    box.setObjectName("workspace")
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(tabs)
    column.addWidget(places, 1)
    return box

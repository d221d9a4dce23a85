"""A tool button that shows a command, however often that changes."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget


class ActionButton(QToolButton):
    """Takes icon, words and state from an action, and does it when pressed.

    Qt's own button sets its default action anew with each change, which adds one more connection each time (Qt 6.11.3:
    144 bytes, and a thousand changes later each change calls a thousand handlers). Here the action is no default one,
    and the one connection is made once.
    """

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        action.changed.connect(self._show)
        self._show()

    def nextCheckState(self) -> None:
        """What a press does. The action says whether it is then checked: of a group the chosen one stays so."""
        self._action.trigger()

    def _show(self) -> None:
        action = self._action
        # what stays the same is left alone: a new icon is a repaint
        if self.icon().cacheKey() != action.icon().cacheKey():
            self.setIcon(action.icon())
        if self.toolTip() != action.toolTip():
            self.setToolTip(action.toolTip())
        self.setText(action.iconText().replace("&", "&&"))
        self.setStatusTip(action.statusTip())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        self.setEnabled(action.isEnabled())

"""A tool button that shows a command, however often that changes."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QActionEvent
from PySide6.QtWidgets import QToolButton, QWidget


class ActionButton(QToolButton):
    """Takes icon, words and state from an action, and does it when pressed.

    Qt's own button sets its action anew with each change, which adds one more connection each time (Qt 6.11.3: 144
    bytes, and a thousand changes later each change calls a thousand handlers). Here it is set once.
    """

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDefaultAction(action)

    def actionEvent(self, event: QActionEvent) -> None:
        action = self.defaultAction()
        if event.type() == QEvent.Type.ActionChanged and event.action() is action:
            self._show(action)
        else:
            super().actionEvent(event)

    def _show(self, action: QAction) -> None:
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

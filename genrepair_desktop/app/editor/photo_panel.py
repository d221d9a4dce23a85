"""The right side of the Photo workspace: mask, method, the Repair button, history."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from genrepair_desktop.app.canvas.toolbox import ToolBox
from genrepair_desktop.app.editor.damage_panel import DamagePanel
from genrepair_desktop.app.editor.history_panel import HistoryPanel
from genrepair_desktop.app.editor.mask_panel import MaskPanel
from genrepair_desktop.app.editor.repair_button import RepairButton
from genrepair_desktop.app.editor.repair_panel import RepairPanel
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.section import Section, separator
from genrepair_desktop.app.workbench import Sessions

WIDTH = 328


class PhotoPanel(QFrame):
    """Joins the parts; only the first two scroll, so that the button and the history always show."""

    def __init__(self, sessions: Sessions, tools: ToolBox, actions: dict[str, QAction], theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH)
        self.mask_panel = MaskPanel(tools, sessions.mask, actions, theme)
        self.damage = DamagePanel(sessions.damage, theme)
        self.method = RepairPanel(sessions.repair, theme)
        self.repair = RepairButton(sessions)
        self.history = HistoryPanel(sessions.session, theme)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._scrolled(), 1)
        column.addWidget(separator())
        column.addWidget(_inset(self.repair))
        column.addSpacing(4)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(upper)
        splitter.addWidget(_inset(Section("History", self.history)))
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([640, 140])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 8)
        whole.addWidget(splitter)

    def _scrolled(self) -> QScrollArea:
        body = QWidget()
        body.setObjectName("panelBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 0, 16, 0)
        column.setSpacing(12)
        column.addWidget(Section("Mask", _stacked(self.damage, self.mask_panel)))
        column.addWidget(separator())
        column.addWidget(Section("Method", self.method))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("panelScroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        return scroll


def _stacked(*parts: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for part in parts:
        column.addWidget(part)
    return box


def _inset(inner: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(16, 0, 16, 0)
    column.addWidget(inner)
    return box

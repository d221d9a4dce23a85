"""The gallery with what stands over it: which pictures, how large, how many are selected."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSlider, QStackedWidget, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.gallery_model import Filter, GalleryModel
from genrepair_desktop.app.browser.gallery_view import DEFAULT_SIDE, GalleryView
from genrepair_desktop.app.browser.samples_session import SamplesSession
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.browser.thumbnails import ThumbnailMaker
from genrepair_desktop.app.theme import Theme

_FILTERS: tuple[tuple[str, Filter], ...] = (
    ("All pictures", "all"),
    ("With a star", "starred"),
    ("Generated", "generated"),
    ("My pictures", "mine"),
)
MENU = (
    "samples.open", None, "samples.use", "samples.star", "samples.copy", "samples.save", None, "samples.export",
    "samples.export-sheet", "samples.export-latents", None, "samples.delete",
)  # fmt: skip
_NO_MODEL = (
    "No generative model is installed yet.\n\nTrain one on a folder of your own portraits, for example\n"
    "genrepair train vae-portraits --photos FOLDER\nand open this workspace again."
)
_NOTHING_YET = "Press Sample to make new pictures,\nor add pictures of your own from the Samples menu."
_NOTHING_HERE = "No picture of this kind."


class GalleryPanel(QWidget):
    """Shows the shelf of a studio.

    opened  an entry should be shown large; carries its key
    """

    opened = Signal(object)

    def __init__(self, studio: Studio, samples: SamplesSession, actions: dict[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._shelf, self._samples, self._actions = studio.shelf, samples, actions
        shelf, settings = studio.shelf, studio.settings
        self.maker = ThumbnailMaker(self, lambda: 2 * settings.memory.thumbnails // 3)
        self.gallery = GalleryModel(shelf, self)
        self.view = GalleryView(shelf, self.gallery, self.maker, theme)
        self.filter = QComboBox()
        self.filter.setAccessibleName("Which pictures are shown")
        for title, which in _FILTERS:
            self.filter.addItem(title, which)
        self.facts = QLabel()
        self.facts.setObjectName("quiet")
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(48, 192)
        self.size_slider.setValue(DEFAULT_SIDE)
        self.size_slider.setFixedWidth(110)
        self.size_slider.setAccessibleName("Size of the pictures")
        self.size_slider.setToolTip("Size of the pictures")
        self.empty = QLabel()
        self.empty.setObjectName("quiet")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self._lay_out()
        self._connect()
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self.view.set_theme(theme)

    def shut_down(self) -> None:
        """Wait for the thumbnail being made."""
        self.maker.shut_down()

    def refresh(self) -> None:
        """Show the pictures there are, or what to do for some."""
        shown = self.gallery.rowCount()
        self.stack.setCurrentWidget(self.view if shown else self.empty)
        if not shown:
            has_any = any(entry.kind != "real" for entry in self._shelf.entries())
            has_model = self._samples.model is not None
            self.empty.setText(_NOTHING_HERE if has_any else _NOTHING_YET if has_model else _NO_MODEL)
        chosen = len(self._shelf.selected)
        self.facts.setText(f"{shown:,} pictures" + (f", {chosen:,} selected" if chosen else "") if shown else "")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(8)
        head.addWidget(self.filter)
        head.addWidget(self.facts)
        head.addStretch(1)
        head.addWidget(self.size_slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.filter.activated.connect(self._on_filter)
        self.size_slider.valueChanged.connect(self.view.set_side)
        self.view.menu_wanted.connect(self._on_menu)
        self.view.opened.connect(self.opened)
        self._shelf.selected_changed.connect(self.refresh)
        self._samples.models_changed.connect(self.refresh)
        for signal in (self.gallery.rowsInserted, self.gallery.rowsRemoved, self.gallery.modelReset):
            signal.connect(self.refresh)

    def _on_filter(self, index: int) -> None:
        self.gallery.set_filter(self.filter.itemData(index))

    def _on_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        for command in MENU:
            if command is None:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[command])
        menu.exec(where)
        menu.deleteLater()

"""How the Samples workspace shares its room: the gallery with its tools, the map in full height, or both."""

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from genrepair_desktop.app.settings import SAMPLES_VIEWS, Settings

# of the width: the names of all tools need a little more than the map
_SHARES = (57, 43)


class SamplesViews(QSplitter):
    """Gallery over tools at the left, the map at the right; which of them are seen, and their sizes, are remembered.

    view_changed  ``view`` is another one
    """

    view_changed = Signal()

    def __init__(self, gallery: QWidget, map_place: QWidget, settings: Settings) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._settings, self._map_place, self._tools_place = settings, map_place, QWidget()
        self._has_own_rows = False
        self.setChildrenCollapsible(False)
        self.left = QSplitter(Qt.Orientation.Vertical)
        self.left.setChildrenCollapsible(False)
        self.left.addWidget(gallery)
        self.left.addWidget(self._tools_place)
        self.left.setStretchFactor(0, 1)
        self.addWidget(self.left)
        self.addWidget(map_place)
        for place, share in enumerate(_SHARES):
            self.setStretchFactor(place, share)
        self.setSizes([10 * share for share in _SHARES])
        for splitter, name in ((self, "samples-columns"), (self.left, "samples-rows")):
            kept: QByteArray = settings.window_bytes(name)
            if not kept.isEmpty() and splitter.restoreState(kept):
                self._has_own_rows |= splitter is self.left
        self._show()

    @property
    def view(self) -> str:
        """One of ``SAMPLES_VIEWS``."""
        return self._settings.samples_view

    def choose(self, view: str) -> None:
        """Show the gallery, the map, or both."""
        if view != self.view:
            self.keep_sizes()
            self._settings.samples_view = view
            self._show()
            self.view_changed.emit()

    def step(self) -> None:
        """The next of them."""
        self.choose(SAMPLES_VIEWS[(SAMPLES_VIEWS.index(self.view) + 1) % len(SAMPLES_VIEWS)])

    def put_tools(self, panel: QWidget) -> None:
        """The tools, in place of what held their room."""
        sizes = self.left.sizes()
        self.left.replaceWidget(1, panel)
        panel.show()
        if not self._has_own_rows:
            needed = panel.sizeHint().height()
            sizes = [max(1, sum(sizes) - needed), needed]
        self.left.setSizes(sizes)
        self._tools_place.deleteLater()
        self._tools_place = panel

    def put_map(self, panel: QWidget) -> None:
        """The map itself, in place of what held its room."""
        sizes = self.sizes()
        self.replaceWidget(1, panel)
        self.setSizes(sizes)
        self._map_place.deleteLater()
        self._map_place = panel
        self._show()

    def keep_sizes(self) -> None:
        """Remember how the room is shared; what is not seen has no size worth it."""
        if self.view == "both":
            self._settings.set_window_bytes("samples-columns", self.saveState())
        has_tools = self._tools_place.sizeHint().isValid()
        if self.view != "map" and has_tools:
            self._settings.set_window_bytes("samples-rows", self.left.saveState())

    def _show(self) -> None:
        self.left.setVisible(self.view != "map")
        self._map_place.setVisible(self.view != "gallery")

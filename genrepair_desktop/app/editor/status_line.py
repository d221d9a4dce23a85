"""The line at the bottom: size, zoom, position, colour, mask share, what a repair changed, running work."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton

from genrepair_desktop.app import texts
from genrepair_desktop.app.canvas.canvas_widget import Pointed
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.imaging.arrays import Pixels, has_alpha


class StatusLine(QStatusBar):
    """Reads the sessions; the canvas tells it zoom and pointer."""

    cancel_asked = Signal()

    def __init__(self, session: DocumentSession, mask: MaskSession, repair: RepairSession, theme: Theme) -> None:
        super().__init__()
        self._session, self._mask, self._repair = session, mask, repair
        self.setSizeGripEnabled(False)
        self.photo_size = self._label("Photo size")
        self.zoom = self._label("Zoom")
        self.position = self._label("Pointer position and colour")
        self.mask_share = self._label("Mask share")
        self.changed = self._label("Changed pixels")
        self.work = ElidedLabel()
        self.work.setAccessibleName("Running work")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(96)
        self.bar.setAccessibleName("Progress of running work")
        self.cancel = QToolButton()
        dress(self.cancel, "close", theme, side=14)
        self.cancel.setToolTip("Cancel all work")
        self.cancel.setAccessibleName("Cancel all work")
        for part in (self.photo_size, self.zoom, self.position, self.mask_share, self.changed):
            self.addWidget(part)
        for part in (self.work, self.bar, self.cancel):
            self.addPermanentWidget(part)
        self.cancel.clicked.connect(self.cancel_asked)
        session.opened.connect(self.refresh)
        mask.facts_changed.connect(self.refresh)
        repair.applied_changed.connect(self.refresh)
        self.show_work("", 0)
        self.refresh()

    def refresh(self) -> None:
        """Say what the sessions say."""
        document = self._session.document
        self.photo_size.setText(photo_facts(document.pixels) if document is not None else "")
        facts = self._mask.facts
        if document is not None and facts is not None and facts.places:
            share = 100 * facts.share
            words = "under 0.1" if 0 < share < 0.1 else f"{share:.1f}"
            self.mask_share.setText(f"mask {words} % in {texts.places(facts.places)}")
        else:
            self.mask_share.clear()
        applied = self._repair.applied
        self.changed.setText(texts.changed_sentence(applied.changed) if applied is not None else "")
        if document is None:
            self.zoom.clear()
            self.position.clear()

    def show_photo_facts(self, is_shown: bool) -> None:
        """What is said of the photo makes sense only while it is in sight."""
        for part in (self.photo_size, self.zoom, self.position, self.mask_share, self.changed):
            part.setVisible(is_shown)

    def show_zoom(self, zoom: float) -> None:
        """``zoom`` 1 is one photo pixel per screen pixel; without a photo nothing is said."""
        if self._session.document is None:
            self.zoom.clear()
            return
        percent = 100 * zoom
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_pointer(self, pointed: Pointed | None) -> None:
        """The photo pixel under the pointer; outside the photo nothing is said."""
        if pointed is None:
            self.position.clear()
            return
        # beyond 8 bits the file's own samples say more than the screen's colour
        is_deep = max(pointed.samples) > 255
        colour = " ".join(str(sample) for sample in pointed.samples) if is_deep else pointed.colour
        self.position.setText(f"x {pointed.x}  y {pointed.y}  {colour}")

    def show_work(self, words: str, per_mille: int) -> None:
        """Running work in one line; empty words: nothing runs."""
        self.work.setText(words)
        self.bar.setValue(per_mille)
        for part in (self.work, self.bar, self.cancel):
            part.setVisible(bool(words))

    def _label(self, name: str) -> QLabel:
        label = QLabel()
        label.setAccessibleName(name)
        return label


def photo_facts(pixels: Pixels) -> str:
    """``6000 × 4000 · 16 bit · grey``."""
    height, width, channels = pixels.shape
    facts = [f"{width} × {height}", f"{8 * pixels.itemsize} bit"]
    facts += ["grey"] if channels <= 2 else []
    facts += ["alpha"] if has_alpha(pixels) else []
    return "  ·  ".join(facts)

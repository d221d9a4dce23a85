"""Getting photos in and out of the window: open, paste, drop, walk through the folder, export, close."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.canvas.qimage import from_qimage, to_qimage
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.editor.thumbnails import keep_thumbnail
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.project_file import SUFFIX
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import READABLE_SUFFIXES
from genrepair_desktop.jobs.context import RunContext

_FILTERS = (
    "Photos (" + " ".join(f"*{suffix} *{suffix.upper()}" for suffix in READABLE_SUFFIXES) + f" *{SUFFIX})",
    "All files (*)",
)
_MASK_FILTERS = ("Mask pictures (*.png)",)


class FileActions(QObject):
    """What the File menu does.

    export_asked  the user wants the export dialog
    """

    export_asked = Signal()

    def __init__(self, session: DocumentSession, mask: MaskSession, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._mask, self._window = session, mask, window
        self.projects = ProjectActions(session, window)
        self._go_on: Callable[[], object] | None = None
        session.opened.connect(self._on_opened)
        session.history_changed.connect(self._on_history)

    def open(self) -> None:
        path = ask.open_file(self._window, "Open photo", self._session.settings.last_folder, _FILTERS)
        if path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Open a photo, a project, or the first photo of a folder, once the open one may be left."""
        if path.is_dir():
            photos = photos_in(path)
            if not photos:
                self._session.tell(Notice(f"There is no photo in {path}.", "error"))
                return
            path = photos[0]
        is_project = path.suffix.lower() == SUFFIX
        self.leave_then(partial(self.projects.open_path if is_project else self._session.open_path, path))

    def open_sample(self) -> None:
        """Open the bundled damaged photo with its damage already marked."""
        folder = paths.resources_dir() / "samples"
        samples = [photo for photo in photos_in(folder) if not photo.stem.endswith("-mask")]
        if not samples:
            self._session.tell(Notice("The sample photos are missing: install the program again.", "error"))
            return
        now = self._session.path
        place = samples.index(now) + 1 if now in samples else 0
        photo = samples[place % len(samples)]
        mask = photo.with_name(f"{photo.stem}-mask.png")
        # the sample's mask is its own: nothing is lost when it is left as it came
        mark = partial(self._mask.import_file, mask, and_then=self._session.mark_saved)
        self.leave_then(partial(self._session.open_path, photo, and_then=mark))

    def paste(self) -> None:
        """Open the clipboard's picture, or the photo file that was copied in a file manager."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self._take(mime, as_mask=False):
            self._session.tell(Notice("There is no picture on the clipboard: copy one first."))

    def paste_mask(self) -> None:
        """Mark what is white in the clipboard's picture."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self._take(mime, as_mask=True):
            self._session.tell(Notice("There is no picture on the clipboard: copy a mask first."))

    def drop(self, mime: QMimeData, *, as_mask: bool) -> bool:
        """Take what was dropped; False if it holds no picture."""
        return self._take(mime, as_mask=as_mask)

    def copy_result(self) -> None:
        """Put the photo as it is now on the clipboard."""
        document = self._session.document
        if document is not None:
            QGuiApplication.clipboard().setImage(to_qimage(document.pixels))
            self._session.tell(Notice("The photo is on the clipboard, with 8 bits a channel."))

    def step(self, step: int) -> None:
        """Open the next (1) or previous (-1) photo of the folder."""
        path = self.neighbour(step)
        if path is not None:
            self.open_path(path)

    def neighbour(self, step: int) -> Path | None:
        """The photo ``step`` places further in the folder; None at either end."""
        path = self._session.path
        if path is None:
            return None
        photos = photos_in(path.parent)
        place = photos.index(path) + step if path in photos else -1
        return photos[place] if 0 <= place < len(photos) else None

    def import_mask(self) -> None:
        path = ask.open_file(self._window, "Import mask", self._session.settings.last_folder, _FILTERS)
        if path is not None:
            self._mask.import_file(path)

    def export_mask(self) -> None:
        path = self._session.path
        suggestion = self._session.save_folder / (f"{path.stem}-mask.png" if path is not None else "mask.png")
        target = ask.save_file(self._window, "Export mask", suggestion, _MASK_FILTERS)
        if target is not None:
            self._mask.export_file(target.with_suffix(".png"))

    def export(self) -> None:
        self.export_asked.emit()

    def close_photo(self) -> None:
        self.leave_then(self._session.close)

    def leave_then(self, go_on: Callable[[], object]) -> bool:
        """Do what replaces the open photo, once its changes are in a file or the user lets them go.

        Returns True when it was done at once. After "Export" or "Save" it is done when the file is written.
        """
        self._go_on = None
        if not self._session.is_clean:
            is_project = self.projects.path is not None
            answer = ask.unsaved(self._window, self._session.title, is_project)
            if answer == "save":
                self.projects.save(and_then=go_on)
            if answer == "export":
                self._go_on = go_on
                self.export_asked.emit()
                if not self._session.desk.is_writing:
                    self._go_on = None  # the dialog was left without an export
            if answer != "discard":
                return False
        go_on()
        return True

    def _take(self, mime: QMimeData, *, as_mask: bool) -> bool:
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if files:
            if as_mask:
                self._mask.import_file(files[0])
            else:
                self.open_path(files[0])
            return True
        if not mime.hasImage():
            return False
        pixels = from_qimage(mime.imageData())
        if as_mask:
            self._mask.import_pixels(pixels)
        else:
            self.leave_then(partial(self._session.open_pixels, pixels, "Pasted picture"))
        return True

    def _on_history(self) -> None:
        go_on, self._go_on = self._go_on, None
        # a step after the question means that the user thought better of leaving
        if go_on is not None and self._session.is_clean:
            go_on()

    def _on_opened(self) -> None:
        self._go_on = None
        document, path = self._session.document, self._session.path
        if document is not None and path is not None:
            # read while the user may already paint: a thumbnail with half a repair in it does no harm
            task = partial(_keep, path, document.pixels)
            self._session.desk.ask("thumbnail", task, Watch(), title="Keeping a thumbnail")


def _keep(path: Path, pixels: Pixels, ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "reading")
    keep_thumbnail(path, pixels)


def photos_in(folder: Path) -> list[Path]:
    """The photo files of a folder by name, upper and lower case alike; an unreadable folder has none."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in READABLE_SUFFIXES and path.is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda path: (path.name.lower(), path.name))

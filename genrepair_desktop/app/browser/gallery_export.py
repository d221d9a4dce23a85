"""Writes pictures of the gallery on the engine thread. State without widgets."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from genrepair_desktop.app.browser import gallery_files
from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.jobs.context import RunContext

Writer = Callable[[Sequence[Entry], Path, RunContext], list[Path]]


class GalleryExport(QObject):
    """``exported`` carries the paths of the files that were written."""

    exported = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._folder = Path()

    def chosen(self) -> tuple[Entry, ...]:
        """What an export means now: the selected pictures in the gallery's order, or all that are no map's."""
        shelf = self._studio.shelf
        selected = set(shelf.selected)
        own = [entry for entry in shelf.entries() if entry.kind != "real"]
        return tuple(entry for entry in own if entry.key in selected) or tuple(own)

    def write_each(self, folder: Path) -> None:
        """A PNG for each, with model, seed and number in its name."""
        self._submit(gallery_files.write_each, folder)

    def write_sheet(self, path: Path) -> None:
        """All on one contact sheet."""
        self._submit(gallery_files.write_sheet, path)

    def write_latents(self, path: Path) -> None:
        """Their latents as a ``.npy`` file."""
        self._submit(gallery_files.write_latents, path)

    def write_one(self, entry: Entry, path: Path) -> None:
        """One picture, which need not be on the shelf."""
        self._submit(gallery_files.write_sheet, path, (entry,))

    def _submit(self, write: Writer, path: Path, entries: tuple[Entry, ...] | None = None) -> None:
        entries = self.chosen() if entries is None else entries
        if not entries:
            self._studio.tell("The gallery is empty: sample a model or add pictures first.")
            return
        watch = Watch(self._on_done, self._studio.tell_error)
        title = f"Exporting {len(entries):,} pictures" if len(entries) > 1 else "Exporting a picture"
        self._studio.desk.submit(partial(write, entries, path), watch, title=title)

    def _on_done(self, written: list[Path]) -> None:
        self._folder = written[0].parent
        what = written[0].name if len(written) == 1 else f"{len(written):,} files"
        words = f"Exported {what} to {self._folder}."
        self._studio.noticed.emit(Notice(words, action_title="Show folder", action=self._show_folder))
        self.exported.emit(written)

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

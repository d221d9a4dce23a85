"""What the commands of the Samples workspace do."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.browser.attribute_session import Side
from genrepair_desktop.app.browser.gallery_files import file_name
from genrepair_desktop.app.browser.mix_panel import MixPanel
from genrepair_desktop.app.browser.parts import SamplesParts
from genrepair_desktop.app.browser.shelf import thumbnail_of
from genrepair_desktop.imaging.codecs import READABLE_SUFFIXES

PHOTO_FILTERS = (
    "Photos (" + " ".join(f"*{suffix} *{suffix.upper()}" for suffix in READABLE_SUFFIXES) + ")",
    "All files (*)",
)
_SHEET_FILTERS = ("Contact sheet (*.png)", "Contact sheet (*.tif)")
_PICTURE_FILTERS = ("Picture (*.png)", "Picture (*.tif)")
_LATENT_FILTERS = ("Latents (*.npy)",)
_LARGE_CHANGE = 20


class SamplesActions(QObject):
    """Asks what must be asked, then tells the sessions.

    view_wanted  gallery, map or both should be seen; carries the name of the view, "" for the next one
    """

    view_wanted = Signal(str)

    def __init__(self, parts: SamplesParts, panel: MixPanel, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._panel, self._window = parts, panel, window

    def sample(self) -> None:
        self._parts.samples.sample()

    def stop(self) -> None:
        """Esc: stop sampling, else select nothing."""
        if self._parts.samples.is_running:
            self._parts.samples.cancel()
        else:
            self._parts.shelf.select(())

    def show_view(self, view: str) -> None:
        self.view_wanted.emit(view)

    def show_next_view(self) -> None:
        self.view_wanted.emit("")

    def add_pictures(self) -> None:
        """Ask for photos of the user's own."""
        folder = self._parts.studio.settings.last_folder
        self._parts.intake.add_files(ask.open_files(self._window, "Add my pictures", folder, PHOTO_FILTERS))

    def add_open_photo(self) -> None:
        self._parts.intake.add_open_photo()

    def use(self) -> None:
        """Fill what is marked in the photo with the picture shown."""
        shown = self._panel.shown
        if shown is None:
            self._parts.studio.tell("Select a picture first: it will fill what is marked in the photo.")
        else:
            self._parts.use.use(shown.picture)

    def keep(self) -> None:
        """Put what the tab in front made into the gallery."""
        session, shown = self._panel.session, self._panel.shown
        if session is None or shown is None or not session.is_made:
            return
        if shown.latent is not None:
            self._parts.intake.add_latent(shown.latent, shown.title, shown.model_id)
        else:
            self._parts.shelf.add([shown])

    def star(self) -> None:
        """Give the selected pictures a star; when all have one, take it away."""
        shelf = self._parts.shelf
        shelf.star(shelf.selected, not all(shelf.is_starred(key) for key in shelf.selected))

    def mark_group(self, side: Side) -> None:
        """Let the selected pictures be one of the two groups that a picture is pushed between."""
        self._parts.attribute.mark(side)
        self._panel.show_attribute()
        if not self._panel.isVisible():
            self._parts.studio.tell(self._parts.attribute.told(side))

    def delete(self) -> None:
        """Take the selected pictures out of the gallery; many only after a question."""
        shelf = self._parts.shelf
        count = len(shelf.selected)
        question = f"Take {count:,} pictures out of the gallery? Files that were exported stay."
        if count < _LARGE_CHANGE or ask.confirm(self._window, "Delete pictures", question, "Delete"):
            shelf.remove(shelf.selected)

    def copy(self) -> None:
        """The picture shown, to the clipboard."""
        shown = self._panel.shown
        if shown is not None:
            QGuiApplication.clipboard().setImage(thumbnail_of(shown.picture, shown.picture.shape[0]))
            self._parts.studio.tell("The picture is on the clipboard.")

    def save(self) -> None:
        """The picture shown, to a file."""
        shown = self._panel.shown
        if shown is None:
            return
        target = ask.save_file(self._window, "Save picture", self._suggested(file_name(shown)), _PICTURE_FILTERS)
        if target is not None:
            self._parts.exports.write_one(shown, target)

    def export_each(self) -> None:
        """A file for each selected picture, or for all."""
        folder = ask.open_folder(self._window, "Export pictures to a folder")
        if folder is not None:
            self._parts.exports.write_each(folder)

    def export_sheet(self) -> None:
        target = ask.save_file(self._window, "Export a contact sheet", self._suggested("sheet.png"), _SHEET_FILTERS)
        if target is not None:
            self._parts.exports.write_sheet(target)

    def export_latents(self) -> None:
        target = ask.save_file(self._window, "Export latents", self._suggested("latents.npy"), _LATENT_FILTERS)
        if target is not None:
            self._parts.exports.write_latents(target)

    def _suggested(self, name: str) -> Path:
        return Path(self._parts.studio.settings.last_folder) / name

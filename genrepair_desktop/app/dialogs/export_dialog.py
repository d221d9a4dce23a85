"""Export: where to, which format, how well, and what travels along."""

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.export_session import ExportSession
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.colour_button import ColourButton
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import row_label
from genrepair_desktop.document.export import export_format, free_path
from genrepair_desktop.imaging.arrays import has_alpha
from genrepair_desktop.imaging.codecs import WRITE_FORMATS, ExportOptions, PhotoSource, WriteFormat, format_of

_SUBSAMPLINGS = (("4:4:4", "4:4:4, all colour kept"), ("4:2:2", "4:2:2"), ("4:2:0", "4:2:0, smallest file"))
_EXACT = "Every pixel you did not paint stays the same, bit for bit."
_LOSSY = "{title} compresses every pixel anew; PNG and TIFF keep unpainted pixels bit for bit."


class ExportDialog(QDialog):
    """Fills an ``ExportOptions`` and hands it to the export session."""

    def __init__(self, session: DocumentSession, export: ExportSession, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export photo")
        self._session, self._export = session, export
        document = session.document
        assert document is not None
        self._pixels = document.pixels
        source = document.source if isinstance(document.source, PhotoSource) else None
        self._jpeg = source.jpeg if source is not None else None
        self._make_fields(theme)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(16)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.path, 1)
        place.addWidget(self.browse)
        form.addRow(row_label("&File", self.path), place)
        for title, field in (("Fo&rmat", self.format), *self._titled):
            form.addRow(row_label(title, field), field)
        for box in self._boxes:
            form.addRow(box)
        self._form = form
        self.note = QLabel()
        self.note.setObjectName("quiet")
        self.note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName("primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(self.buttons)
        self.accept_button.setDefault(True)
        self._connect()
        self._choose_start(source)
        self._first_format = self._chosen_format()
        self.setMinimumWidth(560)

    def options(self) -> ExportOptions:
        """What the fields say."""
        settings_format = self._chosen_format()
        return ExportOptions(
            format=settings_format,
            quality=round(self.quality.value),
            subsampling=self.subsampling.currentData(),
            as_source=self._jpeg if settings_format == "jpeg" and self.as_source.isChecked() else None,
            lossless=self.lossless.isChecked(),
            bits=None if self.deep.isChecked() else 8,
            flatten=_colour_values(self.background.colour),
            keep_metadata=self.metadata.isChecked(),
            strip_gps=self.strip_gps.isChecked(),
        )

    def accept(self) -> None:
        """Ask about overwriting, start the export, close."""
        target = Path(self.path.text()).expanduser()
        exists = target.exists()
        if exists and not ask.confirm(self, "Overwrite file", self._overwrite_question(target), "Overwrite"):
            return
        settings = self._session.settings
        if self._chosen_format() != self._first_format:
            settings.export_format = self._chosen_format()
        settings.export_quality = round(self.quality.value)
        settings.export_strips_gps = self.strip_gps.isChecked()
        settings.export_writes_record = self.record.isChecked()
        self._export.export(target, self.options(), may_overwrite=exists, with_record=self.record.isChecked())
        super().accept()

    def _make_fields(self, theme: Theme) -> None:
        settings = self._session.settings
        self.path = QLineEdit()
        self.path.setAccessibleName("File to write")
        self.browse = QPushButton("Browse…")
        self.browse.setAutoDefault(False)
        self.format = QComboBox()
        for name, abilities in WRITE_FORMATS.items():
            self.format.addItem(abilities.title, name)
        self.as_source = QCheckBox("Same quality as the opened JPEG")
        self.as_source.setToolTip("Takes over its quality tables and subsampling, so that least is lost anew")
        self.as_source.setChecked(self._jpeg is not None)
        self.quality = NumberField(
            theme, name="Quality", low=1, high=100, default=92, help="Higher is better and larger.",
        )  # fmt: skip
        self.quality.set_value(settings.export_quality)
        self.subsampling = QComboBox()
        self.subsampling.setToolTip("How finely colour is kept beside brightness")
        for value, words in _SUBSAMPLINGS:
            self.subsampling.addItem(words, value)
        self.background = ColourButton("Colour under transparent pixels", "#ffffff")
        self.lossless = QCheckBox("Lossless")
        self.lossless.setChecked(True)
        self.deep = QCheckBox("Keep 16 bits")
        self.deep.setChecked(True)
        self.metadata = QCheckBox("Keep date, camera and captions (EXIF, XMP, IPTC)")
        self.metadata.setChecked(True)
        self.metadata.setToolTip("The colour profile is always kept")
        self.strip_gps = QCheckBox("Leave out where it was taken (GPS)")
        self.strip_gps.setChecked(settings.export_strips_gps)
        self.record = QCheckBox("Also write a record of the repair")
        self.record.setToolTip(
            "A file beside the photo that says what was done; “genrepair replay” makes the same pixels from it"
        )
        self.record.setChecked(settings.export_writes_record)
        self._titled = (
            ("&Quality", self.quality),
            ("C&olour detail", self.subsampling),
            ("Under trans&parency", self.background),
        )
        self._boxes = (self.as_source, self.lossless, self.deep, self.metadata, self.strip_gps, self.record)

    def _connect(self) -> None:
        self.format.currentIndexChanged.connect(self._on_format)
        for box in (self.as_source, self.lossless, self.metadata):
            box.toggled.connect(self._show_fields)
        self.path.textChanged.connect(self._on_path)
        self.browse.clicked.connect(self._on_browse)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _choose_start(self, source: PhotoSource | None) -> None:
        """The format used last where the user chose one, else the source's own; a name that is free."""
        wanted = self._session.settings.export_format
        name = wanted if wanted in WRITE_FORMATS else export_format(source, self._pixels)
        folder = self._session.save_folder
        self.path.setText(str(free_path(self._session.path, self._last_method(), name, folder=folder)))
        self.format.setCurrentIndex(self.format.findData(name))
        self._show_fields()

    def _last_method(self) -> str:
        """The method of the newest repair in the photo, for the file's name."""
        history = self._session.history
        applied = history.entries[: history.index] if history is not None else ()
        labels = [edit.label for edit in applied if edit.label.startswith("repair:")]
        return labels[-1].partition(":")[2] if labels else "edit"

    def _chosen_format(self) -> WriteFormat:
        return self.format.currentData()

    def _show_fields(self) -> None:
        """Only what the chosen format uses."""
        name = self._chosen_format()
        can = WRITE_FORMATS[name]
        is_as_source = name == "jpeg" and self._jpeg is not None and self.as_source.isChecked()
        is_lossy = name in ("jpeg", "avif") or (name == "webp" and not self.lossless.isChecked())
        shown = {
            self.as_source: name == "jpeg" and self._jpeg is not None,
            self.quality: is_lossy and not is_as_source,
            self.subsampling: name in ("jpeg", "avif") and not is_as_source,
            self.background: has_alpha(self._pixels) and not can.has_alpha,
            self.lossless: name == "webp",
            self.deep: self._pixels.itemsize == 2 and can.has_deep,
            self.strip_gps: self.metadata.isChecked(),
        }
        for field, is_shown in shown.items():
            self._form.setRowVisible(field, is_shown)
        is_reduced = self._pixels.itemsize == 2 and not (can.has_deep and self.deep.isChecked())
        self.note.setText(_LOSSY.format(title=can.title) if is_lossy or is_reduced else _EXACT)

    def _on_format(self) -> None:
        path = Path(self.path.text())
        suffixes = WRITE_FORMATS[self._chosen_format()].suffixes
        if path.suffix.lower() not in suffixes:
            self.path.setText(str(path.with_suffix(suffixes[0])))
        self._show_fields()

    def _on_path(self, text: str) -> None:
        named = format_of(Path(text)) if text else None
        if named is not None and named != self._chosen_format():
            self.format.setCurrentIndex(self.format.findData(named))
        self.accept_button.setEnabled(bool(text.strip()))

    def _on_browse(self) -> None:
        filters = [
            f"{abilities.title} ({' '.join(f'*{suffix}' for suffix in abilities.suffixes)})"
            for abilities in WRITE_FORMATS.values()
        ]
        chosen = ask.save_file(self, "Export photo", Path(self.path.text()), filters)
        if chosen is not None:
            self.path.setText(str(chosen))

    def _overwrite_question(self, target: Path) -> str:
        if target == self._session.path:
            return f"“{target.name}” is the photo you opened. Its original pixels would be gone. Overwrite it?"
        return f"“{target.name}” exists already. Overwrite it?"


def _colour_values(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue

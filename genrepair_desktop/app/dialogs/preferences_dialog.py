"""Preferences: look, engine, shortcuts. Every change holds at once."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.dialogs.shortcut_editor import ShortcutEditor
from genrepair_desktop.app.settings import Setting, Settings
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.colour_button import ColourButton
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import row_label

_THEMES = (("dark", "Dark"), ("light", "Light"), ("system", "As the system"))
_DEVICES = (("auto", "Automatic"), ("cpu", "Processor"), ("cuda", "NVIDIA graphics"), ("mps", "Apple graphics"))


class PreferencesDialog(QDialog):
    """Writes ``Settings``; ``changed`` tells which one, by its key."""

    changed = Signal(str)

    def __init__(self, settings: Settings, table: CommandTable, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self._settings = settings
        self._theme = theme
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Pages of preferences")
        self.shortcuts = ShortcutEditor(table)
        self.tabs.addTab(self._make_look(), "Look")
        self.tabs.addTab(self._make_work(), "Repair and memory")
        self.tabs.addTab(self.shortcuts, "Shortcuts")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.tabs)
        column.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.resize(680, 520)

    def _make_look(self) -> QWidget:
        settings = self._settings
        self.theme = _choice(_THEMES, settings.theme)
        self.colour = ColourButton("Colour of the mask", settings.overlay_colour)
        self.opacity = self._number(
            "Mask opacity", Settings.overlay_opacity, 5, 100, settings.overlay_opacity * 100, "%",
            "How strongly the mask covers the photo.", scale=100,
        )  # fmt: skip
        self.wheel = QCheckBox("The mouse wheel zooms (off: it scrolls, Ctrl and wheel zooms)")
        self.wheel.setChecked(settings.wheel_zooms)
        self.hints = QCheckBox("Show a line of help for the first repair")
        self.hints.setChecked(settings.show_hints)
        page = QWidget()
        form = _form(page)
        form.addRow(row_label("&Theme", self.theme), self.theme)
        form.addRow(row_label("Mask &colour", self.colour), self.colour)
        form.addRow(row_label("Mask &opacity", self.opacity), self.opacity)
        form.addRow(self.wheel)
        form.addRow(self.hints)
        self.theme.currentIndexChanged.connect(self._on_theme)
        self.colour.changed.connect(self._on_colour)
        self.opacity.changed.connect(self._on_opacity)
        self.wheel.toggled.connect(self._on_wheel)
        self.hints.toggled.connect(self._on_hints)
        return page

    def _make_work(self) -> QWidget:
        settings = self._settings
        self.device = _choice(_DEVICES, settings.device)
        self.memory = self._number(
            "Memory", Settings.memory_megabytes, 256, _most_megabytes(), settings.memory_megabytes, "MB",
            "What undo steps, the display, fills to choose from and networks may take together, besides the photo "
            "itself. Beyond it the oldest undo steps are forgotten. The default is a quarter of this computer.",
            step=64,
        )  # fmt: skip
        self.largest = self._number(
            "Largest photo", Settings.largest_megapixels, 10, 2000, settings.largest_megapixels, "MP",
            "Larger photos are refused before anything of them is read: a small file can claim to be enormous.",
            step=10,
        )  # fmt: skip
        self.candidates = self._number("Fills to choose from", Settings.candidates, 2, 24, settings.candidates, "",
                                       "How many fills a repair with chance in it offers.")  # fmt: skip
        note = QLabel("This takes effect at the next start.")
        note.setObjectName("quiet")
        page = QWidget()
        form = _form(page)
        form.addRow(row_label("C&alculate on", self.device), self.device)
        form.addRow(note)
        form.addRow(row_label("&Memory", self.memory), self.memory)
        form.addRow(row_label("&Largest photo", self.largest), self.largest)
        form.addRow(row_label("&Fills to choose from", self.candidates), self.candidates)
        self.device.currentIndexChanged.connect(self._on_device)
        self.memory.changed.connect(self._on_memory)
        self.largest.changed.connect(self._on_largest)
        self.candidates.changed.connect(self._on_candidates)
        return page

    def _number(
        self, name: str, setting: Setting, low: float, high: float, value: float, unit: str, help: str,
        *, step: float = 1, scale: float = 1,
    ) -> NumberField:  # fmt: skip
        field = NumberField(
            self._theme,
            name=name,
            low=low,
            high=high,
            default=setting.default * scale,
            step=step,
            unit=unit,
            help=help,
        )
        field.set_value(value)
        return field

    def _on_theme(self) -> None:
        self._settings.theme = str(self.theme.currentData())
        self.changed.emit(Settings.theme.key)

    def _on_colour(self, colour: str) -> None:
        self._settings.overlay_colour = colour
        self.changed.emit(Settings.overlay_colour.key)

    def _on_opacity(self, percent: float) -> None:
        self._settings.overlay_opacity = percent / 100
        self.changed.emit(Settings.overlay_opacity.key)

    def _on_wheel(self, zooms: bool) -> None:
        self._settings.wheel_zooms = zooms
        self.changed.emit(Settings.wheel_zooms.key)

    def _on_hints(self, wanted: bool) -> None:
        self._settings.show_hints = wanted
        if wanted:
            self._settings.hints_seen = 0
        self.changed.emit(Settings.show_hints.key)

    def _on_device(self) -> None:
        self._settings.device = self.device.currentData()
        self.changed.emit(Settings.device.key)

    def _on_memory(self, megabytes: float) -> None:
        self._settings.memory_megabytes = round(megabytes)
        self.changed.emit(Settings.memory_megabytes.key)

    def _on_largest(self, megapixels: float) -> None:
        self._settings.largest_megapixels = round(megapixels)
        self.changed.emit(Settings.largest_megapixels.key)

    def _on_candidates(self, count: float) -> None:
        self._settings.candidates = round(count)
        self.changed.emit(Settings.candidates.key)


def _most_megabytes() -> int:
    """Four times the default is all of this computer's memory."""
    return 4 * Settings.memory_megabytes.default


def _choice(options: tuple[tuple[str, str], ...], chosen: str) -> QComboBox:
    box = QComboBox()
    for value, words in options:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box


def _form(page: QWidget) -> QFormLayout:
    form = QFormLayout(page)
    form.setContentsMargins(16, 16, 16, 16)
    form.setVerticalSpacing(12)
    form.setHorizontalSpacing(16)
    return form

"""The settings of a kind of map as fields."""

from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from genrepair_desktop.app.browser.map_notes import SETTING_TITLES
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.latent.map import MapParams, Setting

# fields whose 0 leaves the choice to the program
_CHOSEN_AT_ZERO = frozenset(("learning_rate",))


class MapSettingsForm(QWidget):
    """A row for each setting of one kind; ``changed`` carries the settings as they are now."""

    changed = Signal(object)

    def __init__(self, params: MapParams, theme: Theme) -> None:
        super().__init__()
        self._params: Any = params
        self.editors: dict[str, NumberField] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        defaults = type(self._params)()
        for field in fields(self._params):
            setting = field.metadata.get("setting")
            if isinstance(setting, Setting):
                editor = _editor(theme, field.name, setting, float(getattr(defaults, field.name)))
                editor.set_value(float(getattr(params, field.name)))
                editor.changed.connect(self._on_changed)
                self.editors[field.name] = editor
                label = QLabel(SETTING_TITLES[field.name])
                label.setToolTip(setting.help)
                label.setBuddy(editor)
                form.addRow(label, editor)

    @property
    def params(self) -> MapParams:
        """What the fields say."""
        values = {
            name: editor.value if isinstance(getattr(self._params, name), float) else round(editor.value)
            for name, editor in self.editors.items()
        }
        return replace(self._params, **values)

    def _on_changed(self) -> None:
        self.changed.emit(self.params)


def _editor(theme: Theme, name: str, setting: Setting, default: float) -> NumberField:
    editor = NumberField(
        theme, name=SETTING_TITLES[name], low=setting.low, high=setting.high, default=default, step=setting.step,
        help=setting.help,
    )  # fmt: skip
    if name in _CHOSEN_AT_ZERO:
        editor.box.setSpecialValueText("auto")
    return editor

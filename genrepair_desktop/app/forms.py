"""A method's params dataclass as form rows: unit, range, reset, tooltip, buddy label."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from genrepair_desktop.app import texts
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import add_row, panel_form
from genrepair_desktop.app.widgets.section import Section
from genrepair_desktop.repair.params import FieldInfo, Value, as_values, field_infos, parse_params


class ParamsForm(QWidget):
    """Rows for the fields of one params dataclass but those named in ``without``; advanced ones fold away."""

    changed = Signal()

    def __init__(
        self,
        params_type: type,
        theme: Theme,
        values: Mapping[str, Value] | None = None,
        *,
        without: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._params_type = params_type
        self._theme = theme
        self._editors: dict[str, NumberField | QComboBox | QCheckBox] = {}
        defaults = as_values(params_type())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        infos = {name: info for name, info in field_infos(params_type).items() if name not in without}
        plain = {name: info for name, info in infos.items() if not info.is_advanced}
        advanced = {name: info for name, info in infos.items() if info.is_advanced}
        if plain:
            column.addWidget(self._rows(plain, defaults))
        if advanced:
            column.addWidget(Section("Advanced", self._rows(advanced, defaults), is_open=False))
        self.set_values(values or {})

    @property
    def is_empty(self) -> bool:
        """True for a method with nothing to set."""
        return not self._editors

    def editor(self, name: str) -> NumberField | QComboBox | QCheckBox:
        """The widget that edits this field."""
        return self._editors[name]

    def params(self) -> Any:
        """What the form says, as the params dataclass.

        Raises:
            InvalidParameterError: two fields do not go together.
        """
        return parse_params(self._params_type, self.values())

    def values(self) -> dict[str, Value]:
        """What the form says, by field name."""
        kinds = {field.name: type(field.default) for field in dataclasses.fields(self._params_type)}
        return {name: _read(editor, kinds[name]) for name, editor in self._editors.items()}

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Show values without telling anybody; names the form does not have are left out."""
        for name, value in values.items():
            editor = self._editors.get(name)
            if isinstance(editor, NumberField):
                editor.set_value(float(value))
            elif isinstance(editor, QComboBox):
                with QSignalBlocker(editor):
                    editor.setCurrentIndex(max(0, editor.findData(value)))
            elif editor is not None:
                with QSignalBlocker(editor):
                    editor.setChecked(bool(value))

    def _rows(self, infos: Mapping[str, FieldInfo], defaults: Mapping[str, Value]) -> QWidget:
        body = QWidget()
        form = panel_form(body)
        for name, info in infos.items():
            title = texts.param_title(name)
            editor = self._editor_for(title, info, defaults[name])
            self._editors[name] = editor
            if isinstance(editor, QCheckBox):
                editor.setText(title)
                form.addRow(editor)
            else:
                add_row(form, title, editor, help=info.help).setTextFormat(Qt.TextFormat.PlainText)
        return body

    def _editor_for(self, title: str, info: FieldInfo, default: Value) -> NumberField | QComboBox | QCheckBox:
        if isinstance(default, bool):
            box = QCheckBox()
            box.setChecked(default)
            box.toggled.connect(self._tell)
            _describe(box, title, info.help)
            return box
        if isinstance(default, str):
            combo = QComboBox()
            for word in info.choices:
                combo.addItem(texts.choice_title(word), word)
            combo.setCurrentIndex(combo.findData(default))
            combo.currentIndexChanged.connect(self._tell)
            _describe(combo, title, info.help)
            return combo
        field = NumberField(
            self._theme, name=title, low=info.low, high=info.high, default=default, step=info.step,
            unit=info.unit, help=info.help,
        )  # fmt: skip
        field.changed.connect(self._tell)
        return field

    def _tell(self) -> None:
        self.changed.emit()


def _describe(widget: QWidget, title: str, help: str) -> None:
    widget.setAccessibleName(title)
    widget.setToolTip(help)
    widget.setAccessibleDescription(help)


def _read(editor: NumberField | QComboBox | QCheckBox, kind: type) -> Value:
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, QComboBox):
        return str(editor.currentData())
    return round(editor.value) if kind is int else editor.value

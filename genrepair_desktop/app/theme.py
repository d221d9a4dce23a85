"""The two themes: colours from resources/theme/*.toml, one style sheet for both."""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from genrepair_desktop import paths

ThemeName = Literal["dark", "light"]


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as ``#rrggbb``. Text on window, panel, field and raised has contrast 4.5:1."""

    name: ThemeName
    window: str
    panel: str
    field: str
    raised: str
    hover: str
    line: str
    line_strong: str
    canvas: str
    text: str
    text_quiet: str
    text_off: str
    accent: str
    accent_hover: str
    accent_text: str
    accent_line: str
    notice: str
    error: str

    def colour(self, token: str) -> QColor:
        """The colour of this name."""
        return QColor(getattr(self, token))


@cache
def load_theme(name: ThemeName) -> Theme:
    """Read one theme's colours."""
    values = tomllib.loads((paths.resources_dir() / "theme" / f"{name}.toml").read_text(encoding="utf-8"))
    return Theme(name=name, **values)


def style_sheet(theme: Theme) -> str:
    """The style sheet with this theme's colours and arrows.

    Raises:
        KeyError: the sheet uses a name that the theme does not have.
    """
    folder = paths.resources_dir() / "theme"
    tokens = {field.name: str(getattr(theme, field.name)) for field in fields(theme)}
    for token, file in (("arrow_down", "down"), ("arrow_up", "up"), ("check", "check")):
        tokens[token] = f'"{(folder / f"{theme.name}-{file}.svg").as_posix()}"'
    sheet = (folder / "base.qss").read_text(encoding="utf-8")
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return re.sub(r"@(\w+)", lambda found: tokens[found.group(1)], sheet)


def resolve(choice: str) -> ThemeName:
    """The theme meant by the user's choice; ``system`` asks the desktop."""
    if choice == "system":
        scheme = QGuiApplication.styleHints().colorScheme()
        return "light" if scheme is Qt.ColorScheme.Light else "dark"
    return "light" if choice == "light" else "dark"


class ThemeSwitch(QObject):
    """Holds the theme in use and dresses the application with it."""

    changed = Signal(object)

    def __init__(self, application: QApplication, choice: str) -> None:
        super().__init__(application)
        self._application = application
        application.setStyle("Fusion")
        self.theme = load_theme(resolve(choice))
        self._dress()

    def choose(self, choice: str) -> None:
        """Change to ``dark``, ``light`` or ``system``."""
        theme = load_theme(resolve(choice))
        if theme == self.theme:
            return
        self.theme = theme
        self._dress()
        self.changed.emit(theme)

    def _dress(self) -> None:
        self._application.setPalette(palette(self.theme))
        self._application.setStyleSheet(style_sheet(self.theme))


def palette(theme: Theme) -> QPalette:
    """What the style draws without the sheet: selections, links, disabled text."""
    role = QPalette.ColorRole
    colours = {
        role.Window: "window", role.WindowText: "text", role.Base: "field", role.AlternateBase: "panel",
        role.Text: "text", role.Button: "raised", role.ButtonText: "text", role.ToolTipBase: "panel",
        role.ToolTipText: "text", role.PlaceholderText: "text_quiet", role.Highlight: "accent",
        role.HighlightedText: "accent_text", role.Link: "accent_line", role.BrightText: "text",
    }  # fmt: skip
    made = QPalette()
    for which, token in colours.items():
        made.setColor(which, theme.colour(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, theme.colour("text_off"))
    return made

"""Both themes can be read, and every icon can be drawn."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app.command_rows import ROWS
from genrepair_desktop.app.icons import svg_pixmap
from genrepair_desktop.app.theme import Theme, load_theme, style_sheet

THEMES = ("dark", "light")
ICONS = sorted((paths.resources_dir() / "icons").glob("*.svg"))


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.1."""
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in map(float, channels)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["window", "panel", "field", "raised", "hover", "notice", "error"])
def test_text_has_a_contrast_of_4_5_on_every_ground(name: str, ground: str) -> None:
    theme = load_theme(name)  # type: ignore[arg-type]
    assert contrast(theme.text, getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["window", "panel", "field"])
def test_quiet_text_and_the_primary_button_have_a_contrast_of_4_5(name: str, ground: str) -> None:
    theme = load_theme(name)  # type: ignore[arg-type]
    assert contrast(theme.text_quiet, getattr(theme, ground)) >= 4.5
    assert contrast(theme.accent_text, theme.accent) >= 4.5
    assert contrast(theme.accent_text, theme.accent_hover) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_focus_and_selection_lines_have_a_contrast_of_3(name: str) -> None:
    theme = load_theme(name)  # type: ignore[arg-type]
    assert contrast(theme.accent_line, theme.panel) >= 3.0
    assert contrast(theme.line_strong, theme.panel) >= 3.0


@pytest.mark.parametrize("name", THEMES)
def test_the_sheet_leaves_no_name_and_names_files_that_exist(name: str) -> None:
    sheet = style_sheet(load_theme(name))  # type: ignore[arg-type]
    assert "@" not in sheet
    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(files) >= 3
    assert all(Path(file).is_file() for file in files)


def test_greys_are_neutral() -> None:
    for name in THEMES:
        theme = load_theme(name)  # type: ignore[arg-type]
        greys = [
            field.name for field in fields(Theme) if field.name in ("window", "panel", "field", "canvas", "raised")
        ]
        for grey in greys:
            red, green, blue, _ = QColor(getattr(theme, grey)).getRgb()  # type: ignore[misc]
            assert red == green == blue, f"{name}.{grey} has a tint beside photos"


@pytest.mark.parametrize("icon", [path.stem for path in ICONS])
def test_every_icon_draws_something_in_the_asked_colour(icon: str, qtbot: QtBot) -> None:
    image = svg_pixmap(icon, QColor("#12cc56"), ratio=2).toImage()
    drawn = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    solid = [colour for colour in drawn if colour.alpha() > 250]
    assert 20 < len([colour for colour in drawn if colour.alpha() > 0]) < len(drawn) * 0.75
    assert solid
    assert all(abs(colour.green() - 0xCC) < 4 and abs(colour.red() - 0x12) < 4 for colour in solid)


def test_icons_are_one_family() -> None:
    for path in ICONS:
        text = path.read_text(encoding="utf-8")
        assert 'viewBox="0 0 24 24"' in text, path.stem
        assert 'stroke="currentColor" stroke-width="1.6"' in text, path.stem


def test_every_command_names_an_icon_that_exists() -> None:
    names = {path.stem for path in ICONS}
    assert not [row.id for row in ROWS if row.icon and row.icon not in names]

"""Icons from resources/icons: one family of line drawings, tinted to the theme."""

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from genrepair_desktop import paths
from genrepair_desktop.app.theme import Theme

_SIDE = 20
# 1 and 2 device pixels per point; Qt scales the larger one down for the scale factors between
_RATIOS = (1, 2)


def svg_pixmap(name: str, colour: QColor, *, side: int = _SIDE, ratio: float = 1.0) -> QPixmap:
    """One icon drawn in one colour, ``side`` points wide at ``ratio`` device pixels per point.

    Raises:
        FileNotFoundError: no icon has this name.
    """
    drawing = (paths.resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour.name()).encode()))
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, theme: Theme, *, side: int = _SIDE) -> QIcon:
    """The icon in the theme's text colour, in accent when checked, faded when disabled."""
    made = QIcon()
    tints = (
        ("text", QIcon.Mode.Normal, QIcon.State.Off),
        ("accent_line", QIcon.Mode.Normal, QIcon.State.On),
        ("text_off", QIcon.Mode.Disabled, QIcon.State.Off),
    )
    for ratio in _RATIOS:
        for token, mode, state in tints:
            made.addPixmap(svg_pixmap(name, theme.colour(token), side=side, ratio=ratio), mode, state)
    return made


def dress(button: QAbstractButton, name: str, theme: Theme, *, side: int = _SIDE) -> None:
    """Give a button an icon, and let ``redress`` know which."""
    button.setProperty("iconName", name)
    button.setProperty("iconSide", side)
    button.setIcon(icon(name, theme, side=side))


def redress(root: QWidget, theme: Theme) -> None:
    """Tint the icons of all dressed buttons under ``root`` for another theme."""
    for button in root.findChildren(QAbstractButton):
        name = button.property("iconName")
        if name:
            button.setIcon(icon(str(name), theme, side=int(button.property("iconSide"))))

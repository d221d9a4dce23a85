"""About: what this is, its version, and the libraries it stands on."""

from importlib import metadata

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from genrepair_desktop import __version__
from genrepair_desktop.app.icons import svg_pixmap
from genrepair_desktop.app.theme import Theme

_LIBRARIES = ("numpy", "opencv-python-headless", "scipy", "scikit-image", "numba", "torch", "Pillow")


class AboutDialog(QDialog):
    """Nothing to decide here."""

    def __init__(self, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About GenRepair")
        picture = QLabel()
        picture.setPixmap(svg_pixmap("app", theme.colour("accent_line"), side=64, ratio=self.devicePixelRatioF()))
        title = QLabel(f"GenRepair Desktop {__version__}")
        title.setObjectName("emptyTitle")
        words = QLabel(
            "Repairs damaged photographs on your own machine: paint the damage, compare repairs, export. Pixels you "
            "did not paint stay as they are, bit for bit. Nothing is sent anywhere."
        )
        words.setWordWrap(True)
        libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
        facts = QLabel(f"Qt {qVersion()}, {libraries}.")
        facts.setObjectName("quiet")
        facts.setWordWrap(True)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture)
        head.addWidget(title, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(words)
        column.addWidget(facts)
        column.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.resize(520, 280)


def version(package: str) -> str:
    """The installed version; a question mark where a package runs from its source without being installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"

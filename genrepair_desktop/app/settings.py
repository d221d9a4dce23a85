"""Typed settings over QSettings: what the user chose, and where the windows were."""

from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, overload

from PySide6.QtCore import QByteArray, QSettings

from genrepair_desktop.app.memory import MemoryShares, default_megabytes, shares_of
from genrepair_desktop.registry.device import DeviceName

T = TypeVar("T", bound=bool | int | float | str)
_RECENT_FILES = 12
# what the Samples workspace shows, in the order of the key that steps through them
SAMPLES_VIEWS = ("both", "map", "gallery")


class Setting(Generic[T]):
    """One stored value with a default and, for numbers, a range; a stored value that does not fit is ignored."""

    def __init__(
        self, key: str, default: T, *, choices: tuple[T, ...] = (), low: float | None = None, high: float | None = None
    ) -> None:
        self.key, self.default = key, default
        self._choices, self._low, self._high = choices, low, high

    @overload
    def __get__(self, owner: None, kind: type) -> "Setting[T]": ...
    @overload
    def __get__(self, owner: "Settings", kind: type) -> T: ...
    def __get__(self, owner: "Settings | None", kind: type) -> "Setting[T] | T":
        if owner is None:
            return self
        # type=: an INI gives True back as the text 'true', and 'false' is true in an if
        value: Any = owner.store.value(self.key, self.default, type=type(self.default))
        return value if self.allows(value) else self.default

    def __set__(self, owner: "Settings", value: T) -> None:
        if not self.allows(value):
            raise ValueError(f"{self.key} cannot be {value!r}")
        owner.store.setValue(self.key, value)

    def allows(self, value: T) -> bool:
        """True when the value is of the setting's choices and range."""
        if self._choices:
            return value in self._choices
        if isinstance(value, str):
            return True
        return (self._low is None or value >= self._low) and (self._high is None or value <= self._high)


class Settings:
    """Every choice the program remembers."""

    theme = Setting("view/theme", "dark", choices=("dark", "light", "system"))
    overlay_colour = Setting("view/overlay_colour", "#ffb000")
    overlay_opacity = Setting("view/overlay_opacity", 0.45, low=0.05, high=1.0)
    wheel_zooms = Setting("view/wheel_zooms", True)
    show_hints = Setting("view/show_hints", True)
    samples_view = Setting("samples/view", "both", choices=SAMPLES_VIEWS)
    hints_seen = Setting("view/hints_seen", 0, low=0, high=100)

    device = Setting[DeviceName]("engine/device", "auto", choices=get_args(DeviceName))
    # what undo, display, fills, models and thumbnails may take together; ``memory.shares_of`` divides it
    memory_megabytes = Setting("engine/memory_megabytes", default_megabytes(), low=256, high=1_048_576)
    # twice Pillow's warning line, where Pillow itself refuses
    largest_megapixels = Setting("engine/largest_megapixels", 179, low=10, high=2000)
    candidates = Setting("repair/candidates", 6, low=2, high=24)
    method = Setting("repair/method", "auto")

    brush_size = Setting("tools/brush_size", 40.0, low=1.0, high=2000.0)
    brush_hardness = Setting("tools/brush_hardness", 0.9, low=0.0, high=1.0)
    difference_gain = Setting("view/difference_gain", 8, low=1, high=64)

    export_format = Setting("export/format", "source")
    export_quality = Setting("export/quality", 92, low=1, high=100)
    export_strips_gps = Setting("export/strips_gps", False)
    export_writes_record = Setting("export/writes_record", False)
    last_folder = Setting("files/last_folder", "")

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store if store is not None else QSettings()

    @property
    def memory(self) -> MemoryShares:
        """The memory setting, shared out in bytes."""
        return shares_of(self.memory_megabytes)

    def reset(self, setting: "Setting[Any]") -> None:
        """Forget the user's choice; the default holds again."""
        self.store.remove(setting.key)

    @property
    def recent_files(self) -> list[Path]:
        """Photos opened last, newest first, that still exist."""
        return [path for path in map(Path, self._list("files/recent")) if path.is_file()]

    def add_recent_file(self, path: Path) -> None:
        """Move ``path`` to the front of the recent files."""
        newest = str(path.absolute())
        names = [name for name in self._list("files/recent") if name != newest]
        self._set_list("files/recent", [newest, *names][:_RECENT_FILES])

    def clear_recent_files(self) -> None:
        self._set_list("files/recent", [])

    def shortcuts(self, command_id: str) -> tuple[str, ...] | None:
        """The user's own shortcuts of a command, or None where the built-in ones hold. Empty: none wanted."""
        if not self.store.contains(f"shortcuts/{command_id}"):
            return None
        text = str(self.store.value(f"shortcuts/{command_id}", "", type=str))
        return tuple(text.split("\t")) if text else ()

    def set_shortcuts(self, command_id: str, shortcuts: tuple[str, ...] | None) -> None:
        """Store a command's shortcuts in portable text; None goes back to the built-in ones."""
        if shortcuts is None:
            self.store.remove(f"shortcuts/{command_id}")
        else:
            self.store.setValue(f"shortcuts/{command_id}", "\t".join(shortcuts))

    def window_bytes(self, name: str) -> QByteArray:
        """Saved geometry or dock layout; empty when there is none."""
        value = self.store.value(f"window/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_window_bytes(self, name: str, value: QByteArray) -> None:
        self.store.setValue(f"window/{name}", value)

    def _list(self, key: str) -> list[str]:
        # An INI gives ['a'] back as 'a' and [] as None; one text with separators comes back as it went
        text = str(self.store.value(key, "", type=str))
        return text.split("\t") if text else []

    def _set_list(self, key: str, names: list[str]) -> None:
        self.store.setValue(key, "\t".join(names))

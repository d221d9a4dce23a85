"""The window from the shell, and what happens where there is none to be had."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop.errors import GenRepairError

# What Qt loads, and the Debian and Ubuntu packages that bring it. Without the second and third group it does not
# raise: it aborts the process with a page of text.
_DESKTOP_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
_X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
_WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}


class NoWindowError(GenRepairError):
    """A window cannot be opened here."""


def open_photo(
    photo: Annotated[Path | None, typer.Argument(metavar="[PHOTO]", help="The photo to open.")] = None,
) -> int:
    """Open the window; `genrepair PHOTO` does the same."""
    if not has_display():
        raise NoWindowError(
            "There is no display, so no window can open: use `genrepair repair PHOTO --mask MASK -o OUT`, "
            "or `genrepair demo` to see a repair of the sample photo."
        )
    return _start_window([] if photo is None else [str(photo)])


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where the pictures go without a display.")
    ] = Path("genrepair-sample"),
) -> int:
    """Open the window with the damaged sample photo; with no display, repair it into two picture files."""
    from genrepair_desktop.cli.sample import find_sample, repair_sample

    if has_display():
        return _start_window(["--sample"])
    print("No display: repairing the sample photo without a window.", flush=True)
    for path in repair_sample(find_sample(), output):
        print(path)
    return 0


def has_display() -> bool:
    """True where a window can be shown, or where Qt was told how to do without."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return True
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def missing_packages(libraries: dict[str, str]) -> list[str]:
    """The packages of those libraries (file name -> package) that do not load."""
    missing = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def _start_window(arguments: list[str]) -> int:
    _check_libraries()
    # a process of its own: the command line needs no Qt, and what aborts in Qt cannot hide the reason here
    code = subprocess.call([sys.executable, "-m", "genrepair_desktop", *arguments])
    return code if code >= 0 else 128 - code


def _check_libraries() -> None:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    wanted = _DESKTOP_LIBRARIES | (_X11_LIBRARIES if os.environ.get("DISPLAY") else _WAYLAND_LIBRARIES)
    packages = missing_packages(wanted)
    if packages:
        raise NoWindowError(
            "The window needs system libraries that are not here: on Debian and Ubuntu type "
            f"`sudo apt install {' '.join(packages)}` and start again."
        )

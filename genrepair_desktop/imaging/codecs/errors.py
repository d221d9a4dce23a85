"""What can go wrong with a photo's file, and the one sentence a user gets for it."""

import struct
import zlib

from genrepair_desktop.files import FileError


class PhotoError(FileError):
    """A photo cannot be opened or exported. ``str`` is one sentence: file, reason, what to do."""

    action = "Cannot open"


class PhotoAccessError(PhotoError):
    """The file itself cannot be read: missing, not permitted, empty, a pipe, a folder."""


class PhotoFormatError(PhotoError):
    """The content is no picture, or of a kind that is not read here."""


class PhotoLimitError(PhotoError):
    """The picture, or what it would take to decode it, is over a limit."""


class PhotoDamagedError(PhotoError):
    """The content breaks off or contradicts itself."""


class PhotoWriteError(PhotoError):
    """A picture cannot be exported. What stood there before is untouched."""

    action = "Cannot save"


class PhotoExistsError(PhotoWriteError):
    """The target exists, and overwriting it was not asked for."""


class Refused(Exception):
    """Inside the codecs: the picture is not read; the reader of the path turns it into ``PhotoError``."""

    def __init__(self, kind: type[PhotoError], reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.remedy = kind, reason, remedy


COPY_AGAIN = "copy it again from where it came from"

# What Pillow, tifffile, imagecodecs, OpenCV and libheif were seen to raise on hostile files, by name, so that a
# fault of our own code still shows as one. cv2.error, TiffFileError and DecompressionBombError derive from
# Exception alone and are turned into ValueError where those libraries are called.
DECODER_ERRORS = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, RuntimeError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


def damaged(what: str) -> Refused:
    """A picture whose content breaks off or contradicts itself."""
    return Refused(PhotoDamagedError, what, COPY_AGAIN)


def truncated() -> Refused:
    """A picture whose file ends before its data does."""
    return damaged("the file breaks off before the end of the picture")


def unsupported(what: str, remedy: str = "convert it to PNG or TIFF with the program that made it") -> Refused:
    """A picture of a kind that is not read here."""
    return Refused(PhotoFormatError, what, remedy)

"""Photos in and out: one opener, one saver, one error class each."""

from genrepair_desktop.imaging.codecs.errors import (
    PhotoAccessError,
    PhotoDamagedError,
    PhotoError,
    PhotoExistsError,
    PhotoFormatError,
    PhotoLimitError,
    PhotoWriteError,
)
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.options import WRITE_FORMATS, ExportOptions, WriteFormat, format_of
from genrepair_desktop.imaging.codecs.photo import JpegEncoding, Photo, PhotoMetadata, PhotoSource, Subsampling
from genrepair_desktop.imaging.codecs.read import READABLE_FORMATS, READABLE_SUFFIXES, read_photo
from genrepair_desktop.imaging.codecs.write import flattened, write_photo

__all__ = [
    "READABLE_FORMATS",
    "READABLE_SUFFIXES",
    "WRITE_FORMATS",
    "ExportOptions",
    "JpegEncoding",
    "Limits",
    "Photo",
    "PhotoAccessError",
    "PhotoDamagedError",
    "PhotoError",
    "PhotoExistsError",
    "PhotoFormatError",
    "PhotoLimitError",
    "PhotoMetadata",
    "PhotoSource",
    "PhotoWriteError",
    "Subsampling",
    "WriteFormat",
    "flattened",
    "format_of",
    "read_photo",
    "write_photo",
]

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
from genrepair_desktop.imaging.codecs.photo import JpegEncoding, Photo, PhotoMetadata, PhotoSource, Subsampling
from genrepair_desktop.imaging.codecs.read import READABLE_FORMATS, READABLE_SUFFIXES, read_photo

__all__ = [
    "READABLE_FORMATS",
    "READABLE_SUFFIXES",
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
    "read_photo",
]

"""Photos in and out: one opener (``read_photo``), one saver (``write_photo``), one error class each.

Every reader works alike. Our own code walks the container, with bounds, takes the metadata, and checks what the
header asks for; the library then gets only what it needs to decode, so that metadata cannot disturb it.

Decoding happens in this process. A helper process was tried: a 24-megapixel JPEG took at least twice as long to
open (start aside), for the copy through shared memory. Instead everything a decoder could be talked into
(sizes, passes, tiles, unpacked metadata, runs, pixels for each byte) is bounded before it starts;
``tests/corpus.py`` tries to break it.
"""

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

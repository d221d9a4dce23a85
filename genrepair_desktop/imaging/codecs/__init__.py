"""Photos in and out: one opener (``read_photo``), one saver (``write_photo``), one error class each.

Every reader works alike. Our own code walks the container, with bounds, takes the metadata, and checks what the
header asks for; the library then gets only what it needs to decode, so that metadata cannot disturb it.

Decoding happens in this process. A helper process was measured: for a 24-megapixel JPEG it takes 1.6 times the
processor time once it runs (0.33 s against 0.20 s, for the copy through shared memory), 2.8 times with its start
(0.37 s), and 28 MB while it waits. And its limits would say less than they seem to: a file that breaks off at its end
costs what a sound one does up to there, so a limit of 2 s would refuse sound photos of 50 megapixels in AVIF. Instead
everything a decoder could be talked into (sizes, passes, tiles, unpacked metadata, runs, pixels for each byte) is
bounded before it starts, and data that unpack to far more than they are are looked through first (``unpack``). A file
that fails costs over 2 s or 1 GB only where a sound one of as many pixels and bytes does. ``tests/corpus.py`` and
``tests/fuzz`` try to break it. Batches decode in worker processes with limits in any case.
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

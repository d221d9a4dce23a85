"""What comes out of a photo's file, and what goes back into one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from genrepair_desktop.imaging.arrays import Pixels

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
SUBSAMPLINGS: tuple[Subsampling, ...] = ("4:4:4", "4:2:2", "4:2:0")


@dataclass(frozen=True)
class PhotoMetadata:
    """What travels with the pixels from file to file, as raw blocks that no decoder has touched.

    Attributes:
        exif: a TIFF-structured block ("II*\\0" or "MM\\0*"), without the "Exif\\0\\0" of JPEG.
        xmp: an XMP packet, UTF-8.
        icc: a colour profile that fits the pixels' channels; None means sRGB.
        iptc: IPTC-IIM records; only JPEG and TIFF can hold them.
        dpi: horizontal and vertical resolution in dots an inch.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class JpegEncoding:
    """How a JPEG was compressed, enough to compress again alike.

    Attributes:
        tables: quantisation tables in the order and layout that Pillow's ``qtables`` takes.
        subsampling: of the colour channels; None if it is none of the three common ones.
        progressive: several passes instead of one.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: Subsampling | None
    progressive: bool


@dataclass(frozen=True)
class PhotoSource:
    """The file the pixels came from.

    Attributes:
        path: as it was asked for.
        format: "jpeg", "png", "tiff", "webp", "bmp", "gif", "avif" or "heic", by content.
        bits: bits a sample in the file.
        file_bytes: size of the file.
        jpeg: how it was compressed, if it was a JPEG.
    """

    path: Path
    format: str
    bits: int
    file_bytes: int
    jpeg: JpegEncoding | None = None


@dataclass(frozen=True)
class Decoded:
    """Inside the codecs: a picture as the file stores it, before orientation is applied.

    ``orientation`` is the EXIF value 1 to 8 still to be applied.
    """

    pixels: Pixels
    bits: int
    metadata: PhotoMetadata = field(default_factory=PhotoMetadata)
    orientation: int = 1
    notices: tuple[str, ...] = ()
    jpeg: JpegEncoding | None = None


@dataclass(frozen=True)
class Photo:
    """An opened photo, upright.

    Attributes:
        pixels: uint8 or uint16, (h, w, 1 to 4), alpha not premultiplied.
        metadata: kept for export.
        source: where it came from.
        notices: sentences on what was left out or converted, for the message bar.
    """

    pixels: Pixels
    metadata: PhotoMetadata
    source: PhotoSource
    notices: tuple[str, ...] = field(default=())

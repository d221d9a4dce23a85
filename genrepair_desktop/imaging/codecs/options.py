"""What a user decides about an exported file, and what each format can hold."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from genrepair_desktop.imaging.codecs.photo import JpegEncoding, PhotoSource, Subsampling

WriteFormat = Literal["png", "jpeg", "tiff", "webp", "avif"]


@dataclass(frozen=True)
class Abilities:
    """What a format can hold. ``max_side`` in pixels; ``suffixes``: the first is the usual one."""

    title: str
    suffixes: tuple[str, ...]
    has_alpha: bool
    has_deep: bool
    max_side: int
    has_grey: bool = True


WRITE_FORMATS: dict[WriteFormat, Abilities] = {
    "png": Abilities("PNG", (".png",), has_alpha=True, has_deep=True, max_side=2**31 - 1),
    "jpeg": Abilities("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), has_alpha=False, has_deep=False, max_side=65_500),
    "tiff": Abilities("TIFF", (".tif", ".tiff"), has_alpha=True, has_deep=True, max_side=2**31 - 1),
    "webp": Abilities("WebP", (".webp",), has_alpha=True, has_deep=False, max_side=16_383, has_grey=False),
    "avif": Abilities("AVIF", (".avif",), has_alpha=True, has_deep=False, max_side=32_767, has_grey=False),
}


@dataclass(frozen=True)
class ExportOptions:
    """How to encode a picture.

    Attributes:
        format: None takes the format that the target's ending names.
        quality: 1 to 100, for JPEG, AVIF, and WebP unless ``lossless``.
        subsampling: of the colour channels, JPEG and AVIF.
        as_source: for JPEG: the source's own tables, subsampling and passes, instead of the two above.
        lossless: for WebP.
        compression: for TIFF; all three are lossless.
        bits: None keeps the depth; 8 reduces.
        flatten: the colour (sRGB, 0 to 255) to lay under transparent pixels in a format that has no
            transparency; None refuses such a picture instead.
        keep_metadata: EXIF, XMP, IPTC and resolution; the colour profile is always kept.
        strip_gps: take the position out of EXIF and XMP.
    """

    format: WriteFormat | None = None
    quality: int = 95
    subsampling: Subsampling = "4:4:4"
    as_source: JpegEncoding | None = None
    lossless: bool = True
    compression: Literal["deflate", "lzw", "none"] = "deflate"
    bits: Literal[8] | None = None
    flatten: tuple[int, int, int] | None = None
    keep_metadata: bool = True
    strip_gps: bool = False

    @classmethod
    def like(cls, source: PhotoSource) -> "ExportOptions":
        """The way the source was encoded, where that is known."""
        return cls(as_source=source.jpeg)


def format_of(path: PurePath) -> WriteFormat | None:
    """The format that a file's ending names; None if it names none."""
    suffix = path.suffix.lower()
    return next((name for name, abilities in WRITE_FORMATS.items() if suffix in abilities.suffixes), None)

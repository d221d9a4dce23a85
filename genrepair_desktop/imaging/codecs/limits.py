"""How much a file may ask for, checked on its header before anything is decoded."""

from dataclasses import dataclass

from genrepair_desktop.imaging.codecs.errors import PhotoLimitError, Refused


@dataclass(frozen=True)
class Limits:
    """Upper bounds of what is read.

    Attributes:
        pixels: width times height. The default is twice Pillow's warning line, where Pillow itself refuses.
        side: width or height alone; the same bound as OpenImageIO's.
        file_bytes: size of the file.
        scans: passes over a JPEG. Encoders write 1 to 14; 1,500 empty ones hang a decoder.
        scan_pixels: passes times pixels, because an empty pass still visits every block.
        free_pixels: up to so many pixels no file is too small for its picture.
        pixels_a_byte: above them, what one coded byte may stand for. Photos have under 100; of blank pages, HEIC and
            lossy WebP have 400 to 1,600, and 20,000 to 600,000 are blank pages in AVIF and lossless WebP: 500 bytes
            of which take a decoder 7.7 s and 1.4 GB.
        av1_pixels_a_byte: the same for AVIF, whose decoder is the slowest: 29 ns and 9 bytes a pixel.
        parts: segments, chunks, boxes or tags walked through.
        block_bytes: one block of metadata (EXIF, XMP, colour profile), unpacked.
    """

    pixels: int = 178_956_970
    side: int = 1_048_576
    file_bytes: int = 2 * 2**30
    scans: int = 100
    scan_pixels: int = 2_500_000_000
    free_pixels: int = 24_000_000
    pixels_a_byte: int = 4096
    av1_pixels_a_byte: int = 256
    parts: int = 300_000
    block_bytes: int = 8 * 2**20

    def check_size(self, width: int, height: int) -> None:
        """Raise ``Refused`` if a picture of this size is not to be decoded."""
        if width <= 0 or height <= 0:
            raise Refused(
                PhotoLimitError,
                f"it says it is {width} × {height} pixels large",
                "it holds no picture; choose another",
            )
        if width * height > self.pixels or max(width, height) > self.side:
            raise Refused(
                PhotoLimitError,
                f"{width:,} × {height:,} pixels are over the limit of {self.pixels / 1e6:,.0f} megapixels",
                "make it smaller or raise the limit in the settings",
            )

    def check_density(self, coded_bytes: int, width: int, height: int, *, pixels_a_byte: int | None = None) -> None:
        """Raise ``Refused`` if so few bytes cannot hold a photo of this size.

        ``pixels_a_byte`` is the limit of a decoder that needs one of its own.
        """
        if width * height > max(self.free_pixels, coded_bytes * (pixels_a_byte or self.pixels_a_byte)):
            raise Refused(
                PhotoLimitError,
                f"{coded_bytes:,} bytes cannot hold a photo of {width:,} × {height:,} pixels; files made to hang "
                "programs look like that",
                "save it again with another program if you trust it",
            )

    def check_scans(self, scans: int, width: int, height: int) -> None:
        """Raise ``Refused`` if a JPEG asks for too many passes over its pixels."""
        if scans > self.scans or scans * width * height > self.scan_pixels:
            raise Refused(
                PhotoLimitError,
                f"it asks for {scans:,} passes over {width:,} × {height:,} pixels, as files made to hang programs do",
                "save it again with another program if you trust it",
            )

    def check_parts(self, count: int) -> None:
        """Raise ``Refused`` if a file is cut into absurdly many parts."""
        if count > self.parts:
            raise Refused(
                PhotoLimitError,
                f"it is cut into more than {self.parts:,} parts",
                "save it again with another program if you trust it",
            )

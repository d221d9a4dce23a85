"""Metadata on its way in (checked, so that a broken block never costs the picture) and out (made true again)."""

import re
import struct
from dataclasses import dataclass, field, replace

from genrepair_desktop.imaging.codecs import exif as exif_block
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata
from genrepair_desktop.imaging.codecs.tags import TagError

_ICC_SPACES = {1: b"GRAY", 2: b"GRAY", 3: b"RGB ", 4: b"RGB "}
_MAX_DPI = 100_000.0

_XMP_ORIENTATION = re.compile(rb"""(<tiff:Orientation>\s*|tiff:Orientation\s*=\s*["'])[2-8](?=\s*[<"'])""")
_XMP_GPS_ATTRIBUTE = re.compile(rb"""\s[\w.-]{1,40}:GPS\w{1,40}\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
# values are text without markup, so both patterns run in linear time on hostile packets
_XMP_GPS_ELEMENT = re.compile(rb"<(?P<name>[\w.-]{1,40}:GPS\w{1,40})(?:\s[^<>]*)?(?:/>|>[^<]*</(?P=name)\s*>)")
_XMP_THUMBNAILS = re.compile(rb"</?[\w.-]{1,40}:Thumbnails[^<>]*>")


@dataclass
class Collector:
    """Gathers the blocks of one file; each is checked on its own, and a broken one becomes a notice.

    Of several blocks of a kind the first counts, so that a thousand of them cost no more than one.

    ``orientation`` holds what the EXIF block said, 1 if nothing.
    """

    limits: Limits
    orientation: int = 1
    notices: list[str] = field(default_factory=list)
    _found: PhotoMetadata = field(default_factory=PhotoMetadata)
    _icc: bytes | None = None
    _seen: set[str] = field(default_factory=set)

    def exif(self, block: bytes | None) -> None:
        """An EXIF block, with or without the prefix that JPEG gives it."""
        if not block or not self.is_first("EXIF"):
            return
        block = block.removeprefix(b"Exif\0\0")
        try:
            if len(block) > self.limits.block_bytes:
                raise TagError("too large")
            self.orientation = exif_block.orientation(block)
            # a block that cannot be cleaned for export is not worth keeping
            exif_block.cleaned(block, strip_gps=True)
        except (ValueError, struct.error):
            self.left_out("the EXIF data")
        else:
            self._found = replace(self._found, exif=block)

    def xmp(self, packet: bytes | str | None) -> None:
        """An XMP packet."""
        if isinstance(packet, str):
            packet = packet.encode("utf-8", "replace")
        if not packet or not self.is_first("XMP"):
            return
        packet = packet.rstrip(b"\0")
        if len(packet) > self.limits.block_bytes or b"<!ENTITY" in packet or b"<" not in packet:
            self.left_out("the XMP data")
        else:
            self._found = replace(self._found, xmp=packet)

    def icc(self, profile: bytes | None) -> None:
        """A colour profile; whether it fits the pixels is decided when the channels are known."""
        if profile and self.is_first("ICC"):
            self._icc = profile

    def iptc(self, records: bytes | None) -> None:
        """IPTC-IIM records."""
        if records and len(records) <= self.limits.block_bytes and records[:1] == b"\x1c":
            self._found = replace(self._found, iptc=records)

    def dpi(self, x: float | None, y: float | None) -> None:
        """Dots an inch; nonsense is ignored."""
        if x and y and 0 < x <= _MAX_DPI and 0 < y <= _MAX_DPI:
            self._found = replace(self._found, dpi=(float(x), float(y)))

    def is_first(self, kind: str) -> bool:
        """True the first time it is asked about a kind."""
        is_first = kind not in self._seen
        self._seen.add(kind)
        return is_first

    def left_out(self, what: str) -> None:
        """Note that a block was broken or too large."""
        self.notices.append(f"Left out {what}: broken or too large.")

    @property
    def profile(self) -> bytes | None:
        """The colour profile as found, for readers that must convert with it (CMYK, Lab)."""
        return self._icc

    def finish(self, channels: int) -> PhotoMetadata:
        """All that was found, for pixels of this many channels."""
        if self._icc is None:
            return self._found
        if not icc_fits(self._icc, _ICC_SPACES[channels], self.limits.block_bytes):
            self.left_out("the colour profile, colours are taken as sRGB")
            return self._found
        return replace(self._found, icc=self._icc)

    def finish_as_srgb(self) -> PhotoMetadata:
        """All that was found but the profile, for pixels that were converted to sRGB with it or without it."""
        return self._found


def icc_fits(profile: bytes, space: bytes, max_bytes: int) -> bool:
    """True if the profile's header (ICC.1, section 7.2) is sound and it describes the given colour space."""
    return (
        128 <= len(profile) <= max_bytes
        and profile[36:40] == b"acsp"
        and profile[16:20] == space
        and int.from_bytes(profile[:4], "big") <= len(profile)
    )


def for_export(metadata: PhotoMetadata, size: tuple[int, int], *, strip_gps: bool) -> PhotoMetadata:
    """The metadata that is true of an upright export of ``size`` (width, height): orientation 1, no thumbnail.

    A position is taken out of EXIF and XMP if ``strip_gps``.
    """
    block = metadata.exif
    if block is not None:
        try:
            block = exif_block.cleaned(block, strip_gps=strip_gps, size=size)
        except (TagError, struct.error):
            block = None
    return replace(metadata, exif=block, xmp=_clean_xmp(metadata.xmp, strip_gps))


def _clean_xmp(packet: bytes | None, strip_gps: bool) -> bytes | None:
    if packet is None:
        return None
    packet = _XMP_ORIENTATION.sub(rb"\g<1>1", packet)
    packet = _without_thumbnails(packet)
    if strip_gps and b":GPS" in packet:
        packet = _XMP_GPS_ELEMENT.sub(b"", _XMP_GPS_ATTRIBUTE.sub(b"", packet))
    return packet


def _without_thumbnails(packet: bytes) -> bytes:
    marks = list(_XMP_THUMBNAILS.finditer(packet))
    if not marks or marks[0].group().startswith(b"</") or not marks[-1].group().startswith(b"</"):
        return packet
    return packet[: marks[0].start()] + packet[marks[-1].end() :]

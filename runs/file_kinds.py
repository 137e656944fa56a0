"""The kinds of files that models make and take: their names on pages, and how they are handled.

`schemas/artifacts.py` decides the kind of a result. A new kind is a line here and a folder in
`templates/results/` with the sizes in which it differs from `file`: see the `result` filter.
"""

from __future__ import annotations

from typing import NamedTuple

SQUARE, LANDSCAPE, WIDE = 100, 133, 178  # widths of tiles in % of their height


class FileKind(NamedTuple):
    """The names of a kind, and the properties of its files."""

    label: str
    noun: str
    a_file: str  # what a file of the kind has to be
    icon: str = "file"
    shape: int = LANDSCAPE  # of a tile whose file has no known size
    is_media: bool = True  # browsers show or play it, and its first bytes confirm the kind
    is_visual: bool = False  # it has width and height; two are compared one over the other
    is_played: bool = False  # it has a duration
    is_drawn: bool = False  # its thumbnail is drawn from what it contains
    has_badge: bool = False  # a still picture of it does not show what it is

    @property
    def title(self) -> str:
        """The noun with a capital: `Picture`, `3D model`."""
        return self.noun[0].upper() + self.noun[1:]

    @property
    def gets_still(self) -> bool:
        """Whether copying makes a still picture of it."""
        return self.is_drawn or self.is_moving

    @property
    def is_still(self) -> bool:
        """Whether it is a picture."""
        return self.is_visual and not self.is_played

    @property
    def is_moving(self) -> bool:
        """Whether it is a film."""
        return self.is_visual and self.is_played


KINDS = {
    "image": FileKind("Picture", "picture", "an image", "image", is_visual=True),
    "video": FileKind(
        "Film", "film", "a video", "play", is_visual=True, is_played=True, has_badge=True
    ),
    "audio": FileKind("Sound", "sound", "a sound", "wave", WIDE, is_played=True, is_drawn=True),
    "mesh": FileKind(
        "3D", "3D model", "a 3D model", shape=SQUARE, is_media=False, is_drawn=True, has_badge=True
    ),
    "file": FileKind("File", "file", "a file", is_media=False),
}
MEDIA = frozenset(name for name, kind in KINDS.items() if kind.is_media)
VISUAL = tuple(name for name, kind in KINDS.items() if kind.is_visual)
KNOWN = frozenset(KINDS) - {"file"}  # those of which more is known than that it is a file

# Formats that not every browser shows or plays, as people call them.
FORMATS = {
    "image/heic": "HEIC",
    "image/jp2": "JPEG 2000",
    "image/jxl": "JPEG XL",
    "image/tiff": "TIFF",
    "image/vnd.adobe.photoshop": "Photoshop",
    "image/vnd.radiance": "Radiance HDR",
    "image/x-exr": "OpenEXR",
    "video/mpeg": "MPEG",
    "video/x-flv": "Flash video",
    "video/x-ms-asf": "Windows Media",
    "video/x-msvideo": "AVI",
    "audio/aiff": "AIFF",
    "audio/amr": "AMR",
    "audio/midi": "MIDI",
    "audio/x-caf": "Core Audio",
}
CODECS = {  # by FFmpeg's names
    "alac": "Apple Lossless",
    "cinepak": "Cinepak",
    "dnxhd": "DNxHD",
    "ffv1": "FFV1",
    "hevc": "H.265 (HEVC)",
    "mjpeg": "Motion JPEG",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4 Part 2",
    "prores": "ProRes",
    "qtrle": "QuickTime Animation",
    "rawvideo": "uncompressed video",
    "vvc": "H.266 (VVC)",
}


def kind_named(name: str) -> FileKind:
    """Return the kind of this name; that of any file for others, such as `text`."""
    return KINDS.get(name, KINDS["file"])

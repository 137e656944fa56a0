"""The kinds of files that models make and take: their names on pages, and how they are handled.

`schemas/artifacts.py` decides the kind of a result. A new kind needs a line here and a template in
`playground/display/renderers.py`.
"""

from __future__ import annotations

from typing import NamedTuple


class FileKind(NamedTuple):
    """The names of a kind, and the properties of its files."""

    label: str
    noun: str
    a_file: str  # what a file of the kind must be, for messages
    is_media: bool = True  # browsers can show or play it, and its first bytes confirm the kind
    is_visual: bool = False  # has width and height; a comparison can lay two over each other
    is_drawn: bool = False  # its thumbnail is drawn from its content


KINDS = {
    "image": FileKind("Picture", "picture", "an image", is_visual=True),
    "video": FileKind("Film", "film", "a video", is_visual=True),
    "audio": FileKind("Sound", "sound", "a sound", is_drawn=True),
    "mesh": FileKind("3D", "3D model", "a 3D model", is_media=False, is_drawn=True),
    "file": FileKind("File", "file", "a file", is_media=False),
}
MEDIA = frozenset(name for name, kind in KINDS.items() if kind.is_media)
VISUAL = tuple(name for name, kind in KINDS.items() if kind.is_visual)
DRAWN = tuple(name for name, kind in KINDS.items() if kind.is_drawn)
KNOWN = frozenset(KINDS) - {"file"}  # all kinds but plain files, of which nothing else is known

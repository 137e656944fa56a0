"""Detects a file's type by its first bytes, since names and headers may be wrong.

See protocol, section 13.
"""

from __future__ import annotations

import json
import re
import struct

from fal.reading import media_type

UNKNOWN = "application/octet-stream"
MAGIC: list[tuple[int, bytes, str]] = [  # offset, bytes, content type; first match wins
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
    (0, b"caff", "audio/x-caf"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),  # ADTS
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"glTF", "model/gltf-binary"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"%PDF", "application/pdf"),
    (0, b"ply\n", "model/ply"),
    (0, b"ply\r", "model/ply"),
    (0, b"v/1\x01", "image/x-exr"),
    (0, b"#?RADIANCE", "image/vnd.radiance"),
    (0, b"#?RGBE", "image/vnd.radiance"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cjP  ", "image/jp2"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"MThd", "audio/midi"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75", "video/x-ms-asf"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
]
# QuickTime films from before 2001 begin with one of these boxes instead of `ftyp`.
_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # header sizes of a BMP, in bytes
# Pictures in boxes (ISO/IEC 14496-12, 4.3) by brand: the major one, or if that is general, a
# compatible one.
_GENERAL = {b"mif1", b"mif2", b"msf1", b"miaf"}
_AVIF = {b"avif", b"avis"}  # a picture, a sequence
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
TEXT, UNREADABLE = "text", "bytes that nobody can read"
HEAD_BYTES = 4096  # meshes may begin with comments; a box rarely has more than ten brands
DOCUMENT_BYTES = 1 << 20  # error pages and messages sent instead of a file are smaller
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+|<!--(?>.*?-->)\s*+)*+"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|center|h1)\b",
    re.IGNORECASE | re.DOTALL,
)

# Comments, names and colours, then a corner: `v 0.5 0 -1e-3`.
_OBJ = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>(?:[ \t]*+(?:#|mtllib|usemtl|[ogs] )[^\n]*+|[ \t\r]*+)\n)*+"
    rb"v[ \t]++-?[\d.]\S*+[ \t]++-?[\d.]\S*+[ \t]++-?[\d.]"
)

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/svg+xml": "svg",
    "image/heic": "heic",
    "image/jp2": "jp2",
    "image/jxl": "jxl",
    "image/vnd.adobe.photoshop": "psd",
    "image/vnd.radiance": "hdr",
    "image/x-exr": "exr",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpg",
    "video/x-flv": "flv",
    "video/x-ms-asf": "wmv",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/x-caf": "caf",
    "audio/amr": "amr",
    "audio/midi": "mid",
    "model/gltf-binary": "glb",
    "model/gltf+json": "gltf",
    "model/obj": "obj",
    "model/ply": "ply",
    "model/stl": "stl",
    "model/x-splat": "splat",
    "application/zip": "zip",
    "application/pdf": "pdf",
    "application/json": "json",
    "text/plain": "txt",
}

# Of these no browser shows anything, or (SVG) more than a picture.
_ONLY_SAVED = {
    "image/svg+xml",
    "image/heic",
    "image/jp2",
    "image/jxl",
    "image/vnd.adobe.photoshop",
    "image/vnd.radiance",
    "image/x-exr",
    "video/mpeg",
    "video/x-flv",
    "video/x-ms-asf",
    "audio/amr",
    "audio/midi",
}
# Types that we serve for display in the browser; any other file is only offered as a download.
HARMLESS = frozenset(
    kind
    for kind in EXTENSIONS
    if kind.startswith(("image/", "video/", "audio/", "model/")) and kind not in _ONLY_SAVED
)


def content_type(head: bytes, claimed_type: str = "", *names: str) -> str:
    """Return a file's content type by its first bytes, else by name (meshes), else as claimed.

    A claimed type that browsers display is not trusted unless the first bytes confirm it.
    """
    if head[4:8] == b"ftyp" and (kind := _kind_of_picture(head)):
        return kind
    for offset, magic, kind in MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    if head[4:8] in _QUICKTIME:
        return "video/quicktime"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "image/bmp"
    for kind in (_kind_of_mesh(head), *map(_named, names)):
        if kind.startswith("model/"):
            return kind
    claimed_type = media_type(claimed_type)
    return UNKNOWN if claimed_type in HARMLESS or not claimed_type else claimed_type


def _kind_of_mesh(head: bytes) -> str:
    """Return the type of a mesh that has no magic bytes; empty for anything else."""
    if _OBJ.match(head):
        return "model/obj"
    if head[:5] == b"solid" and b"facet" in head:
        return "model/stl"
    if len(head) < 134:
        return ""
    faces, *normal, spare = struct.unpack("<I3f36xH", head[80:134])  # of a binary STL's first face
    is_normal = abs(sum(part * part for part in normal) - 1) < 0.01
    return "model/stl" if 0 < faces < 1 << 26 and is_normal and not spare else ""


def _named(name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    return next((kind for kind, extension in EXTENSIONS.items() if extension == suffix), "")


def _kind_of_picture(head: bytes) -> str:
    """Return the type of a picture in boxes by its brands; empty for films and others."""
    size_bytes = int.from_bytes(head[:4], "big")
    box = head[: size_bytes if size_bytes >= 16 else len(head)]
    major, other_brands = box[8:12], {box[at : at + 4] for at in range(16, len(box), 4)}
    if major in _AVIF or (major in _GENERAL and other_brands & _AVIF):
        return "image/avif"
    return "image/heic" if major in _GENERAL | _HEIC else ""


def document_kind(content: bytes) -> str:
    """Return what was sent instead of a media file: "a web page", "JSON", or "" for neither."""
    if _PAGE.match(content):
        return "a web page"
    if len(content) > DOCUMENT_BYTES or content.lstrip()[:1] not in (b"{", b"["):
        return ""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return ""
    return "JSON"


def plain(content: bytes) -> str:
    """Return TEXT or UNREADABLE for a file whose first bytes match no known type."""
    try:
        content[:4096].decode()
    except UnicodeDecodeError as error:
        is_cut = error.start > 4092 and len(content) > 4096  # within a multi-byte character
        return TEXT if is_cut else UNREADABLE
    return UNREADABLE if b"\0" in content[:4096] else TEXT


def is_provable(claimed_type: str) -> bool:
    """Whether files of this type begin with bytes that are known here: `audio/mp3`, `image/png`."""
    subtype = claimed_type.rpartition("/")[2].removeprefix("x-")
    return claimed_type in EXTENSIONS or subtype in EXTENSIONS.values()


def is_svg(content: bytes) -> bool:
    """Whether a file is an SVG, judged by its content."""
    return b"<svg" in content[:4096]


def kind(content_type: str) -> str:
    """Return how pages show this type: image, video, audio, mesh, or "" if they must not."""
    main = content_type.partition("/")[0]
    return {"model": "mesh"}.get(main, main) if content_type in HARMLESS else ""


def kind_named(name: str, claimed_type: str = "") -> str:
    """Return how pages would show a file that is not here, by its claimed type, else its name."""
    return kind(media_type(claimed_type) or _named(name))


def extension(kind: str) -> str:
    """Return the usual file name extension, without the dot."""
    return EXTENSIONS.get(kind, "bin")

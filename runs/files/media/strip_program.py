"""Writes a copy of a media file without its metadata; runs in a subprocess that may be killed.

Only visible and audible content is copied, so it does not matter where a format keeps texts:
pictures are decoded and encoded again, the streams of films and sounds move into a new container,
drawings are parsed and written again. A file of any other format raises ValueError.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree  # expat refuses growing entities; the process is limited

import av
from av.bitstream import BitStreamFilterContext
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from core.pictures.browser_copy import browser_copy, is_measurement
from core.process import subprocess_worker

MAX_ANIMATION_PIXELS = 200_000_000  # of all frames, which are in memory together
MAX_SVG_BYTES = 16 << 20
# By format, with a quality at which nobody sees a difference; speed matters more than size.
_PICTURES: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 95, "method": 1},
    "AVIF": {"quality": 90, "speed": 9},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
}
_ANIMATED = {"PNG", "WEBP", "AVIF"}
_MUXERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
    "matroska,webm": "matroska",
    "ogg": "ogg",
    "wav": "wav",
    "mp3": "mp3",
    "aac": "adts",
    "flac": "flac",
}
# `bitexact`: the muxer writes neither its name nor the time. Faststart: plays while it loads.
_MUXER_OPTIONS = {
    "mp4": {"movflags": "+faststart"},
    "mov": {"movflags": "+faststart"},
    "mp3": {"id3v2_version": "0"},
}
# Encoders write their name and settings into the stream itself: only the units needed for decoding
# pass (ITU-T H.264, table 7-1; H.265, table 7-1; AV1, OBU types).
_FILTERS = {
    "h264": "filter_units=pass_types=1-5|7-11|13-15|19-20",
    "hevc": "hevc_mp4toannexb,filter_units=pass_types=0-9|16-21|32-37",
    "av1": "filter_units=pass_types=1-4|6-8",
}
_START_CODE, _HEVC_HEADERS = b"\0\0\1", {32, 33, 34}
# Codecs whose headers have no texts, or whose headers the muxers below rewrite.
_CODECS = {
    *("h264", "hevc", "av1", "vp8", "vp9", "prores"),
    *("aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac"),
}
_REWRITTEN = {("ogg", "vorbis"), ("ogg", "theora")}
_SVG, _XHTML = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"
_XLINK = "http://www.w3.org/1999/xlink"
_SVG_TEXTS = {"metadata", "title", "desc"}
# A comment may end with the text. Otherwise each unclosed beginning would be read to the end.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|webp|gif|avif);base64,(.*)", re.DOTALL)


def strip(path: str, target: str) -> dict[str, Any]:
    """Write a copy of the file at `path` to `target`. Raises what decoders raise."""
    with Path(path).open("rb") as file, Path(target).open("wb") as target_file:
        head = file.read(1024)
        file.seek(0)
        if _is_markup(head):
            target_file.write(_svg(file.read(MAX_SVG_BYTES + 1)))
            return {}
        with suppress(UnidentifiedImageError):
            _picture(file, target_file)
            return {}
    _remux(path, head, target)
    return {}


def _is_markup(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _picture(file: IO[bytes], target_file: IO[bytes]) -> None:
    with Image.open(file, formats=[*_PICTURES]) as picture:
        format_ = "JPEG" if picture.format == "MPO" else str(picture.format)
        frames = getattr(picture, "n_frames", 1)
        if frames * picture.width * picture.height > MAX_ANIMATION_PIXELS:
            raise ValueError("the picture has too many pixels to be copied")
        if format_ == "GIF":
            # Pillow keeps the palettes of frames that it has not converted.
            loop = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
            picture.save(target_file, "GIF", save_all=True, comment=b"", **loop)
        elif format_ in _ANIMATED and frames > 1:
            _animation(picture, target_file, format_)
        else:
            _still(picture, target_file, format_)


def _still(picture: Image.Image, target_file: IO[bytes], format_: str) -> None:
    plain = _without_texts(picture)
    if format_ == "JPEG":
        plain = plain.convert("RGB")
    plain.save(target_file, format_, **_PICTURES[format_])


def _animation(picture: Image.Image, target_file: IO[bytes], format_: str) -> None:
    frames, durations = [], []
    for number, frame in enumerate(ImageSequence.Iterator(picture)):
        frame.load()  # sets `duration`
        if number or not getattr(picture, "default_image", False):  # only old browsers show it
            durations.append(frame.info.get("duration", 0))
            frames.append(browser_copy(frame))
    frames[0].save(
        target_file,
        format_,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=picture.info.get("loop", 0),
        **_PICTURES[format_],
    )


def _without_texts(picture: Image.Image) -> Image.Image:
    if not is_measurement(picture):
        return browser_copy(picture)
    plain = ImageOps.exif_transpose(picture)
    plain.info = {key: plain.info[key] for key in plain.info.keys() & {"transparency"}}
    return plain


def _remux(path: str, head: bytes, target: str) -> None:
    """Copy the video and audio streams into a new container, without decoding them."""
    # A playlist may reference any address; allow only this file.
    with av.open(path, options={"protocol_whitelist": "file"}) as source:
        muxer = _muxer(source.format.name, head)
        options = {"fflags": "+bitexact", **_MUXER_OPTIONS.get(muxer, {})}
        with av.open(target, "w", format=muxer, options=options) as copy:
            filters = {
                stream.index: _add(stream, copy, muxer) for stream in _without_covers(source)
            }
            if not filters:
                raise ValueError("the file has neither video nor audio")
            for packet in source.demux():
                if packet.size and packet.stream_index in filters:
                    _mux(packet, copy, *filters[packet.stream_index])
            for stream, filter_ in filters.values():
                _mux(None, copy, stream, filter_)


def _muxer(demuxer: str, head: bytes) -> str:
    muxer = _MUXERS.get(demuxer, "")
    if muxer == "mp4" and head[8:12] == b"qt  ":
        return "mov"
    if muxer == "matroska" and b"\x42\x82\x84webm" in head:  # the element DocType
        return "webm"
    if not muxer:
        raise ValueError(f"files of the format {demuxer} cannot be copied")
    return muxer


def _without_covers(source: Any) -> Iterable[Any]:
    cover = av.stream.Disposition.attached_pic
    return [
        stream
        for stream in (*source.streams.video, *source.streams.audio)
        if not stream.disposition & cover
    ]


def _add(stream: Any, copy: Any, muxer: str) -> tuple[Any, BitStreamFilterContext]:
    """Add a stream like `stream` to the copy; return it with the filter for its packets."""
    codec = stream.codec_context.codec.canonical_name
    if not (codec in _CODECS or codec.startswith("pcm_") or (muxer, codec) in _REWRITTEN):
        raise ValueError(f"streams of the codec {codec} cannot be copied")
    added = copy.add_stream_from_template(stream, opaque=True)
    if alpha := stream.metadata.get("alpha_mode"):  # transparency of VP8 and VP9
        added.metadata["alpha_mode"] = "1" if alpha == "1" else "0"
    filter_ = BitStreamFilterContext(_FILTERS.get(codec, "null"), stream, added)
    if codec == "hevc":  # the filter does not change the header
        added.codec_context.extradata = _without_messages(added.codec_context.extradata or b"")
    return added, filter_


def _without_messages(header: bytes) -> bytes:
    """Return the units of an H.265 header (Annex B) without encoders' messages."""
    units = [unit.rstrip(b"\0") for unit in header.split(_START_CODE)]
    headers = [unit for unit in units if unit and unit[0] >> 1 in _HEVC_HEADERS]
    return b"".join(b"\0" + _START_CODE + unit for unit in headers)


def _mux(packet: Any, copy: Any, stream: Any, filter_: BitStreamFilterContext) -> None:
    for filtered in filter_.filter(packet):
        filtered.stream = stream
        copy.mux(filtered)


def _without_comments(css: str) -> str:
    """Return a style sheet without comments; an unclosed one ends with the text (CSS Syntax 3)."""
    return _COMMENT.sub("", css)


def _svg(content: bytes) -> bytes:
    """Return a drawing without comments, descriptions and other programs' data."""
    if len(content) > MAX_SVG_BYTES:
        raise ValueError("the drawing is too large to be copied")
    root = ElementTree.fromstring(content)  # noqa: S314  comments and instructions are left out
    if root.tag not in {"svg", f"{{{_SVG}}}svg"}:
        raise ValueError("this is no drawing")
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    for element in [*root.iter()]:
        _strip_attributes(element)
        if element.tag.endswith("style") and element.text:
            element.text = _without_comments(element.text)
        for child in [*element]:
            if not _is_drawn(child.tag):
                _remove(element, child)
    drawing: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return drawing


def _is_drawn(tag: str) -> bool:
    namespace, _, name = tag.rpartition("}")
    return name not in _SVG_TEXTS and namespace[1:] in {"", _SVG, _XHTML}


def _strip_attributes(element: ElementTree.Element) -> None:
    for name, value in [*element.attrib.items()]:
        namespace, _, local = name.rpartition("}")
        is_ours = namespace[1:] in {"", _XLINK} and not local.startswith(("data-", "aria-"))
        if local == "href" and is_ours and (match := _DATA_PICTURE.fullmatch(value.strip())):
            element.attrib[name] = _data_picture(match[1])
        elif not is_ours or (local == "href" and not value.startswith("#")):
            del element.attrib[name]


def _data_picture(content: str) -> str:
    buffer = io.BytesIO()
    _picture(io.BytesIO(base64.b64decode(content)), buffer)
    kind = Image.open(io.BytesIO(buffer.getvalue())).get_format_mimetype()
    return f"data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _remove(parent: ElementTree.Element, child: ElementTree.Element) -> None:
    """Remove a child, but not the text behind it."""
    place = [*parent].index(child)
    if place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + (child.tail or "")
    else:
        parent.text = (parent.text or "") + (child.tail or "")
    parent.remove(child)


if __name__ == "__main__":
    subprocess_worker.serve(lambda request: strip(request["path"], request["target"]))

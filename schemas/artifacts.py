"""Output JSON → artifacts: every file and text in it, at any depth (protocol 13)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.wording.vocabulary import TEXT_OUTPUT_WORDS

_EXTENSIONS = {
    "image": "jpg jpeg png webp gif avif svg bmp tif tiff heic ico",
    "video": "mp4 webm mov mkv avi m4v",
    "audio": "mp3 wav ogg oga flac m4a aac opus",
    "mesh": "glb gltf obj fbx usdz ply stl",
    "file": "json zip safetensors tar gz tgz txt srt vtt csv pdf yaml yml bin ckpt pt mtl",
}
_KIND_OF = {extension: kind for kind, listed in _EXTENSIONS.items() for extension in listed.split()}
_MEDIA = {"image", "video", "audio", "mesh"}
_ECHOES = {"prompt", "input", "query"}  # outputs that repeat an argument
_KEYS = {  # words in a file's keys; the last criterion
    "image": "image",
    "images": "image",
    "mask": "image",
    "masks": "image",
    "thumbnail": "image",
    "texture": "image",
    "textures": "image",
    "frame": "image",
    "frames": "image",
    "preview": "image",
    "video": "video",
    "videos": "video",
    "audio": "audio",
    "audios": "audio",
    "vocals": "audio",
    "mesh": "mesh",
    "glb": "mesh",
    "model": "mesh",
}
# A `message` is a status, not a result; `reasoning` is shown like a result.
_TEXTS = TEXT_OUTPUT_WORDS - {"message"} | {"reasoning"}
_MAX_DEPTH = 40
MOST_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file or text of an output. `path` is its place (`images[0]`); a text has no `url`."""

    path: str
    kind: str  # image, video, audio, mesh, text, file
    url: str = ""
    content_type: str = ""
    file_name: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    text: str = ""


def artifacts(output: Any, output_schema: Any = None) -> list[Artifact]:
    """The files and texts of an output, in its order; a repeated file is listed once.

    A text is recognized by its key, or as the only property in `output_schema`.
    """
    found: dict[tuple[str, str], Artifact] = {}
    only = _only_text(output, output_schema)
    for keys, value in _walk(output, ()):
        artifact = _file(value, keys) or _text(value, keys, only)
        if artifact and len(found) < MOST_FOUND:
            found.setdefault((artifact.url, "" if artifact.url else artifact.path), artifact)
    return list(found.values())


def _walk(value: Any, keys: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value with its keys; does not descend into file objects."""
    yield keys, value
    if len(keys) >= _MAX_DEPTH or (isinstance(value, dict) and _is_address(value.get("url"))):
        return
    below = value.items() if isinstance(value, dict) else enumerate(_list(value))
    for key, item in below:
        yield from _walk(item, (*keys, key))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and bool(re.match(r"(?i)https?://[^\s/]|data:[^,]*,", value))


def _file(value: Any, keys: tuple[str | int, ...]) -> Artifact | None:
    if isinstance(value, dict) and _is_address(value.get("url")):
        return _described(value["url"], value, keys)
    key = _last_name(keys).lower()
    if len(keys) == 1 and _is_result(value, key):
        return _described(value, {}, keys)
    if _is_address(value) and re.search(r"(?:^|_)urls?$|^(?:image|video|audio|mask|file)s?$", key):
        return _described(value, {}, keys)
    return None


def _is_result(value: Any, key: str) -> bool:
    """Whether a URL is a file without metadata: a workflow's author names its results freely."""
    if key in _ECHOES or not _is_address(value) or value[:5].lower() == "data:":
        return False
    return _by_extension(_path_in(value)) in _MEDIA


def _described(url: str, about: dict[str, Any], keys: tuple[str | int, ...]) -> Artifact:
    content_type = _string(about.get("content_type")).partition(";")[0].strip().lower()
    if url[:5].lower() == "data:":
        content_type = re.split("[;,]", url[5:205], maxsplit=1)[0].lower() or content_type
    name = _string(about.get("file_name"))
    if not name and url[:5].lower() != "data:":
        name = unquote(PurePosixPath(_path_in(url)).name)
    return Artifact(
        path=_path(keys),
        kind=_kind(content_type, _string(about.get("file_name")), url, keys),
        url=url,
        content_type=content_type[:127],
        file_name=re.sub(r"[\x00-\x1f/\\]", "_", name)[:255],
        width=_whole(about.get("width")),
        height=_whole(about.get("height")),
        duration_s=_seconds(about.get("duration")),
        size_bytes=_whole(about.get("file_size"), 2**62),
    )


def _path_in(url: str) -> str:
    """The path of a URL; empty for an invalid one (`http://[`), which a model may return."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _kind(content_type: str, name: str, url: str, keys: tuple[str | int, ...]) -> str:
    """The kind by content type, else by the extension of name or URL, else by the keys.

    Metadata are sometimes wrong: a mesh's or video's extension outweighs an image content type,
    and `application/octet-stream` is ignored.
    """
    by_name = _by_extension(name) or (
        "" if url[:5].lower() == "data:" else _by_extension(_path_in(url))
    )
    main = content_type.partition("/")[0]
    if by_name in {"mesh", "video"} and main in {"image", ""}:
        return by_name
    if main in {"image", "video", "audio"}:
        return main
    if main == "model":
        return "mesh"
    if by_name:
        return by_name
    if content_type and content_type not in {"application/octet-stream", "binary/octet-stream"}:
        return "file"
    for key in reversed(keys):
        if isinstance(key, str):
            for word in reversed(re.split(r"[_\W]+", key.lower())):
                if word in _KEYS:
                    return _KEYS[word]
    return "file"


def _by_extension(name: str) -> str:
    return _KIND_OF.get(PurePosixPath(name).suffix[1:].lower(), "")


def _text(value: Any, keys: tuple[str | int, ...], only: str) -> Artifact | None:
    if not isinstance(value, str) or not value.strip() or _is_address(value):
        return None
    name = _last_name(keys).lower()
    is_top = sum(isinstance(key, str) for key in keys) <= 1
    if not keys or (is_top and (name in _TEXTS or name == only)):
        return Artifact(path=_path(keys), kind="text", text=value)
    return None


def _only_text(output: Any, schema: Any) -> str:
    """The key of an output that has only one property."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    known = properties if isinstance(properties, dict) else output
    if isinstance(known, dict) and len(known) == 1:
        return str(next(iter(known))).lower()
    return ""


def _last_name(keys: tuple[str | int, ...]) -> str:
    return next((key for key in reversed(keys) if isinstance(key, str)), "")


def _path(keys: tuple[str | int, ...]) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")[:255]


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any, most: int = 2**31 - 1) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        return None
    return int(value)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        return None
    return float(value)

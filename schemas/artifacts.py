"""Output JSON → artifacts: every file and text in it, at any depth (protocol 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.exact import NotJson, loads
from schemas.numbers import is_number
from schemas.vocabulary import KINDS_OF_OUTPUTS, WORDS

_EXTENSIONS = {
    "image": "jpg jpeg png webp gif avif svg bmp tif tiff heic ico",
    "video": "mp4 webm mov mkv avi m4v",
    "audio": "mp3 wav ogg oga flac m4a aac opus",
    "mesh": "glb gltf obj fbx usdz ply stl splat",
    "file": "json zip safetensors tar gz tgz txt srt vtt csv pdf yaml yml bin ckpt pt mtl",
}
_KIND_OF = {extension: kind for kind, listed in _EXTENSIONS.items() for extension in listed.split()}
_MEDIA = {"image", "video", "audio", "mesh"}
# flux/dev returns its `prompt`, which is no result.
_ECHOES = {"prompt", "input", "query"}  # outputs that repeat an argument
# Words of a file's keys, used if nothing else tells its kind.
_KIND_OF_WORD = {word: kind for kind, words in KINDS_OF_OUTPUTS.items() for word in words}
# A `message` is a status, not a result; `reasoning` is shown like a result.
TEXT_KEYS = WORDS["output-text"] - {"message"} | {"reasoning"}
MOST_FOUND = 1000  # files, and as many texts
_FILE_KEY = re.compile(r"(?:^|_)urls?$|^(?:image|video|audio|mask|file)s?$")
_ADDRESS = re.compile(r"(?i)https?://\S+")
_BETWEEN_ADDRESSES = re.compile(r"(?i)(?<![\s,;])[\s,;]++(?=https?://)")
_DATA_URI = re.compile(r"(?i)data:[\w.+-]++/[\w.+-]++(?:;[^\s,;]++)*+,\S*")
IsMedia = Callable[[str], bool]


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


def artifacts(
    output: Any, output_schema: Any = None, *, is_media: IsMedia = lambda url: False
) -> list[Artifact]:
    """The files and texts of an output, in its order; a repeated file is listed once.

    A file is an object with a `url`, an address under a key such as `image_url`, a data URI, and,
    under any key, an address of upstream's hosts (`is_media`). A text is recognized by its key, or
    as the only property in `output_schema`.
    """
    found_artifacts: dict[tuple[str, str], Artifact] = {}
    room_left = {True: MOST_FOUND, False: MOST_FOUND}  # files and texts are counted apart
    only = _only_text(output, output_schema)
    for place in _walk(output):
        for artifact in [*_files(place, is_media), *_texts(place, only, is_media)]:
            is_file = bool(artifact.url)
            key = (artifact.url, "") if is_file else ("", artifact.path)
            before = found_artifacts.get(key)
            if before is None and room_left[is_file]:
                room_left[is_file] -= 1
                found_artifacts[key] = artifact
            elif before is not None and artifact.content_type and not before.content_type:
                found_artifacts[key] = artifact  # plain addresses may precede the described ones
    return list(found_artifacts.values())


@dataclass(frozen=True, slots=True)
class _Place:
    """A value with its keys; `about` is the object that describes an address in it."""

    keys: tuple[str | int, ...]
    value: Any
    about: dict[str, Any]


def _walk(output: Any) -> Iterator[_Place]:
    """Yield every value, and every key that contains an address, in the order of the document.

    Iterative, because the depth of an output is limited only by its size.
    """
    to_visit = [_Place((), output, {})]
    while to_visit:
        place = to_visit.pop()
        yield place
        to_visit.extend(reversed(_below(place)))


def _below(place: _Place) -> list[_Place]:
    keys, value = place.keys, place.value
    if isinstance(value, list):
        names = sum(isinstance(key, str) for key in keys)
        return [
            _Place((*keys, index), item, {})
            for index, item in enumerate(value)
            if _may_matter(item, names)
        ]
    if not isinstance(value, dict):
        return []
    # With one address, the other members describe it (`{"video_url": …, "width": 512}`).
    file_values = value if sum(map(_is_address, value.values())) == 1 else {}
    names = 1 + sum(isinstance(key, str) for key in keys)
    below = []
    for key, item in value.items():
        if isinstance(key, str) and "://" in key:  # realtime results (msgpack) have other keys, too
            below.append(_Place((*keys, key), key, {}))
        if _may_matter(item, names):
            below.append(_Place((*keys, key), item, file_values))
    return below


def _may_matter(value: Any, names: int) -> bool:
    """Whether a value below so many names may be or contain a result.

    Below two names, a text is a result only if it contains an address. Of a long transcript, most
    values are numbers, words, and objects of these.
    """
    if isinstance(value, str):
        return names < 2 or ":" in value
    if isinstance(value, dict) and names:
        return any(
            isinstance(item, dict) or _may_matter(item, 2) for item in (*value.values(), *value)
        )
    if isinstance(value, list):
        return any(isinstance(item, str | dict | list) for item in value)
    return isinstance(value, dict)


def _is_address(value: Any) -> bool:
    if not isinstance(value, str) or ":" not in value[:6]:
        return False
    return bool(re.match(r"(?i)https?://[^\s/]|data:[^,]*,", value))


def _files(place: _Place, is_media: IsMedia) -> list[Artifact]:
    """Return the files at a place: several if its text lists addresses or is JSON with files."""
    keys, value = place.keys, place.value
    if isinstance(value, dict):
        return [_described(value["url"], value, keys)] if _is_address(value.get("url")) else []
    if not isinstance(value, str):
        return []
    if urls := _served(value, is_media):
        return [_described(url, place.about, keys) for url in urls]
    if _is_named_file(value, keys):
        return [_described(value, place.about, keys)]
    return _within_json(value, keys, is_media)


def _served(text: str, is_media: IsMedia) -> list[str]:
    """Return the addresses if a text has only addresses of upstream's hosts, or one data URI."""
    text = text.strip()
    if _DATA_URI.fullmatch(text):
        return [text]
    urls = _BETWEEN_ADDRESSES.split(text) if _ADDRESS.match(text) else []
    return urls if all(_ADDRESS.fullmatch(url) and is_media(url) for url in urls) else []


def _is_named_file(value: str, keys: tuple[str | int, ...]) -> bool:
    """Whether an address of any host stands where a file is expected."""
    key = _last_name(keys).lower()
    if len(keys) == 1 and _is_result(value, key):
        return True
    return _is_address(value) and bool(_FILE_KEY.search(key))


def _within_json(text: str, keys: tuple[str | int, ...], is_media: IsMedia) -> list[Artifact]:
    """The files of upstream's hosts in a text that is JSON."""
    if text.lstrip()[:1] not in {"{", "["} or ("://" not in text and "data:" not in text):
        return []
    try:
        inner = artifacts(loads(text), is_media=is_media)
    except NotJson:
        return []
    files = [artifact for artifact in inner if artifact.url and _served(artifact.url, is_media)]
    above = _path(keys)
    joined = [
        f"{above}{'' if artifact.path[:1] == '[' else '.'}{artifact.path}" for artifact in files
    ]
    return [
        replace(artifact, path=path.strip(".")[:255])
        for artifact, path in zip(files, joined, strict=True)
    ]


def _is_result(value: Any, key: str) -> bool:
    """Whether a URL ends like a media file. The author of a workflow may use any key for it."""
    if key in _ECHOES or not _is_address(value) or value[:5].lower() == "data:":
        return False
    return _by_extension(_path_in(value)) in _MEDIA


def _described(url: str, file_values: dict[str, Any], keys: tuple[str | int, ...]) -> Artifact:
    content_type = _string(file_values.get("content_type")).partition(";")[0].strip().lower()
    if url[:5].lower() == "data:":
        content_type = re.split("[;,]", url[5:205], maxsplit=1)[0].lower() or content_type
    url = url.strip()
    name = _string(file_values.get("file_name"))
    if not name and url[:5].lower() != "data:":
        name = unquote(PurePosixPath(_path_in(url)).name)
    return Artifact(
        path=_path(keys),
        kind=_kind(content_type, _string(file_values.get("file_name")), url, keys),
        url=url,
        content_type=content_type[:127],
        file_name=re.sub(r"[\x00-\x1f/\\]", "_", name)[:255],
        width=_whole(file_values.get("width")),
        height=_whole(file_values.get("height")),
        duration_s=_seconds(file_values.get("duration")),
        size_bytes=_whole(file_values.get("file_size"), 2**62),
    )


def _path_in(url: str) -> str:
    """The path of a URL; empty for an invalid one (`http://[`), which a model may return."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _kind(content_type: str, name: str, url: str, keys: tuple[str | int, ...]) -> str:
    """The kind by content type, else by the extension of name or URL, else by the keys.

    Metadata are sometimes wrong: the extension of a mesh outweighs every content type, that of a
    video outweighs the type of an image, and `application/octet-stream` is ignored.
    """
    by_name = _by_extension(name) or (
        "" if url[:5].lower() == "data:" else _by_extension(_path_in(url))
    )
    main = content_type.partition("/")[0]
    if by_name == "mesh" or (by_name == "video" and main in {"image", ""}):
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
                if word in _KIND_OF_WORD:
                    return _KIND_OF_WORD[word]
    return "file"


def _by_extension(name: str) -> str:
    return _KIND_OF.get(PurePosixPath(name).suffix[1:].lower(), "")


def _texts(place: _Place, only: str, is_media: IsMedia) -> list[Artifact]:
    keys, value = place.keys, place.value
    if not isinstance(value, str) or not value.strip():
        return []
    name = _last_name(keys).lower()
    is_top = sum(isinstance(key, str) for key in keys) <= 1
    if keys and not (is_top and (name in TEXT_KEYS or name == only)):
        return []
    if _served(value, is_media) or _is_named_file(value, keys):
        return []
    return [Artifact(path=_path(keys), kind="text", text=value)]


def _only_text(output: Any, schema: Any) -> str:
    """The key of an output that has only one property."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    output_fields = properties if isinstance(properties, dict) else output
    if isinstance(output_fields, dict) and len(output_fields) == 1:
        return str(next(iter(output_fields))).lower()
    return ""


def _last_name(keys: tuple[str | int, ...]) -> str:
    return next((key for key in reversed(keys) if isinstance(key, str)), "")


def _path(keys: tuple[str | int, ...]) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")[:255]


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any, most: int = 2**31 - 1) -> int | None:
    if not is_number(value) or not 0 < value <= most:
        return None
    return int(value)


def _seconds(value: Any) -> float | None:
    if not is_number(value) or not 0 < value < 1e9:
        return None
    return float(value)

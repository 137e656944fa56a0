"""The smallest, emptiest and outermost inputs that a model's schema can be given."""

from __future__ import annotations

import base64
import io
import json
import wave
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import av
import numpy as np
import trimesh
from PIL import Image

from sandbox.contract.openapi import components
from sandbox.contract.registry import Model

REF = "#/components/schemas/"
Case = tuple[str, str, Any]  # the field, what is odd about its value, the value


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def picture(width: int, height: int, mode: str = "RGB", kind: str = "PNG") -> str:
    """Stripes of grey, so that a larger one is not of one colour."""
    stripes = Image.linear_gradient("L").resize((width, height))
    out = io.BytesIO()
    stripes.convert(mode).save(out, kind)
    return data_uri(f"image/{kind.lower()}", out.getvalue())


def sound(samples: int, rate: int = 8000, channels: int = 1, loud: bool = True) -> str:
    """A tone of so many samples, or as much silence."""
    tone = np.sin(np.arange(samples) * 0.7) * 20000 * loud
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone.astype("<i2"), channels).tobytes())
    return data_uri("audio/wav", out.getvalue())


def film(frames: int, width: int, height: int, codec: str = "libx264", rate: int = 24) -> str:
    kind = "gif" if codec == "gif" else "mp4"
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv444p"
        for number in range(frames):
            grey = np.full((height, width, 3), 40 * number % 255, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return data_uri("image/gif" if codec == "gif" else "video/mp4", out.getvalue())


def mesh(*faces: tuple[int, int, int], points: int = 3) -> str:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)[:points]
    body = trimesh.Trimesh(corners, list(faces), process=False).export(file_type="glb")
    assert isinstance(body, bytes)
    return data_uri("model/gltf-binary", body)


def archive(*pictures: bytes) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for number, content in enumerate(pictures):
            packed.writestr(f"{number}.png", content)
    return data_uri("application/zip", out.getvalue())


def _bytes(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2])


@cache
def pictures() -> dict[str, str]:
    sizes = [(1, 1), (1, 64), (64, 1), (1, 4096), (4096, 1), (2, 2), (7, 9), (8, 8), (9, 300)]
    modes = ["L", "1", "LA", "RGBA", "P", "CMYK", "I;16"]
    pictures_by_size = {f"{w}x{h}": picture(w, h) for w, h in sizes}
    for mode in modes:
        pictures_by_size[f"{mode} 16x16"] = picture(
            16, 16, mode, "TIFF" if mode == "CMYK" else "PNG"
        )
    return pictures_by_size | {"gif 1x1": picture(1, 1, "P", "GIF")}


@cache
def sounds() -> dict[str, str]:
    counts = [0, 1, 2, 10, 79, 80, 400, 2048, 8000]
    return (
        {f"{count} samples": sound(count) for count in counts}
        | {f"silence of {count} samples": sound(count, loud=False) for count in (1, 400, 8000)}
        | {"1 sample in stereo": sound(1, 44100, 2), "96 kHz": sound(9600, 96000)}
    )


@cache
def films() -> dict[str, str]:
    return {
        "one frame": film(1, 64, 48),
        "one frame of 2x2": film(1, 2, 2),
        "one frame of 1x1": film(1, 1, 1, "gif", 10),
        "1 wide": film(3, 1, 32, "gif", 10),
        "1 high": film(3, 32, 1, "gif", 10),
        "two frames": film(2, 16, 16),
        "odd sides": film(3, 17, 9),
        "one a second": film(2, 16, 16, rate=1),
        "many a second": film(4, 16, 16, rate=240),
        "a still": picture(16, 16),
        "a sound": sound(800),
    }


@cache
def others() -> dict[str, str]:
    dot = _bytes(picture(1, 1))
    return {
        "a triangle": mesh((0, 1, 2)),
        "a flat nothing": mesh((0, 0, 0)),
        "a body": mesh((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3), points=4),
        "two dots": archive(dot, dot),
        "two thin ones": archive(_bytes(picture(1, 64)), _bytes(picture(64, 1))),
        "one dot": archive(dot),
        "empty pictures": archive(b"", b""),
        "an empty archive": archive(),
    }


# What is no file of any kind, or another's.
NO_FILES = {
    "empty": "",
    "no address": "picture",
    "an empty file": "data:application/octet-stream;base64,",
    "bad base64": "data:image/png;base64,*",
    "no comma": "data:image/png",
    "words": data_uri("image/png", b"Not found"),
    "half a picture": data_uri("image/png", _bytes(picture(64, 64))[:80]),
    "elsewhere": "https://example.com/a.png",
    "NUL": "data:,\0",
}
MEDIA: dict[str, Callable[[], dict[str, str]]] = {
    "image": pictures,
    "audio": sounds,
    "video": films,
    "file": others,
}
TEXTS = {"empty": "", "a blank": " ", "a mark": ".", "an accent": "\u0301", "NUL": "\0", "12": "12"}
TEXTS |= {"an emoji": "\U0001f30a", "long": "sea " * 100, "one long word": "a" * 200}


def ordinary(kind: str) -> str:
    """A file of this kind that is small and nothing special."""
    makers = {
        "image": lambda: picture(64, 64),
        "audio": lambda: sound(8000),
        "video": lambda: film(3, 32, 32),
    }
    return makers[kind]() if kind in makers else ""


def cases(model: Model) -> Iterator[Case]:
    """Every field of a model with each of its edge values; the others keep their example."""
    named = components(model)
    for name, schema in model.input["properties"].items():
        for what, value in _values(name, schema, named, 0):
            yield name, what, value


def identity(name: str, model: Model) -> str:
    """The same for two models' fields if these have the same name and accept the same values."""
    schema = _resolved(model.input["properties"][name], components(model))
    ignored_keys = {"title", "description", "default", "examples"}
    return name + json.dumps(
        {k: v for k, v in schema.items() if k not in ignored_keys}, sort_keys=True
    )


def _values(name: str, schema: Any, named: Any, depth: int) -> Iterator[tuple[str, Any]]:
    schema = _resolved(schema, named)
    for branch in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        yield from _values(name, branch, named, depth)
    if kind := media_kind(name, schema):
        yield from (MEDIA[kind]() | NO_FILES).items()
    elif "enum" in schema:
        yield from ((str(option), option) for option in schema["enum"])
    elif schema.get("type") == "string":
        yield from TEXTS.items()
    elif schema.get("type") in ("integer", "number"):
        yield from ((str(number), number) for number in _numbers(schema))
    elif schema.get("type") == "boolean":
        yield from (("off", False), ("on", True))
    elif schema.get("type") == "null":
        yield "null", None
    elif schema.get("type") == "array" and depth < 2:
        yield "no items", []
        items = list(_values(name.removesuffix("s"), schema.get("items", {}), named, depth + 1))
        yield from ((f"one: {what}", [value]) for what, value in items)
        if media_kind(name, _resolved(schema.get("items", {}), named)):
            dot = picture(1, 1)
            yield "as many as there may be", [dot] * schema.get("maxItems", 3)
    elif "properties" in schema and depth < 2:
        yield from _objects(schema, named, depth)
    elif schema.get("type") == "object":
        yield from (("no keys", {}), ("an empty key", {"": 0}))


def _objects(schema: Any, named: Any, depth: int) -> Iterator[tuple[str, Any]]:
    yield "no keys", {}
    values_by_name: dict[str, list[tuple[str, Any]]] = {
        name: list(_values(name, inner, named, depth + 1))
        for name, inner in schema["properties"].items()
    }
    first = {name: values[0][1] for name, values in values_by_name.items() if values}
    for name, values in values_by_name.items():
        for what, value in values:
            yield f"{name}: {what}", first | {name: value}
    yield "all of the first", first


def _resolved(schema: Any, named: Any) -> dict[str, Any]:
    if isinstance(schema, dict) and "$ref" in schema:
        return dict(named.get(schema["$ref"].removeprefix(REF), {}))
    return schema if isinstance(schema, dict) else {}


def _numbers(schema: dict[str, Any]) -> list[Any]:
    """The outermost that are allowed and the next that are not."""
    low, high = schema.get("minimum"), schema.get("maximum")
    step = schema.get("multipleOf") or (1 if schema["type"] == "integer" else 0.01)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = low if above is None else above + step
    high = high if below is None else below - step
    numbers = [0, -1] if low is None and high is None else []
    numbers += [2**63, -(2**63)] if schema["type"] == "integer" and low is None else []
    numbers += [] if low is None else [low, low - step]
    return numbers + ([] if high is None else [high, high + step])


def media_kind(name: str, schema: Any) -> str:
    """What file a field takes (image, audio, video or file); empty for what takes none."""
    hints = [schema, *schema.get("anyOf", ())]
    for hint in hints:
        hinted_kind = hint.get("_fal_ui_field") or hint.get("ui", {}).get("field")
        if hinted_kind:
            return str(hinted_kind)
    return "file" if name == "path" else ""

"""Thumbnails: each model is represented by one of its own outputs."""

import io
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

from sandbox.contract.openapi import addressed
from sandbox.contract.registry import Model
from sandbox.contract.validation import check
from sandbox.errors import MODEL_ERRORS
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Palette, palette
from sandbox.studio.pictures.type import font, wrapped


class InMemoryContext(Context):
    """A context that keeps saved files in memory."""

    def __init__(self, other: Context) -> None:
        self.__dict__.update(other.__dict__)
        self.saved: list[tuple[bytes, str]] = []
        self.lines: list[str] = []

    def log(self, message: str, level: str = "INFO") -> None:
        """Record the line."""
        self.lines.append(message)

    def save(self, data: bytes, content_type: str, name: str, **more: Any) -> dict[str, Any]:
        """Keep the bytes."""
        self.saved.append((data, content_type))
        return {
            "url": f"caught:{len(self.saved) - 1}",
            "content_type": content_type,
            "file_name": name,
        }

    def load(self, url: str, *loc: str | int) -> tuple[bytes, str]:
        """Return what an earlier step of a workflow saved, else load the file as usual."""
        if url.startswith("caught:"):
            return self.saved[int(url.removeprefix("caught:"))]
        return super().load(url, *loc)


# The content of the card for models without a displayable output.
TEXT_CARDS: dict[str, dict[str, Any]] = {
    "mischief/fail": {**MODEL_ERRORS},
    "mischief/silent": {"status": "COMPLETED", "error": "none told", "result": 422},
}


def thumbnail(model: Model, context: Context, size: canvas.Size) -> bytes:
    """Return a WebP of that size that shows what the model does."""
    arguments, output, catch = _made(model, context, size)
    return canvas.encode(_shown(model, arguments, output, catch, size), "webp")[0]


def moving(model: Model, context: Context, size: canvas.Size) -> bytes:
    """Return the video that a video model made, unchanged."""
    _, _, catch = _made(model, context, size)
    return next(data for data, kind in catch.saved if _sniffed(data, kind) == "video/mp4")


def _made(
    model: Model, context: Context, size: canvas.Size
) -> tuple[dict[str, Any], Any, InMemoryContext]:
    """Run the model on its example; return arguments, output and files."""
    catch = InMemoryContext(context)
    sides = {"width": size[0] * 3 // 2, "height": size[1] * 3 // 2}
    common = {"seed": 7, "image_size": sides if model.category == "text-to-image" else None}
    given = {**model.example(), **common, **(model.thumbnail or {})}
    fields = model.input["properties"] or model.sample or {}
    given = {name: value for name, value in given.items() if name in fields and value is not None}
    arguments = check(model, addressed(given, {"files": context.files.address}))
    output = TEXT_CARDS.get(model.endpoint_id) or model.load()(arguments, catch)
    return arguments, output, catch


def _shown(
    model: Model, arguments: dict[str, Any], output: Any, catch: InMemoryContext, size: canvas.Size
) -> Image.Image:
    kinds = {_sniffed(data, kind): data for data, kind in reversed(catch.saved)}
    if "video/mp4" in kinds:
        return canvas.cover(_frame(kinds["video/mp4"]), size)
    for kind, data in kinds.items():
        if kind.startswith("image/"):
            return _picture(model, arguments, Image.open(io.BytesIO(data)), catch, size)
        if kind.startswith("audio/"):
            return _wave(data, palette(model.name + model.description), size)
        if kind == "model/gltf-binary":
            return _solid(data, palette(model.description), size)
    if model.category in ("vision", "image-to-json"):
        source = canvas.load(catch, arguments["image_url"]).convert("RGB")
        return _measured(source, size)
    if model.category == "speech-to-text":
        return _wave(catch.load(arguments["audio_url"])[0], palette("arctic"), size)
    if model.category == "video-to-text":
        return _strip(catch.load(arguments["video_url"])[0], size)
    url = _inline(output)
    if url:
        return canvas.cover(canvas.load(catch, url).convert("RGB"), size)
    return _card(model, output, catch, size)


def _inline(output: Any) -> str | None:
    """Return the first image given as a data URI."""
    pictures = output.get("images") or [{}] if isinstance(output, dict) else [{}]
    url = str(pictures[0].get("url", ""))
    return url if url.startswith("data:image/") else None


def _sniffed(data: bytes, kind: str) -> str:
    """Return the content type; for a video from its bytes, whatever its label is."""
    return "video/mp4" if data[4:8] == b"ftyp" else kind


def _picture(
    model: Model,
    arguments: dict[str, Any],
    image: Image.Image,
    catch: InMemoryContext,
    size: canvas.Size,
) -> Image.Image:
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (*palette("coral").bytes_at(0.35), 255))
        image = Image.alpha_composite(ground, image)
    after = canvas.cover(image.convert("RGB"), size)
    if "image_url" not in arguments or model.endpoint_id.endswith("outpaint"):
        return after
    before = canvas.cover(canvas.load(catch, arguments["image_url"]).convert("RGB"), size)
    wide, high = size
    slant = [(wide * 0.44, 0), (wide * 0.3, high)]
    mask = Image.new("L", (wide * 2, high * 2), 255)
    left = [(0, 0), *((x * 2, y * 2) for x, y in slant), (0, high * 2)]
    ImageDraw.Draw(mask).polygon(left, fill=0)
    both = Image.composite(after, before, mask.resize(size, Image.Resampling.LANCZOS))
    ImageDraw.Draw(both).line(slant, "white", 3)
    return both


def _frame(data: bytes) -> Image.Image:
    frames = _frames(data)
    return frames[len(frames) * 3 // 5]


def _frames(data: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(data), "r") as container:
        arrays = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [Image.fromarray(each) for each in arrays]


def _wave(data: bytes, colours: Palette, size: canvas.Size) -> Image.Image:
    """Draw the waveform: the level as bars over the whole duration."""
    with av.open(io.BytesIO(data), "r") as container:
        parts = [frame.to_ndarray().astype(np.float32) for frame in container.decode(audio=0)]
    samples = np.concatenate([part.reshape(part.shape[0], -1).mean(axis=0) for part in parts])
    wide, high = size[0] * 2, size[1] * 2
    bars = 56
    level = np.array([np.sqrt((chunk**2).mean()) for chunk in np.array_split(samples, bars)])
    level = (level / max(1e-9, level.max())) ** 0.8
    x, y = canvas.grid((wide, high))
    image = canvas.picture(canvas.mix(colours.at(0.04 + 0.16 * y), colours.one(0.3), x * 0.35))
    draw = ImageDraw.Draw(image)
    margin = wide * 0.09
    pitch = (wide - 2 * margin) / bars
    for bar, value in enumerate(level):
        half = max(pitch * 0.3, value * high * 0.34)
        left = margin + bar * pitch + pitch * 0.2
        ink = colours.bytes_at(0.5 + 0.48 * float(value))
        box = (left, high / 2 - half, left + pitch * 0.6, high / 2 + half)
        draw.rounded_rectangle(box, pitch * 0.3, fill=ink)
    return image.resize(size, Image.Resampling.LANCZOS)


def _solid(data: bytes, colours: Palette, size: canvas.Size) -> Image.Image:
    from sandbox.studio import mesh

    return mesh.picture(mesh.read(data), size, colours.bytes_at(0.94))


def _strip(data: bytes, size: canvas.Size) -> Image.Image:
    """Draw slices of a video's frames, from beginning to end."""
    frames = _frames(data)
    slices, image = 4, Image.new("RGB", size, "white")
    width = size[0] // slices
    for number in range(slices):
        frame = frames[round((number + 0.5) / slices * (len(frames) - 1))]
        image.paste(canvas.cover(frame, (width - 3, size[1])), (number * width, 0))
    return image


def _measured(image: Image.Image, size: canvas.Size) -> Image.Image:
    """Draw the image with a strip of the colours found in it."""
    from sandbox.studio.recordings import media_description

    shown = canvas.cover(image, size)
    facts = media_description.measure(image, 6)
    draw = ImageDraw.Draw(shown)
    wide, high = size
    strip, left = round(high * 0.17), 0.0
    total = sum(colour["share"] for colour in facts["palette"])
    for colour in facts["palette"]:
        right = left + wide * colour["share"] / total
        draw.rectangle((left, high - strip, right, high), fill=colour["hex"])
        if right - left > 58:
            dark = sum(int(colour["hex"][k : k + 2], 16) for k in (1, 3, 5)) < 380
            ink = "white" if dark else "black"
            draw.text((left + 8, high - strip / 2), colour["hex"], ink, font(12), "lm")
        left = right
    x, y = facts["centre_of_detail"]
    box = [wide * x - 34, high * y - 34, wide * x + 34, high * y + 34]
    draw.rectangle(box, outline="white", width=2)
    return shown


def _card(model: Model, output: Any, catch: InMemoryContext, size: canvas.Size) -> Image.Image:
    """Draw text or data like a printed page."""
    wide, high = size[0] * 2, size[1] * 2
    colours = palette(model.name + " " + model.description, 3)
    image = Image.new("RGB", (wide, high), colours.bytes_at(0.96))
    draw = ImageDraw.Draw(image)
    margin, dark = round(wide * 0.09), colours.bytes_at(0.08)
    accent = tuple(int(v * 255) for v in colours.accent)
    draw.ellipse((wide * 0.76, -wide * 0.13, wide * 1.06, wide * 0.17), fill=accent)
    draw.text((margin, margin * 0.9), model.name, dark, font(60), stroke_width=1, stroke_fill=dark)
    said = output.get("output") if isinstance(output, dict) else None
    top, bottom = margin * 0.9 + 120, high - margin * 0.5
    if isinstance(said, str) and len(said) > 60:
        text = said.replace("#", "").replace("*", "")
        lines = [
            each for part in text.splitlines() for each in wrapped(part, 30, wide - 2 * margin)
        ]
        for number, line in enumerate(lines[: int((bottom - top) // 44)]):
            draw.text((margin, top + number * 44), line, colours.bytes_at(0.25), font(30))
    else:
        rows = _rows(output) if len(catch.lines) < 100 else dict(enumerate(catch.lines, 1))
        for number, (name, value) in enumerate(list(rows.items())[: int((bottom - top) // 54)]):
            y = top + number * 54
            draw.line((margin, y + 44, wide - margin, y + 44), colours.bytes_at(0.8), 2)
            draw.text((margin, y), str(name)[:24], colours.bytes_at(0.35), font(28))
            draw.text((wide - margin, y), " ".join(str(value).split())[-30:], dark, font(28), "ra")
    return image.resize(size, Image.Resampling.LANCZOS)


def _rows(value: Any, name: str = "") -> dict[str, Any]:
    """Return the scalar values at any depth of an output, by their nearest keys."""
    if isinstance(value, dict):
        return {key: row for n, v in value.items() for key, row in _rows(v, n).items()}
    if isinstance(value, list):
        return {
            key: row
            for n, v in enumerate(value[:12])
            for key, row in _rows(v, f"{name} {n}").items()
        }
    return {name: value}

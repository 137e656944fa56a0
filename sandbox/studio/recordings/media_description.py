"""Describes images and videos by measurements."""

from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, to_lch

# Names by hue in OKLCh: each up to this many degrees.
HUES = (
    (15, "pink"),
    (46, "red"),
    (80, "orange"),
    (118, "yellow"),
    (165, "green"),
    (215, "teal"),
    (280, "blue"),
    (322, "violet"),
    (361, "pink"),
)


def caption(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A description with measured values, as Markdown."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    context.log(f"Loaded {image.width}x{image.height}")
    context.sleep(0.3)
    facts = measure(image)
    context.log("Measured light, colour and texture")
    context.sleep(0.2)
    lines = [
        f"A {facts['mood']} {facts['orientation']} picture, mostly "
        f"**{facts['palette'][0]['name']}**"
        f" with some {facts['palette'][1]['name']}.",
    ]
    if arguments["detail"] != "short":
        side = facts["heaviest"]
        lines += [
            "",
            f"- Light: {facts['brightness']:.0%} bright, contrast {facts['contrast']:.2f}",
            f"- Detail: {facts['detail']:.3f}, most of it {side}",
            f"- Size: {image.width} by {image.height} pixels",
        ]
    if arguments["detail"] == "full":
        lines += ["", "| share | colour | hex |", "|--:|---|---|"]
        lines += [f"| {c['share']:.0%} | {c['name']} | `{c['hex']}` |" for c in facts["palette"]]
    if arguments.get("prompt"):
        lines += ["", f"> {arguments['prompt']}", "", _answer(arguments["prompt"], facts)]
    text = "\n".join(lines)
    return {
        "output": text,
        "usage": {"pixels": image.width * image.height, "words": len(text.split())},
    }


def analyse(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The measurements of an image as JSON."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    context.log(f"Loaded {image.width}x{image.height}")
    context.sleep(0.3)
    facts = measure(image, arguments["colours"])
    context.log(f"Found {len(facts['palette'])} colours")
    if arguments["histogram"]:
        bins = [np.histogram(np.asarray(image)[..., k], 32, (0, 256))[0].tolist() for k in range(3)]
        facts["histogram"] = dict(zip(("red", "green", "blue"), bins, strict=True))
    return {"result": facts}


def watch(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The scenes and movement of a video, as text and as data."""
    from sandbox.studio.recordings import film_decoder

    frames, fps = film_decoder.load(context, arguments["video_url"], "video_url")
    context.sleep(0.3)
    small = np.array([frame.resize((64, 36)) for frame in frames], np.float32)
    change = (
        np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3)) / 255 if len(small) > 1 else np.zeros(1)
    )
    typical = float(np.median(change))
    cuts = [int(k) + 1 for k in np.flatnonzero(change > max(arguments["sensitivity"], typical * 6))]
    bounds = [0, *cuts, len(frames)]
    scenes = [
        {
            "start": round(a / fps, 2),
            "end": round(b / fps, 2),
            "description": f"{measure(frames[(a + b) // 2])['mood']} scene",
            "movement": round(float(change[a : max(a + 1, b - 1)].mean()), 4),
        }
        for a, b in pairwise(bounds)
    ]
    context.log(f"{len(scenes)} scenes")
    seconds = len(frames) / fps
    context.billed = round(seconds, 3)
    text = f"{seconds:.1f} seconds in {len(scenes)} scenes: " + ", ".join(
        f"{scene['description']} from {scene['start']} s" for scene in scenes
    )
    return {"output": text, "scenes": scenes, "duration": round(seconds, 3), "fps": fps}


def measure(image: Image.Image, colours: int = 5) -> dict[str, Any]:
    """Brightness, colours, texture and balance of an image."""
    small = image.copy()
    small.thumbnail((256, 256))
    pixels = canvas.array(small)
    lch = to_lch(pixels)
    light = lch[..., 0]
    edges = np.hypot(*canvas.slopes(light))
    rows, columns = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
    total = float(edges.sum()) or 1.0
    x = float((edges * columns).sum() / total / light.shape[1])
    y = float((edges * rows).sum() / total / light.shape[0])
    palette = swatches(small, colours)
    brightness, contrast = float(light.mean()), float(light.std() * 2)
    return {
        "width": image.width,
        "height": image.height,
        "orientation": _orientation(image),
        "brightness": round(brightness, 4),
        "contrast": round(contrast, 4),
        "saturation": round(float(lch[..., 1].mean()), 4),
        "detail": round(float(edges.mean()), 4),
        "centre_of_detail": [round(x, 3), round(y, 3)],
        "heaviest": _side(x, "left", "right", "centre")
        + ", "
        + _side(y, "above", "below", "middle"),
        "mood": _mood(brightness, contrast, float(lch[..., 1].mean())),
        "palette": palette,
    }


def swatches(image: Image.Image, count: int) -> list[dict[str, Any]]:
    """The typical colours of an image and the share that each covers."""
    reduced = image.quantize(count, Image.Quantize.MEDIANCUT)
    table = reduced.getpalette() or []
    shares: list[Any] = sorted(reduced.getcolors(256) or [], reverse=True)
    pixels = image.width * image.height
    colours = []
    for amount, index in shares:
        red, green, blue = table[index * 3 : index * 3 + 3]
        colours.append(
            {
                "hex": f"#{red:02x}{green:02x}{blue:02x}",
                "name": name_of(np.array([red, green, blue], np.float32) / 255),
                "share": round(amount / pixels, 4),
            }
        )
    return colours + colours[:1] * (2 - len(colours))


def name_of(colour: Array) -> str:
    """A plain name for a colour."""
    light, chroma, hue = (float(v) for v in to_lch(colour[None])[0])
    if chroma < 0.035:
        return "black" if light < 0.25 else "grey" if light < 0.85 else "white"
    word = next(name for limit, name in HUES if np.degrees(hue) % 360 < limit)
    return f"{'dark ' if light < 0.4 else 'pale ' if light > 0.82 else ''}{word}"


def _orientation(image: Image.Image) -> str:
    ratio = image.width / image.height
    return "wide" if ratio > 1.15 else "tall" if ratio < 0.87 else "square"


def _mood(brightness: float, contrast: float, saturation: float) -> str:
    tone = "bright" if brightness > 0.7 else "dark" if brightness < 0.4 else "calm"
    return f"{tone} {'vivid' if saturation > 0.12 else 'muted' if saturation < 0.05 else 'soft'}"


def _answer(question: str, facts: dict[str, Any]) -> str:
    """The measurement that the question asks for, by its words."""
    text = question.lower()
    measurements = {
        "colo": f"The colours are {', '.join(c['name'] for c in facts['palette'])}.",
        "bright": f"It is {facts['brightness']:.0%} bright.",
        "big": f"It is {facts['width']} by {facts['height']} pixels.",
        "size": f"It is {facts['width']} by {facts['height']} pixels.",
        "where": f"Most detail is {facts['heaviest']}.",
        "mood": f"The mood is {facts['mood']}.",
    }
    answers = [answer for word, answer in measurements.items() if word in text]
    return " ".join(dict.fromkeys(answers)) or f"I can only measure; what I see is {facts['mood']}."


def _side(place: float, low: str, high: str, middle: str) -> str:
    """The word for a `place` between 0 and 1."""
    return low if place < 0.47 else high if place > 0.53 else middle

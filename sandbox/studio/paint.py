"""Painters: words, a seed and a size in, a picture out."""

import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from sandbox.context import Context
from sandbox.registry import Arguments
from sandbox.studio import canvas, landscapes

Painter = Callable[[str, int, canvas.Size], Image.Image]


def ridgeline(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Layered mountains."""
    return images(arguments, context, landscapes.ridgeline)


def images(arguments: Arguments, context: Context, painter: Painter) -> dict[str, Any]:
    """The usual course of a text-to-image model: several pictures, a seed each, timings."""
    seed = context.seed(arguments)
    size = canvas.size_of(arguments.get("image_size"))
    count = arguments.get("num_images", 1)
    format = arguments.get("output_format", "jpeg")
    context.log(f"Seed {seed}, {size[0]}×{size[1]}")
    context.sleep(0.15)
    started, made = time.perf_counter(), []
    for index in range(count):
        image = painter(arguments["prompt"], seed + index, size)
        made.append(canvas.save(context, image, format, f"{painter.__name__}-{seed + index}"))
        context.step(index + 1, count, "Painted", 0.2)
    context.billed = count
    return {
        "images": made,
        "timings": {"inference": round(time.perf_counter() - started, 4)},
        "seed": seed,
        "has_nsfw_concepts": [False] * count,
        "prompt": arguments["prompt"],
    }

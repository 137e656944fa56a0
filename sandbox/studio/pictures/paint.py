"""Text-to-image models: from prompt, seed and size to images."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas, landscapes
from sandbox.studio.pictures.colour import turned

Painter = Callable[[str, int, canvas.Size], Image.Image]
UNSAFE = {"nsfw", "gore", "explicit"}


def ridgeline(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Layered mountains."""
    return images(arguments, context, landscapes.ridgeline)


def aurora(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Northern lights; LoRAs turn the colours, steps and guidance set grain and contrast."""
    loras = arguments.get("loras") or []
    turns = [_lora(context, index, **lora) for index, lora in enumerate(loras)]
    steps = arguments.get("num_inference_steps", 28)
    contrast = 0.82 + 0.06 * arguments.get("guidance_scale", 3.5)

    def lights(prompt: str, seed: int, size: canvas.Size) -> Image.Image:
        picture = canvas.array(landscapes.aurora(prompt, seed, size))
        picture = np.clip((picture - 0.25) * min(contrast, 1.5) + 0.25, 0, 1).astype(np.float32)
        for turn, scale in turns:
            picture = turned(picture, turn * scale / math.tau)
        rough = max(0.0, 0.1 - steps * 0.004)
        return canvas.picture(canvas.grain(picture, canvas.rng(prompt, seed, "grain"), rough))

    output = images(arguments, context, lights, "aurora")
    size = canvas.size_of(arguments.get("image_size"))
    context.billed = len(output["images"]) * canvas.megapixels(size)
    return output


COARSE_TO_FINE = (32, 16, 8, 4, 2)


def aurora_lite(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Northern lights, coarse first; every step is published as a partial output."""
    seed, size = context.seed(arguments), canvas.size_of(arguments.get("image_size"))
    steps = len(COARSE_TO_FINE) + 1
    image = landscapes.aurora(arguments["prompt"], seed, size)
    for step, part in enumerate(COARSE_TO_FINE, 1):
        rough = image.resize((max(1, size[0] // part), max(1, size[1] // part))).resize(size)
        data, kind = canvas.encode(rough, "jpeg")
        context.emit({"images": [_inline(data, kind, size)], "progress": step / steps})
        context.step(step, steps, "Developing", 0.2)
    context.step(steps, steps, "Developing")
    return {
        "images": [canvas.save(context, image, "jpeg", f"aurora-{seed}")],
        "timings": {"inference": 0.5},
        "seed": seed,
        "has_nsfw_concepts": [False],
        "prompt": arguments["prompt"],
    }


def images(
    arguments: Arguments, context: Context, painter: Painter, name: str | None = None
) -> dict[str, Any]:
    """Run a text-to-image model: several images, each with its own seed, and timings."""
    seed = context.seed(arguments)
    size = canvas.size_of(arguments.get("image_size"))
    count, format = arguments.get("num_images", 1), arguments.get("output_format", "jpeg")
    flagged = unsafe(arguments)
    context.log(f"Seed {seed}, {size[0]}x{size[1]}")
    context.sleep(0.15)
    started, saved_images = time.perf_counter(), []
    for index in range(count):
        image = painter(arguments["prompt"], seed + index, size)
        if flagged:
            image = Image.new("RGB", size)
        label = f"{name or painter.__name__}-{seed + index}"
        saved_images.append(canvas.save(context, image, format, label))
        context.step(index + 1, count, "Painted", 0.2)
    context.billed = count
    return {
        "images": saved_images,
        "timings": {"inference": round(time.perf_counter() - started, 4)},
        "seed": seed,
        "has_nsfw_concepts": [flagged] * count,
        "prompt": arguments["prompt"],
    }


def unsafe(arguments: Arguments) -> bool:
    """Whether the safety checker blackens the images."""
    words = set(arguments.get("prompt", "").lower().split())
    return bool(arguments.get("enable_safety_checker", True) and words & UNSAFE)


def _lora(context: Context, index: int, path: str, scale: float = 1.0) -> tuple[float, float]:
    """The hue shift of a LoRA: as stored in a trained file, else derived from its name."""
    import json

    from sandbox.execution.context import digest

    if "/" in path and path.startswith(("http", "data:")):
        data, _ = context.load(path, "loras", index, "path")
        try:
            hue = float(json.loads(data)["hue"])
        except (ValueError, KeyError, TypeError) as error:
            msg = "The LoRA file was not made by a trainer of this sandbox"
            raise ModelError("value_error", msg, ("loras", index, "path"), input=path) from error
        context.log(f"LoRA {index + 1}: hue {hue:.2f} at scale {scale:g}")
        return hue, scale
    context.log(f"LoRA {index + 1}: {path} at scale {scale:g}")
    return digest(path) % 628 / 100 - 3.14, scale


def _inline(data: bytes, kind: str, size: canvas.Size) -> dict[str, Any]:
    import base64

    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {"url": url, "width": size[0], "height": size[1], "content_type": kind}

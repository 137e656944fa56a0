"""Describes images by measurements."""

from typing import Any

from PIL import Image, ImageStat

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas


def describe(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return the measurements of an image as Markdown and as data."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    context.log(f"Loaded {image.width}x{image.height}")
    context.sleep(0.3)
    light, colours = ImageStat.Stat(image.convert("L")), swatches(image, arguments["colours"])
    brightness = light.mean[0] / 255
    facts = {
        "width": image.width,
        "height": image.height,
        "brightness": round(brightness, 4),
        "contrast": round(light.stddev[0] / 127.5, 4),
        "palette": colours,
    }
    mood = "bright" if brightness > 0.5 else "dark"
    lines = [
        f"A {mood} picture of {image.width} by {image.height} pixels.",
        "",
        "| share | colour |",
        "|--:|---|",
        *(f"| {colour['share']:.0%} | `{colour['hex']}` |" for colour in colours),
    ]
    if arguments["prompt"]:
        lines += ["", f"> {arguments['prompt']}", "", "I can only measure."]
    return {"output": "\n".join(lines), "result": facts}


def swatches(image: Image.Image, count: int) -> list[dict[str, Any]]:
    """Return the typical colours of an image and the share that each covers."""
    small = image.resize((64, 64)).quantize(count)
    shares: list[Any] = sorted(small.getcolors() or [], reverse=True)
    colours = small.getpalette() or []
    return [
        {"hex": "#" + bytes(colours[index * 3 : index * 3 + 3]).hex(), "share": pixels / 64**2}
        for pixels, index in shares
    ]

"""Edits: a picture in, a picture out."""

from typing import Any

from PIL import ImageFilter

from sandbox.context import Context
from sandbox.registry import Arguments
from sandbox.studio import canvas


def blur(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A soft picture."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    context.log(f"Loaded {image.width}×{image.height}")
    context.sleep(0.2)
    soft = image.filter(ImageFilter.GaussianBlur(arguments["radius"]))
    context.log("Softened")
    return {"image": canvas.save(context, soft, "png", "blur")}

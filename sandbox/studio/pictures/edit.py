"""Image-to-image: edits of one image."""

from typing import Any

from PIL import ImageChops, ImageFilter, ImageOps

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import palette

SMALLEST_SIDE = 8  # pixels: the filters need at least this many


def restyle(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return the image in the colours that the prompt asks for, where the mask is white."""
    seed, strength = context.seed(arguments), arguments["strength"]
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    canvas.demand_sides(image, SMALLEST_SIDE, "image_url")
    colours = palette(arguments["prompt"], seed)
    context.log(f"Palette {colours.name}, strength {strength:g}")
    brush = 2 * round(1 + 3 * strength) + 1
    painted = image.filter(ImageFilter.ModeFilter(brush)).filter(ImageFilter.SMOOTH_MORE)
    context.step(1, 2, "Repainted", 0.4)
    light = canvas.array(ImageOps.autocontrast(ImageOps.grayscale(painted)))[..., 0]
    toned = colours.at(light) * strength + canvas.array(painted) * (1 - strength)
    result = canvas.picture(canvas.grain(toned, canvas.rng(seed), 0.02))
    if arguments.get("mask_url"):
        mask = canvas.load(context, arguments["mask_url"], "mask_url").convert("L")
        result = ImageChops.composite(result, image, mask.resize(image.size))
    context.step(2, 2, "Repainted")
    context.billed = canvas.megapixels(result.size)
    saved_image = canvas.save(context, result, "png", "restyled")
    return {"images": [saved_image], "seed": seed, "prompt": arguments["prompt"]}

"""Image-to-image: edits of one or several images."""

from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import palette, to_lch

SMALLEST_SIDE = 8  # pixels: the filters need at least this many


def restyle(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The image in the colours and brushwork that the prompt asks for."""
    seed = context.seed(arguments)
    image = _source(context, arguments, "image_url")
    strength = arguments["strength"]
    colours = palette(arguments["prompt"], seed)
    context.log(f"Palette {colours.name}, strength {strength:g}")
    context.sleep(0.2)
    brush = 2 * round(1 + 3 * strength) + 1
    painted = image.filter(ImageFilter.ModeFilter(brush)).filter(ImageFilter.SMOOTH_MORE)
    light = canvas.array(ImageOps.autocontrast(ImageOps.grayscale(painted)))[..., 0]
    context.step(1, 2, "Repainted", 0.2)
    toned = colours.at(np.clip(light, 0, 1))
    mixed = canvas.mix(canvas.array(painted), toned, np.full(light.shape, strength, np.float32))
    result = canvas.picture(canvas.grain(mixed, canvas.rng(seed), 0.02))
    result = _through_mask(context, arguments, image, result)
    context.step(2, 2, "Repainted")
    context.billed = canvas.megapixels(result.size)
    count = {"images": [canvas.save(context, result, "png", "restyled")], "seed": seed}
    return count | {"prompt": arguments["prompt"]}


def adjust(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Resize, rotate, blur, sharpen and brighten, in this order."""
    image = _source(context, arguments, "image_url")
    if arguments.get("image_size"):
        image = canvas.cover(image, canvas.size_of(arguments["image_size"]))
    image = image.rotate(arguments["rotate"], expand=True, fillcolor="white")
    context.log(f"Now {image.width}x{image.height}")
    context.sleep(0.2)
    if arguments["blur_radius"]:
        image = image.filter(ImageFilter.GaussianBlur(arguments["blur_radius"]))
    for name, tool in (
        ("sharpness", ImageEnhance.Sharpness),
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color),
    ):
        if arguments[name] != 1:
            image = tool(image).enhance(arguments[name])
            context.log(f"{name.title()} {arguments[name]:g}")
    return {"image": canvas.save(context, image, arguments["output_format"], "adjusted")}


def duotone(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Replace all colours by two inks."""
    image = _source(context, arguments, "image_url")
    context.log("Separating light and shade")
    context.sleep(0.25)
    grey = ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=1)
    if arguments["halftone"]:
        grey = grey.convert("1").convert("L")  # Pillow's dither
    result = ImageOps.colorize(grey, arguments["shadows"], arguments["highlights"])
    context.log("Printed with two inks")
    return {"image": canvas.save(context, result, "png", "duotone")}


def outpaint(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Extend the image; fills the new area with the mirrored, blurred edges."""
    image = _source(context, arguments, "image_url")
    left, right, top, bottom = (
        arguments[f"expand_{side}"] for side in ("left", "right", "top", "bottom")
    )
    pads = ((top, bottom), (left, right), (0, 0))
    if max(image.width + left + right, image.height + top + bottom) > canvas.MAX_SIDE:
        ctx = {"max_width": canvas.MAX_SIDE, "max_height": canvas.MAX_SIDE}
        raise ModelError("image_too_large", "The picture would get too large", (), ctx)
    context.log(f"Adding {left}+{right} columns and {top}+{bottom} rows")
    context.sleep(0.2)
    wide = np.pad(canvas.array(image), pads, mode="reflect" if min(image.size) > 1 else "edge")
    mask = np.pad(np.zeros((image.height, image.width), np.float32), pads[:2], constant_values=1.0)
    soft = canvas.blurred(wide, 12)
    context.step(1, 2, "Continuing the edges", 0.2)
    melt = np.clip(canvas.blurred(mask[..., None], 14)[..., 0] * 2 - 0.6, 0, 1) * mask
    result = canvas.picture(canvas.mix(wide, soft, melt.astype(np.float32)))
    context.step(2, 2, "Continuing the edges")
    return {
        "image": canvas.save(context, result, "png", "outpainted"),
        "mask": canvas.save(context, Image.fromarray((mask * 255).astype(np.uint8)), "png", "mask"),
    }


def inpaint(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Fill the mask's white area from its surroundings."""
    image = _source(context, arguments, "image_url")
    mask = canvas.load(context, arguments["mask_url"], "mask_url").convert("L").resize(image.size)
    hole = np.asarray(mask, np.float32) / 255 > 0.5
    if not hole.any():
        raise ModelError(
            "value_error", "The mask is empty: paint white what shall go", ("mask_url",)
        )
    field, intact = canvas.array(image), (~hole).astype(np.float32)
    total, rounds = np.where(hole[..., None], 0, field), (64, 32, 16, 8, 4)
    for number, radius in enumerate(rounds, 1):
        weight = canvas.blurred(intact[..., None], radius)
        filled = canvas.blurred(total * intact[..., None], radius) / np.maximum(weight, 1e-4)
        use = hole & (weight[..., 0] > 0.02)
        total[use] = filled[use]
        context.step(number, len(rounds), "Growing over", 0.06)
    seed = context.seed(arguments)
    texture = canvas.noise(image.size, 40, canvas.rng(seed), 3)[..., None]
    total = np.where(hole[..., None], total * (0.97 + 0.06 * texture), field)
    return {"image": canvas.save(context, canvas.picture(total), "png", "inpainted"), "seed": seed}


def upscale(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Double or quadruple the size and sharpen."""
    image = _source(context, arguments, "image_url")
    factor = int(arguments["scale"])
    size = (image.width * factor, image.height * factor)
    if max(size) > canvas.MAX_SIDE * 2:
        limit = canvas.MAX_SIDE * 2 // factor
        ctx = {"max_width": limit, "max_height": limit}
        raise ModelError("image_too_large", f"At most {limit} pixels a side", ("image_url",), ctx)
    context.log(f"{image.width}x{image.height} to {size[0]}x{size[1]}")
    context.sleep(0.25)
    large = image.resize(size, Image.Resampling.LANCZOS)
    context.step(1, 2, "Enlarged", 0.15)
    amount = round(60 + 140 * arguments["creativity"])
    large = large.filter(ImageFilter.UnsharpMask(1.2 * factor, amount, 2))
    context.step(2, 2, "Sharpened")
    context.billed = canvas.megapixels(size)
    return {"image": canvas.save(context, large, "png", f"upscaled-{factor}x")}


def remove_background(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Remove pixels that resemble the border."""
    image = _source(context, arguments, "image_url")
    lch = to_lch(canvas.array(image))
    light, chroma, hue = np.moveaxis(lch, -1, 0)
    lab = np.stack([light, chroma * np.cos(hue), chroma * np.sin(hue)], -1)
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    context.log(f"Measured {len(border)} pixels of border")
    context.sleep(0.2)
    # A few of the border's colours, from dark to light: it may be a gradient.
    typical = border[np.argsort(border[:, 0])][:: max(1, len(border) // 8)]
    away = np.min([np.linalg.norm(lab - colour, axis=-1) for colour in typical], axis=0)
    tolerance = arguments["tolerance"]
    alpha = canvas.smoothstep(tolerance * 0.7, tolerance * 1.3, away.astype(np.float32))
    alpha = np.clip(canvas.blurred(alpha[..., None], 1)[..., 0] * 1.2 - 0.1, 0, 1)
    cut = image.convert("RGBA")
    mask = Image.fromarray((alpha * 255).astype(np.uint8))
    cut.putalpha(mask)
    share = float(alpha.mean())
    context.log(f"Kept {share:.0%} of the picture")
    if share < 0.002:
        raise ModelError(
            "no_media_generated", "Nothing stands out from the background", ("image_url",)
        )
    output: dict[str, Any] = {"image": canvas.save(context, cut, "png", "cut-out")}
    if arguments["output_mask"]:
        output["mask_image"] = canvas.save(context, mask, "png", "mask")
    return output


def collage(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Arrange several images on one sheet."""
    urls = arguments["image_urls"]
    images = []
    for index, url in enumerate(urls):
        images.append(canvas.load(context, url, "image_urls", index).convert("RGB"))
        context.step(index + 1, len(urls), "Loaded", 0.1)
    columns = arguments.get("columns") or round(len(images) ** 0.5 + 0.49)
    gap, cell = arguments["gap"], (512, 384)
    rows = -(-len(images) // columns)
    size = (columns * (cell[0] + gap) + gap, rows * (cell[1] + gap) + gap)
    sheet = Image.new("RGB", size, arguments["background"])
    for index, image in enumerate(images):
        place = (gap + index % columns * (cell[0] + gap), gap + index // columns * (cell[1] + gap))
        sheet.paste(canvas.cover(image, cell), place)
    return {"image": canvas.save(context, sheet, "png", "collage")}


def _source(context: Context, arguments: Arguments, name: str) -> Image.Image:
    image = canvas.load(context, arguments[name], name)
    if image.mode in ("RGBA", "LA", "P"):
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    canvas.demand_sides(image, SMALLEST_SIDE, name)
    context.log(f"Loaded {image.width}x{image.height}")
    return image.convert("RGB")


def _through_mask(
    context: Context, arguments: Arguments, before: Image.Image, after: Image.Image
) -> Image.Image:
    if not arguments.get("mask_url"):
        return after
    mask = canvas.load(context, arguments["mask_url"], "mask_url").convert("L").resize(before.size)
    context.log("Only where the mask is white")
    return ImageChops.composite(after, before, mask)

"""Arrays and images: noise, gradients, conversion to and from files."""

import io
import math
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from sandbox.errors import ModelError
from sandbox.execution.context import Context, digest
from sandbox.studio.pictures.colour import Array, f32

Size = tuple[int, int]  # width, height
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
MAX_SIDE = 4096
PRESETS = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}


def rng(*parts: object) -> np.random.Generator:
    """A generator that depends only on `parts`, the same on every machine."""
    return np.random.default_rng([digest(part) for part in parts])


def line(length: int, bumps: float, dice: np.random.Generator, octaves: int = 6) -> Array:
    """Smooth fractal noise along one line, 0 to 1."""
    total, weight = np.zeros(length, np.float32), 1.0
    for octave in range(octaves):
        count = max(2, round(bumps * 2**octave)) + 3
        knots = dice.random(count)
        x = np.linspace(1, count - 2, length)
        i = np.minimum(x.astype(int), count - 3)
        t = x - i
        t = t * t * (3 - 2 * t)
        total += weight * (knots[i] * (1 - t) + knots[i + 1] * t).astype(np.float32)
        weight *= 0.48
    return f32((total - total.min()) / max(1e-6, float(total.max() - total.min())))


def grid(size: Size) -> tuple[Array, Array]:
    """x and y of every pixel, 0 to 1 along each side."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x / max(1, width - 1), y / max(1, height - 1)


def mix(a: Array, b: Array, t: Array) -> Array:
    """Interpolate from a (t = 0) to b (t = 1); adds a channel axis to t if it has none."""
    t = t[..., None] if t.ndim == a.ndim - 1 or t.ndim == 2 < a.ndim else t
    return f32(a * (1 - t) + b * t)


def grain(picture: Array, dice: np.random.Generator, amount: float = 0.018) -> Array:
    """Add a little film grain, which hides banding."""
    speckle = dice.standard_normal(picture.shape[:2], dtype=np.float32)[..., None]
    return f32(np.clip(picture + amount * speckle, 0, 1))


def smoothstep(low: float, high: float, value: Array) -> Array:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def blurred(field: Array, radius: float) -> Array:
    """The array (height, width, 3), from 0 up, blurred by a Gaussian of that radius."""
    brightest = max(1.0, float(field.max()))
    return array(picture(field / brightest).filter(ImageFilter.GaussianBlur(radius))) * brightest


def picture(array: Array) -> Image.Image:
    """An array of shape (height, width, 3), from 0 to 1, as an image."""
    return Image.fromarray((np.clip(array, 0, 1) * 255 + 0.5).astype(np.uint8))


def array(image: Image.Image) -> Array:
    """An image as an array of shape (height, width, 3), from 0 to 1."""
    return np.asarray(image.convert("RGB"), np.float32) / 255


def encode(image: Image.Image, format: str = "png") -> tuple[bytes, str]:
    """The file's bytes and its content type."""
    buffer = io.BytesIO()
    options = {"compress_level": 3} if format == "png" else {"quality": 90}
    if format == "jpeg" and image.mode != "RGB":
        image = image.convert("RGB")
    image.save(buffer, FORMATS[format], **options)
    return buffer.getvalue(), f"image/{format}"


def save(
    context: Context,
    image: Image.Image,
    format: str = "png",
    name: str = "image",
    **options: Any,
) -> dict[str, Any]:
    """Store an image; return fal's Image object."""
    data, content_type = encode(image, format)
    sides: dict[str, Any] = {"width": image.width, "height": image.height}
    return context.save(data, content_type, f"{name}.{format}", **options, **sides)


def load(context: Context, url: str, *loc: str | int) -> Image.Image:
    """The image at a URL, upright; raises ModelError at `loc` if it is not one."""
    data, _ = context.load(url, *loc)
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > MAX_SIDE * MAX_SIDE:
            ctx = {"max_width": MAX_SIDE, "max_height": MAX_SIDE}
            raise ModelError("image_too_large", "The image is too large", loc, ctx)
        image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ModelError(
            "image_load_error", "Failed to load the image", loc, input=url[:200]
        ) from error
    return ImageOps.exif_transpose(image)


def demand_sides(image: Image.Image, least: int, name: str) -> None:
    """Raise ModelError at the field `name` if a side has fewer than `least` pixels."""
    if min(image.size) < least:
        ctx = {"min_width": least, "min_height": least}
        raise ModelError("image_too_small", "The image is too small", (name,), ctx)


def megapixels(size: Size) -> int:
    """The megapixels that fal bills for a picture: rounded up, and 1024 × 1024 is one."""
    return math.ceil(size[0] * size[1] / 1024**2)


def size_of(image_size: object, *loc: str | int) -> Size:
    """Width and height of a preset or an object; raises ModelError if a side is too large."""
    if isinstance(image_size, str):
        return PRESETS[image_size]
    if isinstance(image_size, dict):
        size = (int(image_size.get("width", 512)), int(image_size.get("height", 512)))
        if max(size) > MAX_SIDE:
            ctx = {"max_width": MAX_SIDE, "max_height": MAX_SIDE}
            raise ModelError(
                "image_too_large", f"At most {MAX_SIDE} pixels a side", loc or ("image_size",), ctx
            )
        return size
    return PRESETS["landscape_4_3"]


def cover(image: Image.Image, size: Size) -> Image.Image:
    """The image cropped to fill a size."""
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)

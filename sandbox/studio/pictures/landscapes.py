"""Text-to-image scenes: mountains and northern lights."""

import numpy as np
from PIL import Image

from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.canvas import Size
from sandbox.studio.pictures.colour import Array, Palette, density, f32, palette, vivid, words_of

PALE = {"moon", "night", "winter", "snow", "ice", "arctic"}
LOWEST_SHORE = 12  # rows that sky and reflection need; smaller images are scaled down from it


def ridgeline(prompt: str, seed: int, size: Size) -> Image.Image:
    """Layered mountains, paler with distance, under a sun or a moon."""
    width, height = size
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    x, y = canvas.grid(size)
    horizon = 0.5 + 0.12 * dice.random()
    sky = _sun(x, y, horizon, width / height, height, prompt, colours, dice)
    picture = canvas.mix(sky, colours.one(0.9), 0.12 * canvas.smoothstep(0.1, 0.9, y))
    layers = round((4 + dice.integers(0, 3)) * density(prompt)) + 1
    for layer in range(layers):
        depth = layer / max(1, layers - 1)
        ridge = canvas.line(width, 2 + 3 * depth, dice)
        top = horizon - 0.16 * (1 - depth) + depth * 0.34 + (0.5 - ridge) * (0.16 + 0.1 * depth)
        below = canvas.smoothstep(-0.75 / height, 0.75 / height, y - top[None, :])
        tone = 0.74 * (1 - depth) ** 1.15 + 0.04
        mist = 0.2 * np.clip((y - top[None, :]) / 0.35, 0, 1) * (1 - depth * 0.7)
        picture = canvas.mix(picture, colours.at(np.clip(tone + mist, 0, 1)), below)
    return canvas.picture(canvas.grain(picture, dice))


def _sun(
    x: Array,
    y: Array,
    horizon: float,
    aspect: float,
    height: int,
    prompt: str,
    colours: Palette,
    dice: np.random.Generator,
) -> Array:
    sky = colours.at(0.98 - 0.42 * np.clip(1 - y / horizon, 0, 1) ** 1.2)
    radius = 0.045 + 0.05 * dice.random()
    centre = 0.2 + 0.6 * dice.random(), horizon * (0.35 + 0.4 * dice.random())
    distance = np.hypot((x - centre[0]) * aspect, y - centre[1])
    sky = canvas.mix(sky, colours.one(1.0), 0.65 * np.exp(-((distance / (radius * 4)) ** 1.1)))
    warm = colours.one(1.0) * 0.75 + np.array([0.25, 0.24, 0.2], np.float32)
    light = colours.one(1.0) if set(words_of(prompt)) & PALE else warm
    return canvas.mix(sky, light, canvas.smoothstep(radius, radius - 2.5 / height, distance))


def aurora(prompt: str, seed: int, size: Size) -> Image.Image:
    """Curtains of light over a dark shore, mirrored in still water."""
    width, height = size
    if height < LOWEST_SHORE:
        return aurora(prompt, seed, (width, LOWEST_SHORE)).resize(size)
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    shore = 0.66 + 0.08 * dice.random()
    above = (width, max(8, round(height * shore)))
    x, y = canvas.grid(above)
    night = colours.one(0.0) * 0.55
    sky = canvas.mix(np.broadcast_to(night, (*x.shape, 3)), colours.one(0.28), y**2.2)
    sky = sky + _stars(above, dice, 260)
    glow = np.zeros_like(sky)
    hues = [vivid(colours.one(0.6)), vivid(colours.accent), vivid(colours.one(0.78))]
    for index in range(max(2, round(3 * density(prompt)))):
        base = 0.46 + 0.34 * canvas.line(width, 1.1 + index * 0.6, dice, 2) - 0.14 * index
        base += 0.02 * canvas.line(width, 9, dice, 2)
        rays = 0.2 + 0.8 * canvas.line(width, 30 + 24 * dice.random(), dice, 4) ** 1.4
        swell = canvas.line(width, 1.8, dice, 2) ** 1.3
        tall = 0.1 + 0.26 * swell
        rise = base[None, :] - y
        curtain = np.exp(-np.clip(rise, 0, None) / tall[None, :])
        curtain = curtain * canvas.smoothstep(-0.05, 0.02, rise)
        light = curtain * (rays * (0.15 + 0.95 * swell))[None, :]
        tint = canvas.mix(
            np.broadcast_to(hues[index % 3], sky.shape),
            vivid(colours.accent) * 0.7 + colours.one(0.5) * 0.3,
            np.clip(rise / 0.4, 0, 1),
        )
        glow += tint * light[..., None] * (1.15 - 0.2 * index)
    soft = canvas.blurred(glow, height * 0.025)
    sky = 1 - (1 - np.clip(sky, 0, 1)) * np.exp(-(glow * 1.25 + soft * 0.9))
    sky = _hills(sky, colours, dice)
    water = _mirror(sky, (width, height - above[1]), colours, dice)
    return canvas.picture(canvas.grain(np.concatenate([sky, water]), dice, 0.012))


def _hills(sky: Array, colours: Palette, dice: np.random.Generator) -> Array:
    height, width = sky.shape[:2]
    _, y = canvas.grid((width, height))
    for depth in (0, 1):
        top = 0.86 + 0.07 * depth - 0.1 * canvas.line(width, 3 + 3 * depth, dice)
        below = canvas.smoothstep(-1 / height, 1 / height, y - top[None, :])
        sky = canvas.mix(sky, colours.one(0.06) * (0.9 - 0.55 * depth), below)
    return sky


def _mirror(sky: Array, size: Size, colours: Palette, dice: np.random.Generator) -> Array:
    width, height = size
    rows = np.clip(sky.shape[0] - 1 - np.arange(height) * 2, 0, None).astype(int)
    still = canvas.blurred(sky[rows], 1.5)
    ripple = (canvas.line(height, 40, dice, 3) - 0.5) * 10
    ripple = ripple * np.linspace(0.2, 1.6, height)
    columns = (np.arange(width)[None, :] + ripple[:, None]).astype(int) % width
    water = still[np.arange(height)[:, None], columns]
    return f32(water * 0.72 + colours.one(0.08) * 0.12)


def _stars(size: Size, dice: np.random.Generator, count: int) -> Array:
    width, height = size
    field: Array = np.zeros((height, width), np.float32)
    strength = dice.random(count).astype(np.float32) ** 5
    rows = (dice.random(count) * height).astype(int)
    columns = (dice.random(count) * width).astype(int)
    field[rows, columns] = 0.25 + 0.75 * strength
    return field[..., None]

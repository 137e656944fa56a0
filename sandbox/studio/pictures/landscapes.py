"""Text-to-image scenes: mountains, northern lights, deep space, maps."""

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
    haze = canvas.noise(size, 3, dice, 4)
    picture = canvas.mix(sky, colours.one(0.9), 0.25 * haze * canvas.smoothstep(0.1, 0.9, y))
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
    ripple = (canvas.noise((1, height), 40, dice, 3)[:, 0] - 0.5) * 10
    ripple = ripple * np.linspace(0.2, 1.6, height)
    columns = (np.arange(width)[None, :] + ripple[:, None]).astype(int) % width
    water = still[np.arange(height)[:, None], columns]
    return f32(water * 0.72 + colours.one(0.08) * 0.12)


def _stars(size: Size, dice: np.random.Generator, count: int, glow: float = 0.0) -> Array:
    width, height = size
    field: Array = np.zeros((height, width), np.float32)
    strength = dice.random(count).astype(np.float32) ** 5
    rows = (dice.random(count) * height).astype(int)
    columns = (dice.random(count) * width).astype(int)
    field[rows, columns] = 0.25 + 0.75 * strength
    if glow:
        bright = np.where(field > 0.6, field, 0)
        halo = canvas.blurred(bright[..., None], glow)[..., 0]
        field = field + canvas.blurred(field[..., None], 0.7)[..., 0] * 1.6 + halo * glow * glow * 3
    return field[..., None]


def nebula(prompt: str, seed: int, size: Size) -> Image.Image:
    """Folded clouds of gas, lit from within, among stars."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    height, width = size[1], size[0]
    bend_x = canvas.noise(size, 2.2, dice, 5) - 0.5
    bend_y = canvas.noise(size, 2.2, dice, 5) - 0.5
    rows, columns = np.mgrid[0:height, 0:width]
    fold = 0.42 * max(size)

    def folded(field: Array) -> Array:
        r = (rows + bend_y * fold).astype(int) % height
        c = (columns + bend_x * fold).astype(int) % width
        return f32(field[r, c])

    gas = folded(canvas.noise(size, 2.5, dice, 7, 0.56))
    dust = folded(canvas.noise(size, 5, dice, 7, 0.6))
    warm = canvas.noise(size, 1.4, dice, 2)
    x, y = canvas.grid(size)
    cx, cy = 0.3 + 0.4 * dice.random(), 0.3 + 0.4 * dice.random()
    core = np.exp(-(np.hypot((x - cx) * width / height, y - cy) ** 2) / 0.12)
    light = np.clip(gas**1.8 * (0.5 + 1.3 * core) * density(prompt), 0, 1)
    picture = (
        colours.one(0.0) * 0.35
        + colours.at(np.clip(light * 0.95 + 0.02, 0, 1)) * (0.15 + light)[..., None]
    )
    tint = canvas.mix(np.broadcast_to(colours.accent, picture.shape), colours.one(0.55), warm)
    picture = picture + tint * (np.clip(dust - 0.35, 0, 1) * light * 1.3)[..., None]
    picture = picture * (1 - 0.75 * canvas.smoothstep(0.5, 0.95, dust) * (1 - core))[..., None]
    picture = picture + core[..., None] ** 3 * light[..., None] * 0.6
    stars = _stars(size, dice, round(900 * width * height / 786432), 2.2)
    return canvas.picture(
        canvas.grain(1 - (1 - np.clip(picture, 0, 1)) * (1 - np.clip(stars, 0, 1)), dice, 0.01)
    )


def contour(prompt: str, seed: int, size: Size) -> Image.Image:
    """A survey map of fictional land, with contour lines."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    land = canvas.noise(size, 2.4 * density(prompt), dice, 6, 0.42)
    land = canvas.blurred(land[..., None], 1.5)[..., 0]
    sea = 0.3 + 0.12 * dice.random()
    slope_y, slope_x = canvas.slopes(land)
    shade = np.clip(0.5 + (slope_x + slope_y) * max(size) * 0.075, 0, 1)
    dry = np.clip((land - sea) / (1 - sea), 0, 1)
    picture = colours.at(0.93 - 0.3 * dry)
    picture = picture * (0.86 + 0.24 * shade)[..., None]
    depth = np.clip((sea - land) / sea, 0, 1)
    water = canvas.mix(np.broadcast_to(colours.one(0.62), picture.shape), colours.one(0.4), depth)
    picture = canvas.mix(picture, water, canvas.smoothstep(0, 0.004, sea - land))
    steep = np.hypot(slope_x, slope_y) + 1e-6
    for spacing, thick, ink in ((0.035, 0.55, 0.4), (0.175, 1.0, 0.75)):
        phase = (land - sea) / spacing
        away = np.abs(phase - np.round(phase)) * spacing / steep
        line = canvas.smoothstep(thick + 0.7, thick - 0.3, away) * ink
        line = line * np.where(land > sea, 1, 0.4)
        picture = canvas.mix(picture, colours.one(0.16), line)
    shore = canvas.smoothstep(1.6, 0.6, np.abs(land - sea) / steep)
    picture = canvas.mix(picture, colours.one(0.1), shore * 0.9)
    return canvas.picture(canvas.grain(picture, dice, 0.01))

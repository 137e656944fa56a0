"""Painters of places: mountains, aurora, nebula."""

import numpy as np
from PIL import Image

from sandbox.studio import canvas
from sandbox.studio.canvas import Size
from sandbox.studio.colour import palette, words_of


def ridgeline(prompt: str, seed: int, size: Size) -> Image.Image:
    """Layered mountains, paler with distance, under a sun or a moon."""
    width, height = size
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    words = set(words_of(prompt))
    x, y = canvas.grid(size)
    horizon = 0.5 + 0.12 * dice.random()
    sky = colours.at(0.98 - 0.42 * np.clip(1 - y / horizon, 0, 1) ** 1.2)
    cx, cy = 0.2 + 0.6 * dice.random(), horizon * (0.35 + 0.4 * dice.random())
    radius = 0.045 + 0.05 * dice.random()
    aspect = width / height
    distance = np.hypot((x - cx) * aspect, y - cy)
    glow = np.exp(-((distance / (radius * 4)) ** 1.1))
    sky = canvas.mix(sky, colours.one(1.0), 0.65 * glow)
    light = (
        colours.one(1.0)
        if words & {"moon", "night", "winter", "snow"}
        else colours.accent * 0.35 + colours.one(1.0) * 0.65
    )
    sky = canvas.mix(sky, light, canvas.smoothstep(radius, radius - 2.5 / height, distance))
    haze = canvas.noise(size, 3, dice, 4)
    picture = canvas.mix(sky, colours.one(0.9), 0.25 * haze * canvas.smoothstep(0.1, 0.9, y))
    layers = 5 + int(dice.integers(0, 3))
    for layer in range(layers):
        depth = layer / (layers - 1)
        ridge = canvas.line(width, 2 + 3 * depth, dice)
        top = horizon - 0.16 * (1 - depth) + depth * 0.34 + (0.5 - ridge) * (0.16 + 0.1 * depth)
        below = canvas.smoothstep(-0.75 / height, 0.75 / height, y - top[None, :])
        tone = 0.74 * (1 - depth) ** 1.15 + 0.04
        mist = 0.2 * np.clip((y - top[None, :]) / 0.35, 0, 1) * (1 - depth * 0.7)
        body = colours.at(np.clip(tone + mist, 0, 1))
        picture = canvas.mix(picture, body, below)
    return canvas.picture(canvas.grain(picture, dice))

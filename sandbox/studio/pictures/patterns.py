"""Text-to-image patterns: glass, currents, tiles, cut paper, flowers, type."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.canvas import Size
from sandbox.studio.pictures.colour import Array, Palette, density, palette


def glass(prompt: str, seed: int, size: Size) -> Image.Image:
    """Stained glass: coloured cells between lead, around a bright centre."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    small = (max(2, size[0] // 2), max(2, size[1] // 2))
    aspect = small[0] / small[1]
    centre = np.array([(0.3 + 0.4 * dice.random()) * aspect, 0.35 + 0.3 * dice.random()])
    points = dice.random((round(150 * density(prompt)), 2)) * [aspect, 1]
    nearest, gap = _voronoi(points, small, aspect)
    away = np.hypot(*(points - centre).T)
    rings = 0.5 + 0.5 * np.cos(away * (7 + 5 * dice.random()))
    tone = np.clip(
        0.93 - 0.62 * away / away.max() + 0.22 * (rings - 0.5) + dice.normal(0, 0.06, len(points)),
        0.08,
        1,
    )
    panes = colours.at(tone.astype(np.float32))
    marked = dice.random(len(points)) < 0.13
    panes[marked] = colours.accent * (0.6 + 0.5 * dice.random((int(marked.sum()), 1)))
    full = np.asarray(
        Image.fromarray(nearest.astype(np.int32)).resize(size, Image.Resampling.NEAREST)
    )
    lead = np.asarray(Image.fromarray(gap).resize(size, Image.Resampling.BICUBIC))
    streaks = canvas.noise(size, 14, dice, 4)
    picture = panes[full] * (0.84 + 0.3 * streaks)[..., None]
    edge = canvas.smoothstep(0.035, 0.0, lead)
    picture = picture * (1 - 0.35 * edge)[..., None]
    width = 0.0075
    picture = canvas.mix(
        picture, colours.one(0.0) * 0.45, canvas.smoothstep(width + 0.003, width - 0.001, lead)
    )
    return canvas.picture(canvas.grain(picture, dice, 0.01))


def _voronoi(points: Array, size: Size, aspect: float) -> tuple[Array, Array]:
    """The nearest point of every pixel, and how much farther away the second one is."""
    x, y = canvas.grid(size)
    x = x * aspect
    first = np.full(x.shape, np.inf, np.float32)
    second, nearest = first.copy(), np.zeros(x.shape, np.int32)
    for index, (px, py) in enumerate(points):
        distance = (x - px) ** 2 + (y - py) ** 2
        closer = distance < first
        second = np.where(closer, first, np.minimum(second, distance))
        nearest[closer] = index
        first = np.where(closer, distance, first)
    return nearest, (np.sqrt(second) - np.sqrt(first)).astype(np.float32)


def current(prompt: str, seed: int, size: Size) -> Image.Image:
    """Lines along a flow field, as drawn with a fine pen."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    wide, high = size[0] * 2, size[1] * 2
    field = canvas.noise((256, 192), 2.2 * density(prompt), dice, 3)
    angle = (field - 0.5) * math.tau * 1.15 + dice.random() * math.tau
    count, steps, stride = round(1500 * density(prompt)), 70, max(wide, high) / 260
    x, y = dice.random(count) * wide, dice.random(count) * high
    tracks = np.empty((steps, count, 2), np.float32)
    for step in range(steps):
        tracks[step] = np.stack([x, y], axis=-1)
        row = np.clip(y / high * 191, 0, 191).astype(int)
        column = np.clip(x / wide * 255, 0, 255).astype(int)
        x, y = x + np.cos(angle[row, column]) * stride, y + np.sin(angle[row, column]) * stride
    image = Image.new("RGB", (wide, high), colours.bytes_at(0.98))
    draw = ImageDraw.Draw(image)
    bands = canvas.noise((256, 192), 1.5, dice, 3)
    thickness = max(2, wide // 420)
    for track in np.moveaxis(tracks, 1, 0):
        at = (
            int(np.clip(track[0, 1] / high * 191, 0, 191)),
            int(np.clip(track[0, 0] / wide * 255, 0, 255)),
        )
        tone = float(np.clip(0.08 + 0.75 * bands[at] + dice.normal(0, 0.05), 0.02, 0.86))
        ink = (
            tuple(int(v * 255) for v in colours.accent)
            if dice.random() < 0.035
            else colours.bytes_at(tone)
        )
        length = int(dice.integers(18, steps))
        points = [(float(px), float(py)) for px, py in track[:length]]
        draw.line(points, ink, int(thickness * dice.choice([1, 1, 2, 3])), "curve")
    return _framed(image.resize(size, Image.Resampling.LANCZOS), colours)


def _framed(image: Image.Image, colours: Palette) -> Image.Image:
    """Add a margin of paper around the image."""
    margin = round(min(image.size) * 0.055)
    framed = Image.new("RGB", image.size, colours.bytes_at(0.98))
    box = (margin, margin, image.width - margin, image.height - margin)
    framed.paste(image.crop(box), box[:2])
    return framed


def tessera(
    prompt: str, seed: int, size: Size, extra: list[tuple[int, int, int]] | None = None
) -> Image.Image:
    """A poster of geometric tiles in a few flat colours."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    wide, high = size[0] * 2, size[1] * 2
    columns = round((6 + dice.integers(0, 3)) * density(prompt) * max(1.0, wide / high) / 1.2)
    side = wide / columns
    rows = math.ceil(high / side)
    inks = [colours.bytes_at(t) for t in (0.08, 0.3, 0.52, 0.74)]
    inks += extra or [tuple(int(v * 255) for v in colours.accent)]  # type: ignore[list-item]
    paper = colours.bytes_at(0.97)
    image = Image.new("RGB", (wide, high), paper)
    draw = ImageDraw.Draw(image)
    for row in range(rows):
        for column in range(columns):
            box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
            order = dice.permutation(len(inks))
            ground = paper if dice.random() < 0.55 else inks[order[0]]
            draw.rectangle(box, fill=ground)
            _tile(
                draw,
                box,
                inks[order[1]],
                inks[order[2]],
                int(dice.integers(0, 4)),
                int(dice.integers(0, 4)),
            )
    image = image.resize(size, Image.Resampling.LANCZOS)
    return canvas.picture(canvas.grain(canvas.array(_framed(image, colours)), dice, 0.012))


def _tile(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    ink: tuple[int, int, int],
    second: tuple[int, int, int],
    kind: int,
    turn: int,
) -> None:
    left, top, right, bottom = box
    side = right - left
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    cx, cy = corners[turn]
    if kind == 0:  # concentric quarter discs
        draw.pieslice(
            (cx - side, cy - side, cx + side, cy + side), turn * 90, turn * 90 + 90, fill=ink
        )
        half = side / 2
        draw.pieslice(
            (cx - half, cy - half, cx + half, cy + half), turn * 90, turn * 90 + 90, fill=second
        )
    elif kind == 1:  # a disc with a dot
        for part, fill in ((0.08, ink), (0.32, second)):
            inset = side * part
            draw.ellipse((left + inset, top + inset, right - inset, bottom - inset), fill=fill)
    elif kind == 2:  # a triangle
        draw.polygon([corners[turn], corners[(turn + 1) % 4], corners[(turn + 2) % 4]], fill=ink)
    else:  # half a disc
        boxes = {
            0: (left, top - side / 2, right, top + side / 2),
            1: (left + side / 2, top, right + side / 2, bottom),
            2: (left, top + side / 2, right, bottom + side / 2),
            3: (left - side / 2, top, left + side / 2, bottom),
        }
        draw.pieslice(boxes[turn], turn * 90, turn * 90 + 180, fill=ink)


def papercut(prompt: str, seed: int, size: Size) -> Image.Image:
    """Stacked sheets of cut paper, each with its shadow."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    x, y = canvas.grid(size)
    cx, cy = 0.35 + 0.3 * dice.random(), 0.35 + 0.3 * dice.random()
    bowl = np.hypot((x - cx) * size[0] / size[1], y - cy)
    shape = bowl * 1.15 + 0.55 * (canvas.noise(size, 2.6, dice, 3, 0.4) - 0.5)
    shape = canvas.blurred(shape[..., None], 3)[..., 0]
    sheets = round(7 * density(prompt))
    image = canvas.picture(np.broadcast_to(colours.one(0.02), (*x.shape, 3)))
    reach = max(3, round(min(size) * 0.016))
    for sheet in range(sheets):
        level = 0.1 + 0.72 * sheet / sheets
        steep = np.hypot(*canvas.slopes(shape)) + 1e-5
        mask = Image.fromarray(
            (canvas.smoothstep(-0.7, 0.7, (shape - level) / steep) * 255).astype(np.uint8)
        )
        shadow = ImageChops.offset(mask.filter(ImageFilter.GaussianBlur(reach)), reach // 2, reach)
        image = Image.composite(
            Image.new("RGB", size, (0, 0, 0)), image, shadow.point(lambda v: int(v * 0.42))
        )
        tone = 0.1 + 0.88 * (sheet + 1) / sheets
        image = Image.composite(Image.new("RGB", size, colours.bytes_at(tone)), image, mask)
    fibre = canvas.noise(size, 90, dice, 2)[..., None]
    return canvas.picture(canvas.grain(canvas.array(image) * (0.97 + 0.05 * fibre), dice, 0.01))


def bloom(prompt: str, seed: int, size: Size) -> Image.Image:
    """Flowers with petals at the golden angle."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    wide, high = size[0] * 2, size[1] * 2
    image = Image.new("RGB", (wide, high), colours.bytes_at(0.96))
    flowers = round(4 * density(prompt)) + 1
    places: list[tuple[float, float, float]] = []
    for _ in range(200):
        radius = min(wide, high) * (0.14 + 0.2 * dice.random())
        x, y = dice.random() * wide, dice.random() * high
        if all(math.hypot(x - px, y - py) > (radius + pr) * 0.82 for px, py, pr in places):
            places.append((x, y, radius))
        if len(places) == flowers:
            break
    for x, y, radius in sorted(places, key=lambda place: -place[2]):
        _flower(image, x, y, radius, colours, dice)
    return canvas.picture(
        canvas.grain(canvas.array(image.resize(size, Image.Resampling.LANCZOS)), dice, 0.012)
    )


def _flower(
    image: Image.Image,
    x: float,
    y: float,
    radius: float,
    colours: Palette,
    dice: np.random.Generator,
) -> None:
    draw = ImageDraw.Draw(image)
    petals = int(dice.integers(70, 120))
    low, high = sorted(dice.choice([0.1, 0.3, 0.5, 0.68, 0.85], 2, replace=False))
    golden = math.pi * (3 - math.sqrt(5))
    for k in range(petals, 0, -1):
        part = math.sqrt(k / petals)
        angle, reach = k * golden, radius * part * 0.78
        length, breadth = radius * (0.16 + 0.2 * part), radius * (0.07 + 0.09 * part)
        px, py = x + math.cos(angle) * reach, y + math.sin(angle) * reach
        tone = high + (low - high) * part + 0.05 * dice.normal()
        fill = colours.bytes_at(float(np.clip(tone, 0, 1)))
        edge = colours.bytes_at(float(np.clip(tone - 0.09, 0, 1)))
        draw.polygon(_petal(px, py, angle, length, breadth), fill=fill, outline=edge, width=2)
    heart = radius * 0.17
    accent = tuple(int(v * 255) for v in colours.accent)
    draw.ellipse((x - heart, y - heart, x + heart, y + heart), fill=accent)


def _petal(
    x: float, y: float, angle: float, length: float, breadth: float
) -> list[tuple[float, float]]:
    c, s = math.cos(angle), math.sin(angle)
    rim = [(length * math.cos(t), breadth * math.sin(t)) for t in np.linspace(0, math.tau, 18)]
    return [(x + u * c - v * s, y + u * s + v * c) for u, v in rim]


def letterpress(prompt: str, seed: int, size: Size) -> Image.Image:
    """A poster that prints the prompt, slightly misregistered."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    wide, high = size
    margin = round(min(size) * 0.08)
    paper = Image.new("RGB", size, colours.bytes_at(0.97))
    accent = tuple(int(v * 255) for v in colours.accent)
    shape = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(shape)
    radius = min(size) * (0.26 + 0.16 * dice.random())
    x, y = wide * (0.45 + 0.35 * dice.random()), high * (0.3 + 0.35 * dice.random())
    rings = int(dice.choice([1, 7]))
    for k in range(rings):
        r = radius * (1 - k / rings)
        draw.ellipse((x - r, y - r, x + r, y + r), fill="white" if k % 2 else accent)
    ink = Image.new("RGB", size, "white")
    _set(ImageDraw.Draw(ink), prompt, size, margin, colours.bytes_at(0.06))
    printed = ImageChops.multiply(ImageChops.multiply(paper, shape), ink)
    worn = canvas.noise(size, 120, dice, 3)
    flat = canvas.array(paper)
    keep = 0.86 + 0.14 * canvas.smoothstep(0.12, 0.3, worn)
    return canvas.picture(canvas.grain(canvas.mix(flat, canvas.array(printed), keep), dice, 0.014))


def _set(
    draw: ImageDraw.ImageDraw, text: str, size: Size, margin: int, ink: tuple[int, int, int]
) -> None:
    """Draw the text as large as it fits, without leading, from the bottom of the sheet upwards."""
    wide, high = size
    body = " ".join(text.split()[:24])
    point = round(high * 0.3)
    while point > 12:
        lines = wrapped(body, point, wide - 2 * margin)
        fits = all(width_of(line, point, point // 40) <= wide - 2 * margin for line in lines)
        if fits and len(lines) * point * 1.02 <= high - 2 * margin:
            break
        point = round(point * 0.93)
    lines = wrapped(body, point, wide - 2 * margin)
    top = high - margin - len(lines) * point * 1.02
    for number, line in enumerate(lines):
        draw.text(
            (margin, top + number * point * 1.02),
            line,
            ink,
            font(point),
            stroke_width=point // 40,
            stroke_fill=ink,
        )
    draw.line((margin, margin, wide - margin, margin), ink, max(2, high // 200))


# Lettering with the typeface that Pillow includes.


@lru_cache(maxsize=256)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface at a size in pixels."""
    face = ImageFont.load_default(max(1, size))  # an image may be only a few pixels high
    assert isinstance(face, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow without FreeType has none
    return face


def width_of(text: str, size: int, stroke: int = 0) -> float:
    """The width of a line in pixels."""
    return font(size).getlength(text) + 2 * stroke


def wrapped(text: str, size: int, room: float) -> list[str]:
    """The text broken into lines that fit."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines

"""3D meshes: GLB files from images and text."""

import io
import math
from typing import Any

import numpy as np
import trimesh
from PIL import Image, ImageDraw

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, density, palette


def relief(arguments: Arguments, context: Context) -> dict[str, Any]:
    """An image as a relief: bright pixels are raised."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    detail = int(arguments["detail"])
    image.thumbnail((detail, detail))
    context.log(f"Grid of {image.width}x{image.height}")
    context.sleep(0.3)
    colours = canvas.array(image)
    height = canvas.blurred((colours @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 1)[
        ..., 0
    ]
    if arguments["invert"]:
        height = 1 - height
    mesh = slab(height * float(arguments["depth"]), colours)
    context.log(f"{len(mesh.vertices)} vertices, {len(mesh.faces)} faces")
    context.sleep(0.2)
    return {"model_mesh": save(context, mesh, "relief"), "faces": len(mesh.faces)}


def carve(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A vessel, a planet or a terrain, from text."""
    seed, shape = context.seed(arguments), arguments["shape"]
    context.log(f"Seed {seed}: {shape}")
    context.sleep(0.3)
    mesh = SHAPES[shape](arguments["prompt"], seed)
    context.log(f"{len(mesh.vertices)} vertices, {len(mesh.faces)} faces")
    context.sleep(0.2)
    return {"model_mesh": save(context, mesh, shape), "seed": seed, "faces": len(mesh.faces)}


def remesh(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A mesh, smoothed or subdivided."""
    data, _ = context.load(arguments["model_url"], "model_url")
    try:
        mesh = read(data)
    except Exception as error:  # trimesh's parsers raise anything
        raise ModelError("value_error", "The file is no GLB", ("model_url",)) from error
    context.log(f"Loaded {len(mesh.faces)} faces")
    context.sleep(0.2)
    if arguments["operation"] == "subdivide":
        if len(mesh.faces) > 60_000:
            ctx = {"le": 60_000}
            raise ModelError("less_than_equal", "At most 60,000 faces", ("model_url",), ctx)
        mesh = mesh.subdivide()
    else:
        mesh = smoothed(mesh, int(arguments["iterations"]))
    context.log(f"Now {len(mesh.faces)} faces")
    return {"model_glb": save(context, mesh, "remeshed"), "faces": len(mesh.faces)}


def smoothed(mesh: Any, rounds: int) -> trimesh.Trimesh:
    """The mesh, smoothed by Taubin's two alternating steps, so that it does not shrink."""
    points, edges = np.array(mesh.vertices), mesh.edges_unique
    degree = np.maximum(np.bincount(edges.ravel(), minlength=len(points)), 1)[:, None]
    for step in (0.5, -0.53) * rounds:
        total = np.zeros_like(points)
        np.add.at(total, edges[:, 0], points[edges[:, 1]])
        np.add.at(total, edges[:, 1], points[edges[:, 0]])
        points = points + step * (total / degree - points)
    colours = mesh.visual.vertex_colors if mesh.visual.kind == "vertex" else None
    return trimesh.Trimesh(points, mesh.faces, vertex_colors=colours, process=False)


def slab(height: Array, colours: Array) -> trimesh.Trimesh:
    """A height field with walls and a floor, one unit wide, standing upright on y."""
    rows, columns = height.shape
    aspect = columns / rows
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns) * aspect, np.linspace(0.5, -0.5, rows))
    top = np.stack([x, y, height], axis=-1).reshape(-1, 3)
    paint = (colours.reshape(-1, 3) * 255).astype(np.uint8)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    faces = np.concatenate(
        [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)]
    )
    rim = np.concatenate([index[0, :], index[1:, -1], index[-1, -2::-1], index[-2:0:-1, 0]])
    floor = top[rim] * [1, 1, 0] + [0, 0, -0.06]
    base = len(top)
    ring = np.arange(len(rim))
    after = np.roll(ring, -1)
    walls = np.concatenate(
        [
            np.stack([rim, rim[after], base + ring], -1),
            np.stack([rim[after], base + after, base + ring], -1),
        ]
    )
    heart = base + len(rim)
    under = np.stack([base + ring, base + after, np.full_like(ring, heart)], -1)
    vertices = np.concatenate([top, floor, [[0, 0, -0.06]]])
    side = (paint[rim] * 0.55).astype(np.uint8)
    painted = np.concatenate([paint, side, side[:1]])
    return trimesh.Trimesh(
        vertices, np.concatenate([faces, walls, under]), vertex_colors=painted, process=False
    )


def vessel(prompt: str, seed: int) -> trimesh.Trimesh:
    """A rotationally symmetric vase with a glaze."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    rings, around = 96, 112
    profile = 0.2 + 0.3 * canvas.line(rings, 2.2, dice, 2)
    t = np.linspace(0, 1, rings)
    profile = profile * (0.55 + 0.45 * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1)) ** 0.7)
    turn = np.linspace(0, math.tau, around, endpoint=False)
    flutes = int(dice.integers(0, 9)) * 2
    depth = 0.03 * density(prompt) * (flutes > 0)
    twist = (dice.random() - 0.5) * 3
    angle = turn[None, :] + twist * t[:, None]
    radius = profile[:, None] * (1 + depth * np.cos(flutes * angle))
    outer = np.stack(
        [radius * np.cos(turn), t[:, None] * 1.2 - 0.6 + 0 * angle, radius * np.sin(turn)], -1
    )
    inner = outer[::-1] * [0.9, 1, 0.9]
    inner[-1, :, 1] = -0.57
    wall = np.concatenate([outer, inner])
    glaze = canvas.noise((around, 2 * rings), 5, dice, 4)
    glaze = 0.5 * glaze + 0.5 * canvas.noise((1, 2 * rings), 4, dice, 2)
    paint = (colours.at(0.15 + 0.8 * glaze) * 255).astype(np.uint8)
    return _lathe(wall, paint)


def planet(prompt: str, seed: int) -> trimesh.Trimesh:
    """A small planet with seas and mountains."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    sphere = trimesh.creation.icosphere(subdivisions=6)
    points = sphere.vertices
    height = np.zeros(len(points))
    for octave in range(6):
        waves = dice.standard_normal((10, 3)) * (1.5 * 1.9**octave)
        phase = dice.random(10) * math.tau
        height += np.sin(points @ waves.T + phase).sum(axis=1) / 1.9**octave
    height = (height - height.min()) / (height.max() - height.min())
    sea = 0.48
    land = np.clip(height - sea, 0, None)
    paint = colours.at(
        np.where(height < sea, 0.2 + 0.25 * height / sea, 0.55 + land * 1.1).astype(np.float32)
    )
    ice = canvas.smoothstep(
        0.78,
        0.9,
        np.abs(points[:, 1]).astype(np.float32) + 0.15 * (height - 0.5).astype(np.float32),
    )
    paint = canvas.mix(paint, colours.one(1.0), ice)
    grown = points * (0.5 * (1 + 0.28 * land * density(prompt)))[:, None]
    return trimesh.Trimesh(
        grown, sphere.faces, vertex_colors=(paint * 255).astype(np.uint8), process=False
    )


def terrain(prompt: str, seed: int) -> trimesh.Trimesh:
    """A block of land cut out of the ground."""
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    size = (128, 128)
    land = canvas.noise(size, 3 * density(prompt), dice, 6, 0.45) ** 1.4
    sea = 0.16
    height = np.maximum(land, sea)
    shown = colours.at(np.clip(np.where(land <= sea, 0.32, 0.42 + 0.55 * land), 0, 1))
    return slab(height * 0.4, shown)


SHAPES = {"vessel": vessel, "planet": planet, "terrain": terrain}


def _lathe(rings: Array, paint: Array) -> trimesh.Trimesh:
    count, around, _ = rings.shape
    index = np.arange(count * around).reshape(count, around)
    a, b = index[:-1], np.roll(index[:-1], -1, axis=1)
    c, d = index[1:], np.roll(index[1:], -1, axis=1)
    faces = np.concatenate(
        [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)]
    )
    ends: list[Array] = []
    vertices, colours = [rings.reshape(-1, 3)], [paint.reshape(-1, 3)]
    for ring, first in ((index[0], True), (index[-1], False)):
        heart = count * around + len(ends)
        vertices.append(rings.reshape(-1, 3)[ring].mean(axis=0, keepdims=True))
        colours.append(paint.reshape(-1, 3)[ring[:1]])
        after = np.roll(ring, -1)
        order = (ring, after) if first else (after, ring)
        ends.append(np.stack([*order, np.full_like(ring, heart)], -1))
    return trimesh.Trimesh(
        np.concatenate(vertices),
        np.concatenate([faces, *ends]),
        vertex_colors=np.concatenate(colours),
        process=False,
    )


def save(context: Context, mesh: trimesh.Trimesh, name: str) -> dict[str, Any]:
    """Store a mesh as GLB; return fal's File object."""
    return context.save(glb(mesh), "model/gltf-binary", f"{name}.glb")


def read(data: bytes) -> Any:
    """The mesh in a GLB file; raises anything that trimesh's parsers raise."""
    return trimesh.load(io.BytesIO(data), file_type="glb", force="mesh")


def glb(mesh: Any) -> bytes:
    """The mesh as a GLB file with smooth normals (trimesh needs scipy to make them quickly)."""
    corners = np.asarray(mesh.vertices)[mesh.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(mesh.vertices)
    summed = np.stack(
        [np.bincount(mesh.faces.ravel(), np.repeat(flat[:, k], 3), count) for k in range(3)], -1
    )
    normals = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
    mesh.vertex_normals = normals
    data: bytes = mesh.export(file_type="glb", include_normals=True)
    return data


def picture(mesh: Any, size: canvas.Size, ground: tuple[int, int, int]) -> Image.Image:
    """A rendering from above the front: triangles sorted far to near, lit from the left."""
    low, high = mesh.bounds
    points = (mesh.vertices - (low + high) / 2) / float(np.linalg.norm(high - low))
    wide, tall, deep = high - low
    if deep < 0.7 * min(wide, tall):  # a flat slab is laid down, other shapes stand
        points = points @ _rotation(2, 0.6).T @ _rotation(0, -0.95).T
    else:
        points = points @ _rotation(1, 0.5).T @ _rotation(0, 0.35).T
    scale = min(size) * 2 * 1.12
    flat = np.stack([size[0] + points[:, 0] * scale, size[1] - points[:, 1] * scale], -1)
    corners = points[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    light = 0.42 + 0.66 * np.clip(normals @ (np.array([-0.5, 0.65, 0.57])), 0, 1)
    own = np.asarray(mesh.visual.vertex_colors)[mesh.faces][:, :, :3].mean(axis=1)
    shaded = np.clip(own * light[:, None], 0, 255).astype(int)
    image = Image.new("RGB", (size[0] * 2, size[1] * 2), ground)
    draw = ImageDraw.Draw(image)
    seen = np.flatnonzero(normals[:, 2] > 0)
    for face in seen[np.argsort(corners[seen, :, 2].mean(axis=1))]:
        triangle = [(float(u), float(v)) for u, v in flat[mesh.faces[face]]]
        colour = tuple(int(v) for v in shaded[face])
        draw.polygon(triangle, fill=colour, outline=colour)
    return image.resize(size, Image.Resampling.LANCZOS)


def _rotation(axis: int, angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    a, b = [(1, 2), (0, 2), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -s, s, c
    return matrix

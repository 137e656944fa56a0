"""3D meshes: GLB files from images and text."""

import io
from typing import Any

import numpy as np
import trimesh

from sandbox import recorded
from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, palette


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
    """A recorded vessel, planet or terrain, glazed in the colours of the prompt."""
    seed, shape = context.seed(arguments), arguments["shape"]
    context.log(f"Seed {seed}: {shape}")
    context.sleep(0.3)
    prompt = arguments["prompt"]
    mesh = read(recorded.choice(f"solids/{shape}-*.glb", prompt, seed))
    light = np.asarray(mesh.visual.vertex_colors)[:, :3].mean(axis=1) / 255
    mesh.visual.vertex_colors = (palette(prompt, seed).at(light) * 255).astype(np.uint8)
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

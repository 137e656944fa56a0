"""Draws a mesh as a picture: turned a little, lit from the upper left, in its own colours.

Without Django: the mesh program's subprocess imports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual.color import uv_to_color

SIDE = 640
_FINE = 2 * SIDE  # drawn twice as large, so that edges are smooth
_MARGIN = 0.04
_POINTS_PER_PX = 1.1  # points per pixel that a face covers; each point is drawn 2 x 2 pixels large
_MOST_POINTS = 3_000_000
_MOST_FACES = 1_000_000
_MOST_TEXTURE_PX = 1024
_CLOUD_POINTS_ACROSS = 300
_PLAIN = np.array([184, 180, 174])
_LIGHT = np.array([-0.45, 0.65, 0.61], np.float32)
_SHADE = 0.4  # how light a face is that points away from the light
# The R2 sequence (Roberts, 2018): any number of points, none of them near another.
_R2 = 0.7548776662466927, 0.5698402909980532

Array = NDArray[Any]


def _turn(down_deg: float, left_deg: float) -> Array:
    """Return the matrix that turns a mesh; y is up, z to the front, as in glTF and the viewer."""
    (a, b), (c, d) = ((np.cos(turn), np.sin(turn)) for turn in np.radians([down_deg, left_deg]))
    down = np.array([[1, 0, 0, 0], [0, a, -b, 0], [0, b, a, 0], [0, 0, 0, 1]])
    left_turn = np.array([[c, 0, -d, 0], [0, 1, 0, 0], [d, 0, c, 0], [0, 0, 0, 1]])
    turned: Array = down @ left_turn
    return turned


_TURN = _turn(24, 34)


def draw(scene: Any) -> Image.Image:
    """Return a square picture of a trimesh scene on a transparent background.

    It draws points spread over the faces, as many as fill the pixels that a face covers, not the
    faces themselves. So time and memory are limited whatever a file contains (an ordinary one takes
    less than a second), without a loop over faces. Of more than _MOST_FACES, some are left out.

    Raises ValueError if the scene has no faces.
    """
    meshes = [*_meshes(scene)]
    if not meshes:
        raise ValueError("the 3D model has no faces")
    corners = _fitted(np.concatenate([placed_mesh for _, _, placed_mesh in meshes]))
    owner = np.repeat(np.arange(len(meshes)), [len(faces) for _, faces, _ in meshes])
    faces = np.concatenate([faces for _, faces, _ in meshes])
    of_points, weights = _spread(corners)
    nearest = _nearest(corners, of_points, weights)
    covered = nearest >= 0
    points = nearest[covered]
    visible, weights = of_points[points], weights[points]
    colours = np.empty((len(points), 3), np.float32)
    for number, (mesh, *_) in enumerate(meshes):
        is_of_mesh = owner[visible] == number
        colours[is_of_mesh] = _colours(mesh, faces[visible[is_of_mesh]], weights[is_of_mesh])
    pixels = np.zeros((_FINE * _FINE, 4), np.uint8)
    pixels[covered, :3] = colours * _lightness(corners[visible])[:, None]
    pixels[covered, 3] = 255
    return Image.fromarray(pixels.reshape(_FINE, _FINE, 4)).reduce(_FINE // SIDE)


def _meshes(scene: Any) -> Iterator[tuple[Any, Array, Array]]:
    """Yield each occurrence of a mesh in the scene: the mesh, its faces and where they are.

    Faces are indexes of the mesh's faces; their positions are three corners each.
    """
    nodes = [scene.graph[node] for node in scene.graph.nodes_geometry]
    solids = {name: _with_faces(geometry) for name, geometry in scene.geometry.items()}
    placed_meshes = [
        (placement, solids[name])
        for placement, name in nodes
        if isinstance(solids[name], trimesh.Trimesh) and len(solids[name].faces)
    ]
    step = -(-sum(len(mesh.faces) for _, mesh in placed_meshes) // _MOST_FACES) or 1
    for placement, mesh in placed_meshes:
        faces = np.arange(0, len(mesh.faces), step)
        corners = trimesh.transform_points(mesh.vertices, _TURN @ placement)[mesh.faces[faces]]
        is_finite = np.isfinite(corners).all(axis=(1, 2))
        if is_finite.any():
            yield mesh, faces[is_finite], corners[is_finite]


def _with_faces(geometry: Any) -> Any:
    """Return a cloud of points as small triangles facing the viewer; other geometry unchanged."""
    if not isinstance(geometry, trimesh.PointCloud) or not len(geometry.vertices):
        return geometry
    side = np.ptp(geometry.vertices, axis=0).max() / _CLOUD_POINTS_ACROSS or 1
    triangle = np.array([[0, 1, 0], [-0.9, -0.5, 0], [0.9, -0.5, 0]]) @ _TURN[:3, :3] * side
    corners = (geometry.vertices[:, None] + triangle).reshape(-1, 3)
    colours = geometry.colors if len(geometry.colors) else [_PLAIN] * len(geometry.vertices)
    return trimesh.Trimesh(
        corners,
        np.arange(len(corners)).reshape(-1, 3),
        vertex_colors=np.repeat(colours, 3, axis=0),
        process=False,
    )


def _fitted(corners: Array) -> Array:
    """Move and scale corners into the picture: x to the right, y down, z to the front."""
    lowest, highest = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    scale = _FINE * (1 - 2 * _MARGIN) / max((highest - lowest)[:2].max(), 1e-12)
    fitted = (corners - (lowest + highest) / 2) * scale * [1, -1, 1]
    placed_points: Array = fitted + np.array([_FINE / 2, _FINE / 2, 0])
    return placed_points.astype(np.float32)


def _spread(corners: Array) -> tuple[Array, Array]:
    """Return points on the faces: for each, its face and its weights of the face's corners."""
    (ax, ay), (bx, by) = ((corners[:, at, :2] - corners[:, 0, :2]).T for at in (1, 2))
    covered_px = np.abs(ax * by - ay * bx) / 2
    density = min(_POINTS_PER_PX, _MOST_POINTS / max(covered_px.sum(dtype=float), 1))
    counts = np.ceil(covered_px * density).astype(int)
    of_points = np.repeat(np.arange(len(corners), dtype=np.int32), counts)
    number = np.arange(len(of_points))
    u, v = ((0.5 + number * step) % 1 for step in _R2)
    is_outside = u + v > 1
    u[is_outside], v[is_outside] = 1 - u[is_outside], 1 - v[is_outside]
    return of_points, np.stack([1 - u - v, u, v], axis=1).astype(np.float32)


def _nearest(corners: Array, of_points: Array, weights: Array) -> Array:
    """Return for each pixel the index of the point nearest to the viewer; -1 if there is none."""
    x, y, z = (
        sum(corners[of_points, corner, axis] * weights[:, corner] for corner in range(3))
        for axis in range(3)
    )
    pixels = y.astype(int) * _FINE + x.astype(int)
    depth = np.full(_FINE * _FINE, -np.inf, np.float32)
    np.maximum.at(depth, pixels, z)
    in_front = np.flatnonzero(z >= depth[pixels])
    nearest = np.full(_FINE * _FINE, -1)
    nearest[pixels[in_front]] = in_front
    by_row = depth.reshape(_FINE, _FINE), nearest.reshape(_FINE, _FINE)
    for depths, points in (by_row, [grid.T for grid in by_row]):
        is_nearer = depths[:, :-1] > depths[:, 1:]
        points[:, 1:][is_nearer] = points[:, :-1][is_nearer]
        depths[:, 1:][is_nearer] = depths[:, :-1][is_nearer]
    return nearest


def _lightness(corners: Array) -> Array:
    """Return the lightness of faces, at most 1; both sides are lit, since many are inside out."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals *= [1, -1, 1]  # y points up again
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    normals *= np.where(normals[:, 2:] < 0, -1, 1)
    return _SHADE + (1 - _SHADE) * (normals @ _LIGHT + 1) / 2


def _colours(mesh: Any, faces: Array, weights: Array) -> Array:
    """Return red, green and blue, up to 255, of points on a mesh's faces."""
    visual = mesh.visual
    if visual.kind == "face":
        return np.asarray(visual.face_colors)[faces, :3]
    corners = mesh.faces[faces]
    if visual.kind == "vertex":
        return _mixed(np.asarray(visual.vertex_colors)[:, :3], corners, weights)
    if visual.kind != "texture":
        return np.broadcast_to(_PLAIN, (len(faces), 3))
    return _painted(visual.material, visual.uv, corners, weights)


def _painted(material: Any, uv: Array | None, corners: Array, weights: Array) -> Array:
    """Return the colours of points from a material: texture, colour, or both multiplied."""
    texture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if texture is None or uv is None:
        return np.broadcast_to(material.main_color[:3], (len(corners), 3))
    small = texture.copy()
    small.thumbnail((_MOST_TEXTURE_PX, _MOST_TEXTURE_PX))
    colours: Array = uv_to_color(_mixed(uv, corners, weights), small)[:, :3]
    is_tinted = getattr(material, "baseColorFactor", None) is not None
    return colours * (material.main_color[:3] / 255) if is_tinted else colours


def _mixed(values: Array, corners: Array, weights: Array) -> Array:
    """Interpolate values of points from the values at their faces' corners."""
    mixed: Array = np.einsum("pcv,pc->pv", values[corners].astype(np.float32), weights)
    return mixed

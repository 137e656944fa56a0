"""Opens a mesh and renders its viewer page or its picture; runs in a subprocess that may be killed.

Meshes come from third-party models, and a file of 300 bytes may claim a billion vertices.
`probe.py` starts this and sends it one file at a time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from core.process import subprocess_worker
from runs.files.media import mesh_picture, mesh_viewer
from runs.files.media.encoding import small_copy, webp

MAX_BYTES = 30 << 20
MAX_CLOUD_BYTES = 250 << 20  # for formats that hold points: a splat has up to 248 bytes
MOST_POINTS = 400_000
_CLOUDS = {"ply", "splat"}
_point_cloud: Any = trimesh.PointCloud  # has no types
_SPLAT = np.dtype([("at", "<f4", 3), ("size", "<f4", 3), ("colour", "u1", 4), ("turn", "u1", 4)])
_GREY_TO_LIGHT = 0.28209479  # order 0 of spherical harmonics, by which splats store colours
THUMBNAIL_PX = 320
_GLB_HEAD_BYTES = 20  # its own, and that of the JSON that follows
_COMPRESSIONS = {"KHR_draco_mesh_compression": "Draco", "EXT_meshopt_compression": "meshopt"}


def render(path: str, file_type: str, page: str) -> dict[str, Any]:
    """Write the viewer's HTML for the mesh at `path` to the file `page`.

    Of a mesh that only special decoders open, return the name of its `compression` instead.

    Raises ValueError if either is too large, and what trimesh raises for a broken mesh.
    """
    if compression := _compression(path):
        return {"compression": compression}
    scene = _scene(path, file_type)
    if scene.is_empty:
        raise ValueError("nothing in it can be shown")
    mesh_viewer.render(scene, page)
    return {}


def draw(path: str, file_type: str) -> dict[str, Any]:
    """Return a poster and a thumbnail of the mesh at `path` as WebP in base64.

    Raises ValueError if it is too large, and what trimesh raises for a broken mesh.
    """
    picture = mesh_picture.draw(_scene(path, file_type))
    return {"poster": webp(picture), "thumbnail": webp(small_copy(picture, THUMBNAIL_PX))}


def _compression(path: str) -> str:
    """Return the name of the compression without which nothing of a GLB can be read; else ""."""
    with Path(path).open("rb") as file:
        head = file.read(_GLB_HEAD_BYTES)
        if head[:4] != b"glTF" or len(head) < _GLB_HEAD_BYTES:
            return ""
        content = json.loads(file.read(min(int.from_bytes(head[12:16], "little"), MAX_BYTES)))
    required = content.get("extensionsRequired", [])
    return next((_COMPRESSIONS[name] for name in required if name in _COMPRESSIONS), "")


def _scene(path: str, file_type: str) -> Any:
    if Path(path).stat().st_size > (MAX_CLOUD_BYTES if file_type in _CLOUDS else MAX_BYTES):
        raise ValueError("the mesh is too large to be shown")
    with Path(path).open("rb") as splat_file:  # an open file: trimesh opens no others
        if file_type == "splat":
            rows = np.frombuffer(splat_file.read(), _SPLAT)
            scene = trimesh.Scene(_point_cloud(rows["at"], rows["colour"]))
        else:
            scene = trimesh.load_scene(splat_file, file_type=file_type)
    for name, cloud in [*scene.geometry.items()]:
        if isinstance(cloud, trimesh.PointCloud):
            scene.geometry[name] = _fewer_points(cloud)
    return scene


def _fewer_points(cloud: Any) -> Any:
    """Return a cloud of at most MOST_POINTS points, with its splats' colours if it has any."""
    points = np.flatnonzero(np.isfinite(cloud.vertices).all(axis=1))
    points = points[:: len(points) // MOST_POINTS + 1]
    colours = cloud.colors if len(cloud.colors) else None
    rows = cloud.metadata.get("_ply_raw", {}).get("vertex", {}).get("data")
    if isinstance(rows, np.ndarray) and "f_dc_2" in (rows.dtype.names or ()):  # no text
        light = [0.5 + _GREY_TO_LIGHT * rows[f"f_dc_{part}"] for part in range(3)]
        colours = (np.stack(light, axis=1).clip(0, 1) * 255).astype(np.uint8)
    return _point_cloud(cloud.vertices[points], None if colours is None else colours[points])


if __name__ == "__main__":
    subprocess_worker.serve(
        lambda request: render(**request) if "page" in request else draw(**request)
    )

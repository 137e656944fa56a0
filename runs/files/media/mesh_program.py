"""Opens a mesh and renders its viewer page or its picture; runs in a subprocess that may be killed.

Meshes come from third-party models, and a file of 300 bytes may claim a billion vertices.
`probe.py` starts this and sends it one file at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trimesh

from core.process import subprocess_worker
from runs.files.media import mesh_picture, mesh_viewer
from runs.files.media.encoding import small_copy, webp

MAX_BYTES = 30 << 20
THUMBNAIL_PX = 320


def render(path: str, file_type: str, page: str) -> dict[str, Any]:
    """Write the viewer's HTML for the mesh at `path` to the file `page`.

    Raises ValueError if either is too large, and what trimesh raises for a broken mesh.
    """
    mesh_viewer.render(_scene(path, file_type), page)
    return {}


def draw(path: str, file_type: str) -> dict[str, Any]:
    """Return a poster and a thumbnail of the mesh at `path`: WebP in base64.

    Raises ValueError if it is too large, and what trimesh raises for a broken mesh.
    """
    picture = mesh_picture.draw(_scene(path, file_type))
    return {"poster": webp(picture), "thumbnail": webp(small_copy(picture, THUMBNAIL_PX))}


def _scene(path: str, file_type: str) -> Any:
    if Path(path).stat().st_size > MAX_BYTES:
        raise ValueError("the mesh is too large to be shown")
    with Path(path).open("rb") as opened:  # an open file: files that the mesh names are not read
        return trimesh.load_scene(opened, file_type=file_type)


if __name__ == "__main__":
    subprocess_worker.serve(
        lambda request: render(**request) if "page" in request else draw(**request)
    )

"""Renders a mesh as a standalone page for a sandboxed frame; a subprocess that may be killed.

Meshes come from third-party models, and three hundred bytes may claim a billion vertices.
`media_probe.py` starts this and sends it one file at a time. The page is trimesh's viewer, which
contains three.js.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.process import subprocess_worker

MAX_BYTES = 30 << 20
MAX_PAGE_BYTES = 48 << 20
# Scripts run, but in an opaque origin: no cookies, no requests, only the data in the page.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:"
)


def page_name(file: str) -> str:
    """Return the storage name of a stored mesh's page."""
    return f"{file.rpartition('.')[0]}.viewer.html"


def render(path: str, file_type: str, page: str) -> dict[str, Any]:
    """Write the viewer's HTML for the mesh at `path` to `page`.

    Raises ValueError if either is too large, and what trimesh raises for a broken mesh.
    """
    import trimesh  # heavy: only imported in the subprocess
    from trimesh.viewer.notebook import scene_to_html

    if Path(path).stat().st_size > MAX_BYTES:
        raise ValueError("the mesh is too large to be shown")
    with Path(path).open("rb") as opened:  # an open file: files that the mesh names are not read
        html = scene_to_html(trimesh.load_scene(opened, file_type=file_type))
    if len(html) > MAX_PAGE_BYTES:
        raise ValueError("the page is too large to be shown")
    white, paper = "new THREE.Color(0xffffff)", "new THREE.Color(0xece9e4)"
    Path(page).write_text(html.replace(white, paper), encoding="utf-8")
    return {}


if __name__ == "__main__":
    subprocess_worker.serve(
        lambda request: render(request["path"], request["file_type"], request["page"])
    )

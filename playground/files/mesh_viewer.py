"""Draws a mesh as a page of its own, for a sandboxed frame: a program of its own, which may be killed.

Meshes come from models of others, and three hundred bytes may claim a billion corners. `posters.py`
starts this and hands it one file at a time; the page is trimesh's viewer, with three.js inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.pictures import confined

MAX_BYTES = 30 << 20
MAX_PAGE_BYTES = 48 << 20
# Scripts run, but in an origin of their own: no cookies, no requests, nothing but the data inside.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:"
)


def page_of(file: str) -> str:
    """The name in our storage of a stored mesh's page."""
    return f"{file.rpartition('.')[0]}.viewer.html"


def draw(path: str, file_type: str, page: str) -> dict[str, Any]:
    """Write the viewer's HTML with the mesh at `path` inside into `page`; raises what trimesh does, or ValueError."""
    import trimesh  # heavy: for the program alone
    from trimesh.viewer.notebook import scene_to_html

    if Path(path).stat().st_size > MAX_BYTES:
        raise ValueError("the mesh is too large to be shown")
    with Path(path).open("rb") as opened:  # not by its name: what else it names is not read
        html = scene_to_html(trimesh.load_scene(opened, file_type=file_type))
    if len(html) > MAX_PAGE_BYTES:
        raise ValueError("the page is too large to be shown")
    white, paper = "new THREE.Color(0xffffff)", "new THREE.Color(0xece9e4)"
    Path(page).write_text(html.replace(white, paper), encoding="utf-8")
    return {}


if __name__ == "__main__":
    confined.answer_all(lambda asked: draw(asked["path"], asked["file_type"], asked["page"]))

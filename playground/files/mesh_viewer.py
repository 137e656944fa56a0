"""A mesh as a page of its own: trimesh's viewer (three.js inside), for a sandboxed frame."""

from __future__ import annotations

from functools import lru_cache

from django.core.files.storage import default_storage
from django.http import Http404

MAX_BYTES = 30 << 20
# Scripts run, but in an origin of their own: no cookies, no requests, nothing but the data inside.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:"
)


@lru_cache(maxsize=8)
def page(file: str, digest: str) -> str:
    """The viewer's HTML with the mesh inside; raises Http404 for what is no mesh or too large."""
    import trimesh  # heavy, and needed by few pages
    from trimesh.viewer.notebook import scene_to_html

    if default_storage.size(file) > MAX_BYTES:
        raise Http404("This mesh is too large to show here; download it.")
    with default_storage.open(file) as opened:
        try:
            scene = trimesh.load_scene(opened, file_type=file.rsplit(".", 1)[-1])
        except Exception as error:  # a hostile or unknown file fails in any way it likes
            raise Http404("This mesh cannot be shown here; download it.") from error
    html: str = scene_to_html(scene)
    return html.replace("new THREE.Color(0xffffff)", "new THREE.Color(0xece9e4)")

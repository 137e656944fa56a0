"""Renders a mesh as a standalone page for a sandboxed frame: trimesh's viewer, with three.js."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MAX_PAGE_BYTES = 48 << 20
COMPRESSED = (
    "This 3D model is compressed with {}, which cannot be opened here. Download it to look at it."
)
UNSHOWN = "This 3D model cannot be shown here. Download it to look at it."
# Scripts run in an opaque origin: no cookies, no requests, only the data in the page.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:"
)

# Lets the surrounding page rotate several meshes together. The camera is exchanged as nine numbers
# (position relative to the target, up vector, target relative to the centre), in radii of the mesh;
# keys by name. A frame in an opaque origin can address its parent only by "*"; the messages contain
# nothing private.
CAMERA_SCRIPT = b"""<script>
(() => {
  const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-", "0",
    "Escape"];
  let sphere;
  const parts = () => [camera.position.clone().sub(controls.target), camera.up.clone(),
    controls.target.clone().sub(sphere.center)];
  const read = () => {
    const [from, up, aside] = parts();
    return [from.divideScalar(sphere.radius), up, aside.divideScalar(sphere.radius)]
      .flatMap((one) => one.toArray());
  };
  let last = "";
  const tell = () => {
    const now = read();
    const text = now.map((one) => one.toFixed(4)).join();
    if (text !== last) parent.postMessage({ camera: now }, "*");
    last = text;
  };
  const take = (values) => {
    if (!Array.isArray(values) || values.length !== 9 || !values.every(Number.isFinite)) return;
    const [from, up, aside] = [0, 3, 6].map((at) =>
      new THREE.Vector3().fromArray(values.slice(at, at + 3)));
    controls.target.copy(sphere.center).addScaledVector(aside, sphere.radius);
    camera.position.copy(controls.target).addScaledVector(from, sphere.radius);
    camera.up.copy(up);
    camera.lookAt(controls.target);
    last = read().map((one) => one.toFixed(4)).join();
    controls.update();
    render();
  };
  const begin = () => {
    if (!window.controls) return setTimeout(begin, 50);
    sphere = new THREE.Box3().setFromObject(scene).getBoundingSphere(new THREE.Sphere());
    sphere.radius ||= 1;
    controls.addEventListener("change", tell);
    addEventListener("message", ({ source, data }) => source === parent && take(data?.camera));
    addEventListener("keydown", (event) => {
      if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      parent.postMessage({ key: event.key }, "*");
    });
    tell();
  };
  if (parent !== window) begin();
})();
</script>
"""


def page_name(file: str) -> str:
    """Return the storage name of a stored mesh's page."""
    return f"{file.rpartition('.')[0]}.viewer.html"


def render(scene: Any, page: str) -> None:
    """Write the viewer's HTML for a trimesh scene to `page`; ValueError if it is too large."""
    from trimesh.viewer.notebook import scene_to_html  # heavy: only imported in the subprocess

    html = scene_to_html(scene)
    if len(html) > MAX_PAGE_BYTES:
        raise ValueError("the page is too large to be shown")
    white, paper = "new THREE.Color(0xffffff)", "new THREE.Color(0xece9e4)"
    Path(page).write_text(html.replace(white, paper), encoding="utf-8")

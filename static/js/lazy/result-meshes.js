/**
 * Rotates the meshes of a <result-viewer> together. Each is in a sandboxed frame of an opaque origin
 * (`runs/files/media/mesh_viewer.py`): only the camera's nine numbers and names of keys are sent.
 */

const KEYS = {
  ArrowLeft: ["turn", 1, 0],
  ArrowRight: ["turn", -1, 0],
  ArrowUp: ["turn", 0, 1],
  ArrowDown: ["turn", 0, -1],
  "+": ["zoom", 1 / 1.25],
  "=": ["zoom", 1 / 1.25],
  "-": ["zoom", 1.25],
  0: ["reset"],
};
const STEP = Math.PI / 18;

const cross = ([a, b, c], [x, y, z]) => [b * z - c * y, c * x - a * z, a * y - b * x];
const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
const unit = (a) => a.map((value) => value / (Math.hypot(...a) || 1));

/** Rotates a vector by an angle around a unit axis (Rodrigues' formula). */
function turned(vector, axis, angle) {
  const aside = cross(axis, vector);
  const along = dot(axis, vector) * (1 - Math.cos(angle));
  return vector.map(
    (value, at) => value * Math.cos(angle) + aside[at] * Math.sin(angle) + axis[at] * along,
  );
}

const isCamera = (values) =>
  Array.isArray(values) && values.length === 9 && values.every(Number.isFinite);

export function meshes(viewer, signal) {
  let camera;
  let first;
  const frames = () => [...viewer.stage.querySelectorAll("iframe")];
  const show = (values, except) => {
    camera = values;
    for (const frame of frames())
      if (frame.contentWindow !== except) frame.contentWindow.postMessage({ camera }, "*");
  };
  const announced = new WeakSet();
  /** Sends the common camera to a frame at its first message. */
  const hear = ({ source, data }) => {
    if (!frames().some((frame) => frame.contentWindow === source)) return;
    if (typeof data?.key === "string") act(data.key);
    if (!isCamera(data?.camera)) return;
    first ??= data.camera;
    if (!announced.has(source) && camera) source.postMessage({ camera }, "*");
    else show(data.camera, source);
    announced.add(source);
  };
  const act = (key) => {
    const [what, ...values] = KEYS[key] ?? [];
    if (!what || !camera) return false;
    if (what === "reset") show(first);
    else {
      const [from, up, aside] = [0, 3, 6].map((at) => camera.slice(at, at + 3));
      if (what === "zoom") show([...from.map((value) => value * values[0]), ...up, ...aside]);
      else show([...orbit(from, up, ...values), ...aside]);
    }
    return true;
  };
  addEventListener("message", hear, { signal });
  for (const link of viewer.stage.querySelectorAll("mesh-view > a")) link.click();
  return {
    press: ({ key, target }) => !target.closest?.("button, summary") && act(key),
  };
}

/** The camera's position and up vector, rotated around the target. */
function orbit(from, up, sideways, upwards) {
  const axis = unit(up);
  const right = unit(cross(axis, from));
  const turn = (vector) => turned(turned(vector, axis, -sideways * STEP), right, -upwards * STEP);
  return [...turn(from), ...turn(up)];
}

/* Paint a mask over a picture: white on black, of the picture's own size. */
import { dialog } from "./media-dialog.js";
import { Strokes } from "./media-strokes.js";

const LEAST = 2;

/** Opens the painter of `field` over its neighbour's picture; what is painted goes up as its file. */
export async function open(field) {
  const { shown: src, held } = field.picture;
  const shown = await dialog(new URL("tools/mask/", new URL(field.getAttribute("upload-url"), location.href)));
  const find = (name) => shown.querySelector(`[data-mask="${name}"]`);
  const picture = shown.querySelector("img");
  const canvas = shown.querySelector("canvas");
  picture.src = src;
  await picture.decode().catch(() => shown.close());
  if (!shown.open) throw new Error("The picture beside it cannot be shown, so there is nothing to paint on.");
  Object.assign(canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
  const strokes = new Strokes(canvas, getComputedStyle(canvas).color);
  const note = shown.querySelector(".mask-note");
  note.textContent = `${canvas.width} × ${canvas.height}`;
  if (field.shown && !(await strokes.load(field.shown))) note.textContent += " · the mask that was here cannot be read, so you begin anew";

  const size = find("size");
  const ring = shown.querySelector(".mask-ring");
  const place = { x: canvas.width / 2, y: canvas.height / 2 };
  /* The slider runs over squares, so that small sizes are as easy to set as large ones. */
  const width = () => Math.max(LEAST, (size.value / 100) ** 2 * Math.max(canvas.width, canvas.height) * 0.5);
  const scale = () => canvas.getBoundingClientRect().width / canvas.width;
  const isErasing = () => shown.querySelector("[name='mask-mode'][value='erase']").checked;
  const show = () => {
    find("undo").disabled = !strokes.canUndo;
    find("redo").disabled = !strokes.canRedo;
    shown.querySelector("output").textContent = `${Math.round(width())} px`;
    Object.assign(ring.style, { inlineSize: `${width() * scale()}px`, left: `${place.x * scale()}px`, top: `${place.y * scale()}px` });
  };
  const resize = (step) => {
    size.value = +size.value + step;
    show();
  };
  const leave = () => {
    shown.querySelector(".mask-ask").hidden = true;
    shown.close();
  };
  const ask = (isAsking) => {
    shown.querySelector(".mask-ask").hidden = !isAsking;
    shown.querySelector(".mask-end").hidden = isAsking;
    (isAsking ? find("stay") : canvas).focus();
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? 0.25 + event.pressure : 1;
    return { x: (event.clientX - box.left) / scale(), y: (event.clientY - box.top) / scale(), width: width() * pressure };
  };
  const acts = {
    undo: () => strokes.undo(),
    redo: () => strokes.redo(),
    invert: () => strokes.add({ kind: "invert" }),
    clear: () => strokes.add({ kind: "clear" }),
    stay: () => ask(false),
    discard: leave,
    done: async () => {
      const file = new File([await strokes.asPng()], `${(held?.name ?? "picture").replace(/\.\w+$/, "")}-mask.png`, { type: "image/png" });
      leave();
      field.upload(file);
      field.querySelector(".media-clear").focus();
    },
  };
  shown.addEventListener("click", ({ target }) => {
    acts[target.closest("[data-mask]")?.dataset.mask]?.();
    show();
  });
  shown.addEventListener("input", show);
  shown.addEventListener("cancel", (event) => {
    if (!strokes.canUndo) return;
    event.preventDefault();
    ask(true);
  });
  shown.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (key === "escape") {
      event.preventDefault(); // a second Esc would close a dialog whatever "cancel" says
      shown.dispatchEvent(new Event("cancel", { cancelable: true })) && shown.close();
    } else if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      event.preventDefault();
      acts[key === "y" || event.shiftKey ? "redo" : "undo"]();
    } else if (key === "[" || key === "]") resize(key === "[" ? -4 : 4);
    else if ((key === "b" || key === "e") && !event.ctrlKey && !event.metaKey) shown.querySelector(`[value='${key === "b" ? "paint" : "erase"}']`).checked = true;
    show();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = (event.shiftKey ? 4 : 1) * Math.max(1, width() / 4);
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (x !== undefined) {
      place.x = Math.min(canvas.width, Math.max(0, place.x + x * step));
      place.y = Math.min(canvas.height, Math.max(0, place.y + y * step));
    } else if (event.key === " ") {
      strokes.add({ kind: isErasing() ? "erase" : "paint", points: [{ ...place, width: width() }] });
    } else return;
    event.preventDefault();
    ring.hidden = false;
  });
  canvas.addEventListener("focus", () => (ring.hidden = !canvas.matches(":focus-visible")));
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    strokes.begin(isErasing() ? "erase" : "paint", point(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    Object.assign(place, point(event));
    ring.hidden = event.pointerType === "touch";
    if (strokes.isPainting) for (const one of event.getCoalescedEvents?.() ?? [event]) strokes.go(point(one));
    show();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (strokes.end(), show()));
  canvas.addEventListener("pointerleave", () => (ring.hidden = true));
  new ResizeObserver(show).observe(canvas);
  show();
  canvas.focus();
}

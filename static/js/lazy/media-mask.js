/* Paints a mask over a picture: white on black, in the picture's size. */
import { dialog } from "./dialog.js";
import { Strokes } from "./media-strokes.js";

const LEAST = 2;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const EVENTS = [
  "click",
  "input",
  "cancel",
  "keydown",
  "focusin",
  "pointerdown",
  "pointermove",
  "pointerup",
  "pointercancel",
  "pointerout",
];

/**
 * Opens the painter of `field` over the picture of another field and uploads the mask.
 */
export async function open(field) {
  const { shown: src, named } = field.picture;
  const shown = await dialog(
    new URL("tools/mask/", new URL(field.getAttribute("upload-url"), location.href)),
  );
  const picture = shown.querySelector("img");
  picture.src = src;
  await picture.decode().catch(() => shown.close());
  if (!shown.open)
    throw new Error("The picture beside it cannot be shown, so there is nothing to paint on.");
  const painter = new Painter(
    field,
    shown,
    `${named.replace(/\.\w+$/, "").replace(/^a file$/, "picture")}-mask.png`,
  );
  await painter.begin(picture);
}

class Painter {
  constructor(field, shown, name) {
    Object.assign(this, { field, shown, name });
    this.canvas = shown.querySelector("canvas");
    this.ring = shown.querySelector(".mask-ring");
    this.size = this.find("size");
  }
  async begin({ naturalWidth: width, naturalHeight: height }) {
    Object.assign(this.canvas, { width, height });
    this.strokes = new Strokes(this.canvas, getComputedStyle(this.canvas).color);
    this.place = { x: width / 2, y: height / 2 };
    const note = this.shown.querySelector(".mask-note");
    note.textContent = `${width} × ${height}`;
    if (this.field.shown && !(await this.strokes.load(this.field.shown)))
      note.textContent += " · the mask that was here cannot be read, so you begin anew";
    for (const name of EVENTS) this.shown.addEventListener(name, this);
    new ResizeObserver(() => this.show()).observe(this.canvas);
    this.show();
    this.canvas.focus();
  }
  handleEvent(event) {
    const isOnSheet = event.target === this.canvas;
    if (!event.type.startsWith("pointer") || isOnSheet) this[event.type](event, isOnSheet);
    this.show();
  }
  find(name) {
    return this.shown.querySelector(`[data-mask="${name}"]`);
  }
  /* The slider is quadratic, so that small brush sizes are as easy to set as large ones. */
  get width() {
    return Math.max(
      LEAST,
      (this.size.value / 100) ** 2 * Math.max(this.canvas.width, this.canvas.height) * 0.5,
    );
  }
  get scale() {
    return this.canvas.getBoundingClientRect().width / this.canvas.width;
  }
  get kind() {
    return this.shown.querySelector("[name='mask-mode']:checked").value;
  }
  show() {
    const { width, scale, place } = this;
    this.find("undo").disabled = !this.strokes.canUndo;
    this.find("redo").disabled = !this.strokes.canRedo;
    this.shown.querySelector("output").textContent = `${Math.round(width)} px`;
    Object.assign(this.ring.style, {
      inlineSize: `${width * scale}px`,
      left: `${place.x * scale}px`,
      top: `${place.y * scale}px`,
    });
  }
  click({ target }) {
    const act = target.closest("[data-mask]")?.dataset.mask;
    if (act === "undo" || act === "redo") this.strokes[act]();
    if (act === "invert" || act === "clear") this.strokes.add({ kind: act });
    if (act === "stay") this.ask(false);
    if (act === "discard") this.shown.close();
    if (act === "done") this.done();
  }
  input() {} // of the brush size, which `show` draws
  async done() {
    const file = new File([await this.strokes.asPng()], this.name, { type: "image/png" });
    this.shown.close();
    this.field.upload(file);
    this.field.querySelector(".media-clear").focus();
  }
  cancel(event) {
    if (!this.strokes.canUndo) return;
    event.preventDefault();
    this.ask(true);
  }
  ask(isAsking) {
    this.shown.querySelector(".mask-ask").hidden = !isAsking;
    this.shown.querySelector(".mask-end").hidden = isAsking;
    (isAsking ? this.find("stay") : this.canvas).focus();
  }
  keydown(event, isOnSheet) {
    const key = event.key.toLowerCase();
    const isCommand = event.ctrlKey || event.metaKey;
    if (key === "escape") this.escape();
    else if (isCommand && key === "z") this.strokes[event.shiftKey ? "redo" : "undo"]();
    else if (isCommand && key === "y") this.strokes.redo();
    else if (isCommand) return;
    else if (key === "[" || key === "]")
      this.size.value = +this.size.value + (key === "[" ? -4 : 4);
    else if (key === "b" || key === "e")
      this.shown.querySelector(`[value='${key === "b" ? "paint" : "erase"}']`).checked = true;
    else if (isOnSheet && ARROWS[event.key]) this.move(ARROWS[event.key], event.shiftKey ? 4 : 1);
    else if (isOnSheet && key === " ")
      this.strokes.add({ kind: this.kind, points: [{ ...this.place, width: this.width }] });
    else return;
    event.preventDefault(); // also Esc: a second one would close without a cancel event
  }
  escape() {
    if (this.shown.dispatchEvent(new Event("cancel", { cancelable: true }))) this.shown.close();
  }
  move([across, down], pace) {
    const step = pace * Math.max(1, this.width / 4);
    this.place.x = Math.min(this.canvas.width, Math.max(0, this.place.x + across * step));
    this.place.y = Math.min(this.canvas.height, Math.max(0, this.place.y + down * step));
    this.ring.hidden = false;
  }
  focusin({ target }) {
    this.ring.hidden = target !== this.canvas || !this.canvas.matches(":focus-visible");
  }
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? 0.25 + event.pressure : 1;
    return {
      x: (event.clientX - box.left) / this.scale,
      y: (event.clientY - box.top) / this.scale,
      width: this.width * pressure,
    };
  }
  pointerdown(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    this.strokes.begin(this.kind, this.point(event));
  }
  pointermove(event) {
    const { x, y } = this.point(event);
    this.place = { x, y };
    this.ring.hidden = event.pointerType === "touch";
    if (!this.strokes.isPainting) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const move of all.length ? all : [event]) this.strokes.go(this.point(move));
  }
  pointerup() {
    this.strokes.end();
  }
  pointercancel() {
    this.strokes.end();
  }
  pointerout() {
    this.ring.hidden = true;
  }
}

/*
 * Zooms and moves the picture of the viewer by wheel, two fingers, double click and keys. The
 * smallest size fits the window; then a swipe shows the next result.
 */
const MOST = 16; // screen pixels per picture pixel
const KEY_MOVE_PX = 80;

export class Zoom {
  /** `media` is the box around the picture; `tell` is called with the scale of its true size. */
  constructor(media, picture, { tell, signal }) {
    Object.assign(this, { media, picture, tell });
    this.scale = 1; // of the fitted size
    this.at = [0, 0]; // offset of the picture's middle from the box's, in pixels
    this.pointers = new Map();
    const options = { signal };
    media.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    media.addEventListener("dblclick", (event) => this.toggle(event), options);
    media.addEventListener("pointerdown", (event) => this.down(event), options);
    media.addEventListener("pointermove", (event) => this.follow(event), options);
    for (const name of ["pointerup", "pointercancel"])
      media.addEventListener(name, ({ pointerId }) => this.pointers.delete(pointerId), options);
    for (const name of ["load", "loadedmetadata"])
      picture.addEventListener(name, () => this.draw(), options);
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(media);
    signal.addEventListener("abort", () => resized.disconnect());
    this.draw();
  }
  /** The picture's own size; that of its box while it is unknown. */
  get size() {
    const { naturalWidth, naturalHeight, videoWidth, videoHeight } = this.picture;
    const width = Number(this.picture.getAttribute("width"));
    const height = Number(this.picture.getAttribute("height"));
    const box = this.media.getBoundingClientRect();
    return [
      naturalWidth || videoWidth || width || box.width,
      naturalHeight || videoHeight || height || box.height,
    ];
  }
  /** Screen pixels per picture pixel when the picture fits. */
  get fitted() {
    const box = this.media.getBoundingClientRect();
    const [width, height] = this.size;
    return Math.min(box.width / width, box.height / height) || 1;
  }
  /** Whether fingers move the picture instead of swiping to the next one. */
  get isHeld() {
    return this.isZoomed || this.wasPinched;
  }
  get isZoomed() {
    return this.scale > 1.001;
  }
  fit() {
    this.scale = 1;
    this.at = [0, 0];
    this.draw();
  }
  /** Shows the picture in its true size: one screen pixel per picture pixel, never enlarged. */
  showPixels(around) {
    this.zoomTo(1 / this.fitted, around);
  }
  zoomBy(factor, around) {
    this.zoomTo(this.scale * factor, around);
  }
  /** Zooms so that the point under `around`, an event, stays where it is. */
  zoomTo(scale, around) {
    const least = Math.min(1, 1 / this.fitted);
    const next = Math.min(Math.max(scale, least), Math.max(MOST / this.fitted, 1));
    const box = this.media.getBoundingClientRect();
    const point = around
      ? [around.clientX - box.left - box.width / 2, around.clientY - box.top - box.height / 2]
      : [0, 0];
    this.at = this.at.map((at, axis) => point[axis] - ((point[axis] - at) * next) / this.scale);
    this.scale = next;
    this.draw();
  }
  /** Moves by pixels, no further than the picture's edges. */
  move(x, y) {
    this.at = [this.at[0] + x, this.at[1] + y];
    this.draw();
  }
  draw() {
    const box = this.media.getBoundingClientRect();
    const share = this.fitted * this.scale;
    const room = this.size.map((length, axis) =>
      Math.max(0, (length * share - [box.width, box.height][axis]) / 2),
    );
    this.at = this.at.map((at, axis) => Math.min(room[axis], Math.max(-room[axis], at)));
    const { style } = this.media;
    style.setProperty("--scale", this.scale);
    style.setProperty("--x", `${this.at[0]}px`);
    style.setProperty("--y", `${this.at[1]}px`);
    this.media.toggleAttribute("data-zoomed", this.isZoomed);
    this.media.toggleAttribute("data-sharp", share >= 3);
    this.tell(share);
  }
  toggle(event) {
    if (event.target.closest("button, a")) return;
    if (Math.abs(this.scale - 1) > 0.001) this.fit();
    else this.showPixels(event);
  }
  wheel(event) {
    event.preventDefault();
    const step = event.ctrlKey ? 0.01 : 0.002; // a pinch on a touchpad sends small steps
    this.zoomBy(Math.exp(-event.deltaY * step), event);
  }
  down(event) {
    if (event.button || event.target.closest("button, a, input")) return;
    this.pointers.set(event.pointerId, event);
    this.wasPinched = this.pointers.size > 1;
    if (this.isZoomed) event.preventDefault();
  }
  follow(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.pointers.values()].find(
      ({ pointerId }) => pointerId !== event.pointerId,
    );
    if (other) {
      const gap = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      this.wasPinched = true;
      if (gap(before))
        this.zoomBy(gap(event) / gap(before), {
          clientX: (event.clientX + other.clientX) / 2,
          clientY: (event.clientY + other.clientY) / 2,
        });
    } else if (this.isZoomed)
      this.move(event.clientX - before.clientX, event.clientY - before.clientY);
    this.pointers.set(event.pointerId, event);
  }
  /** Handles a key; returns whether it zooms or moves. */
  press({ key, shiftKey }) {
    const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (shiftKey && moves[key]) this.move(...moves[key].map((step) => step * KEY_MOVE_PX));
    else if (key === "+" || key === "=") this.zoomBy(1.5);
    else if (key === "-") this.zoomBy(1 / 1.5);
    else if (key === "0") this.fit();
    else if (key === "1") this.showPixels();
    else return false;
    return true;
  }
}

/**
 * <review-stage>: one item of a review. A click on the picture sets a pin, and dragging draws a
 * region; arrows move it, and with Shift they change its size. The slider of a new version shows it
 * over the earlier one. The comment takes the time of a player; a click on a comment's time jumps to it. A span of a sound is
 * chosen on its waveform. A swipe or an arrow key shows the next item.
 */
import { onSwipe } from "./swipe.js";
const SVG = "http://www.w3.org/2000/svg";
const STEP = 1; // per cent that an arrow moves the pin by
const LEAST_PX = 8; // of a region; less is a point
const PLACE = ["x", "y", "width", "height"];

export const timeText = (seconds) => {
  const tenths = Math.round(seconds * 10);
  const rest = tenths % 600;
  const two = String(Math.floor(rest / 10)).padStart(2, "0");
  return `${Math.floor(tenths / 600)}:${two}${rest % 10 ? `.${rest % 10}` : ""}`;
};

class ReviewStage extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    this.addEventListener("click", this);
    this.addEventListener("keydown", this);
    this.addEventListener("pointerdown", this);
    this.addEventListener("input", this);
    this.addEventListener("dragstart", this);
    document.addEventListener("keydown", (event) => this.step(event), { signal });
    this.swiped(signal);
    document.addEventListener("review:said", () => this.forget(), { signal });
    this.point();
    if (this.player?.localName === "audio") this.listen(signal);
  }
  disconnectedCallback() {
    this.leaving.abort();
  }
  get canvas() {
    return this.querySelector("[data-pins]");
  }
  get player() {
    return this.querySelector("video, audio");
  }
  get form() {
    return this.querySelector("#say");
  }
  field(name) {
    return this.form?.elements.namedItem(name);
  }
  handleEvent(event) {
    const { type, target } = event;
    if (type === "keydown") return this.move(event);
    // Firefox would drag the picture itself, and end the drawing of a region.
    if (type === "dragstart") return this.canvas?.contains(target) && event.preventDefault();
    if (type === "pointerdown") {
      const wave = target.closest("canvas");
      return wave ? this.span(event, wave) : this.region(event);
    }
    if (type === "input") {
      const pictures = target.matches("[data-cut]") && target.previousElementSibling;
      return pictures && pictures.style.setProperty("--cut", `${target.value}%`);
    }
    const isOnPicture = this.canvas?.contains(target);
    // A region may begin and end on a pin: that follows no link.
    if (isOnPicture && this.hasDragged) return this.setPin(event);
    const seek = target.closest("[data-seek]");
    if (seek && this.player) {
      if (seek.closest("svg")) document.querySelector(seek.getAttribute("href"))?.scrollIntoView();
      event.preventDefault();
      return this.seek(Number(seek.dataset.seek) / 1000);
    }
    if (target.closest("[data-take-time]")) return this.takeTime();
    const pin = target.closest("[data-pin]");
    if (pin) return this.togglePin(pin);
    if (isOnPicture && !target.closest("[href]") && this.canPoint) this.setPin(event);
    return undefined;
  }
  seek(second) {
    this.player.pause();
    this.player.currentTime = second;
  }
  takeTime() {
    if (!this.player) return;
    this.player.pause();
    this.field("at").value = timeText(this.player.currentTime);
    this.field("comment").focus();
  }
  /* The pin */
  get isPointing() {
    return this.canvas?.dataset.pointing !== undefined;
  }
  get canPoint() {
    return this.isPointing || this.player?.localName !== "video";
  }
  togglePin(button) {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", isOn);
    this.canvas.toggleAttribute("data-pointing", isOn);
    if (!isOn) return this.forget();
    this.player?.pause();
    if (!this.field("x").value) this.put(50, 50);
    this.draft.focus();
    return undefined;
  }
  setPin(event) {
    if (!this.field("x")) return;
    event.preventDefault();
    if (this.hasDragged) this.hasDragged = false;
    else this.put(...this.within(event));
    this.write();
  }
  /** Goes to the words, once there is a place for them. */
  write() {
    if (this.player && !this.field("at").value) this.takeTime();
    this.field("comment").focus({ preventScroll: true });
    this.form.scrollIntoView({ block: "nearest" });
  }
  /** Where a pointer is on the picture, in per cent. */
  within({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const cut = (value) => Math.min(100, Math.max(0, value));
    return [cut(((clientX - left) / width) * 100), cut(((clientY - top) / height) * 100)];
  }
  /**
   * Draws a region by dragging, which may begin on a pin; a finger does after “Mark a place”, as it
   * swipes otherwise.
   */
  region(begin) {
    const { target, pointerType, button } = begin;
    const isOn = this.canvas?.contains(target) && this.canPoint;
    this.hasDragged = false;
    if (!isOn || button || !this.field("width") || !(this.isPointing || pointerType === "mouse"))
      return;
    const from = this.within(begin);
    const done = new AbortController();
    const options = { signal: AbortSignal.any([done.signal, this.leaving.signal]) };
    const draw = (event) => {
      const far = Math.hypot(event.clientX - begin.clientX, event.clientY - begin.clientY);
      if (far < LEAST_PX && !this.hasDragged) return;
      this.hasDragged = true;
      const to = this.within(event);
      const sizes = to.map((end, axis) => Math.abs(end - from[axis]));
      this.put(Math.min(from[0], to[0]), Math.min(from[1], to[1]), ...sizes);
    };
    addEventListener("pointermove", draw, options);
    const end = () => {
      done.abort();
      if (this.hasDragged) this.write(); // after a finger's drag comes no click
    };
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, end, options);
  }
  put(x, y, width = 0, height = 0) {
    const within = (value, most) => Math.round(Math.min(most, Math.max(0, value)) * 10) / 10;
    const corner = [within(x, 100 - width), within(y, 100 - height)];
    const extent = [within(width, 100 - corner[0]), within(height, 100 - corner[1])];
    for (const [at, value] of [...corner, ...extent].entries())
      this.field(PLACE[at]).value = at > 1 && !value ? "" : value;
    this.querySelector("[data-pin]")?.setAttribute("aria-pressed", "true");
    this.point();
  }
  /** Draws the pin at the position in the fields. */
  point() {
    const x = this.field("x")?.value;
    const pins = this.querySelector("#pins");
    if (!pins) return;
    if (!x) return this.draft?.remove();
    if (!this.draft) {
      const draft = document.createElementNS(SVG, "a");
      draft.setAttribute("data-draft", "");
      draft.setAttribute("tabindex", "0");
      draft.setAttribute("role", "button");
      const keys = "arrows move it, Shift and arrows change its size, Escape takes it away";
      draft.setAttribute("aria-label", `New place: ${keys}`);
      for (const shape of ["rect", "circle"]) draft.append(document.createElementNS(SVG, shape));
      pins.append(draft);
    }
    const [rect, circle] = this.draft.children;
    for (const name of PLACE) rect.setAttribute(name, `${this.field(name)?.value || 0}%`);
    circle.setAttribute("cx", `${x}%`);
    circle.setAttribute("cy", `${this.field("y").value}%`);
    circle.setAttribute("r", "13");
    return undefined;
  }
  get draft() {
    return this.querySelector("[data-draft]");
  }
  move(event) {
    if (event.target.closest("[data-take-time], textarea, input")) return;
    if (!event.target.closest("[data-draft]")) return;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = by[event.key];
    if (event.key === "Enter") this.field("comment").focus();
    else if (event.key === "Escape") this.forget();
    else if (step) {
      const place = PLACE.map((name) => Number(this.field(name).value));
      const first = event.shiftKey ? 2 : 0; // the size, or the corner
      for (const axis of [0, 1]) place[first + axis] += step[axis] * STEP * (first ? 2 : 1);
      if (first && !(place[2] && place[3])) for (const axis of [2, 3]) place[axis] ||= 2 * STEP;
      this.put(...place);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
  forget() {
    for (const name of PLACE) if (this.field(name)) this.field(name).value = "";
    this.querySelector("[data-pin]")?.setAttribute("aria-pressed", "false");
    this.canvas?.removeAttribute("data-pointing");
    this.draft?.remove();
  }
  /* The next item */
  step({ key, target, altKey, ctrlKey, metaKey }) {
    if (altKey || ctrlKey || metaKey) return;
    if (target.closest?.("textarea, input, select, video, audio, [data-draft], dialog")) return;
    this.show(key);
  }
  show(key) {
    document.querySelector(`.review-steps [data-key="${key}"]`)?.click();
  }
  swiped(signal) {
    const may = ({ target }) =>
      target.closest(".review-media") && !target.closest("audio") && !this.isPointing;
    onSwipe(this, (by) => this.show(by > 0 ? "ArrowRight" : "ArrowLeft"), { may, signal });
  }
  /* A sound */
  async listen(signal) {
    const wave = this.querySelector("canvas");
    const { samplesOf, peaksOf, drawWave } = await import("./waveform.js");
    let peaks;
    try {
      peaks = peaksOf(await samplesOf(this.player), 240);
    } catch {
      return; // without a waveform, the player and the fields for times remain
    }
    wave.hidden = false;
    const draw = () => {
      const { currentTime, duration } = this.player;
      drawWave(wave, peaks, duration ? currentTime / duration : 0);
      this.drawMarks(wave, duration);
    };
    for (const name of ["timeupdate", "seeked", "loadedmetadata"])
      this.player.addEventListener(name, draw, { signal });
    document.addEventListener("review:said", draw, { signal });
    this.drawWave = draw;
    draw();
  }
  /** Draws the chosen span and the positions of comments. */
  drawMarks(wave, duration) {
    const pen = wave.getContext("2d");
    const toX = (seconds) => (seconds / (duration || 1)) * wave.width;
    pen.globalAlpha = 0.9;
    for (const mark of this.querySelectorAll(".review-threads [data-seek]"))
      pen.fillRect(toX(Number(mark.dataset.seek) / 1000) - 2, 0, 4, wave.height);
    if (!this.chosen) return;
    pen.globalAlpha = 0.25;
    const [begin, end] = this.chosen;
    pen.fillRect(toX(begin), 0, Math.max(4, toX(end) - toX(begin)), wave.height);
  }
  span(event, wave) {
    if (!wave) return undefined;
    const { left, width } = wave.getBoundingClientRect();
    const at = ({ clientX }) =>
      Math.min(1, Math.max(0, (clientX - left) / width)) * this.player.duration;
    const begin = at(event);
    const choose = (moved) => {
      this.chosen = [begin, at(moved)].sort((one, other) => one - other);
      this.field("at").value = timeText(this.chosen[0]);
      const isLong = this.chosen[1] - this.chosen[0] > 0.1;
      this.field("to").value = isLong ? timeText(this.chosen[1]) : "";
      this.drawWave();
    };
    if (!this.form) return this.seek(begin);
    choose(event);
    this.seek(begin);
    wave.setPointerCapture(event.pointerId);
    wave.addEventListener("pointermove", choose);
    const stop = () => wave.removeEventListener("pointermove", choose);
    wave.addEventListener("pointerup", stop, { once: true });
    wave.addEventListener("pointercancel", stop, { once: true });
    return undefined;
  }
}
customElements.define("review-stage", ReviewStage);

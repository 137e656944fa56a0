/**
 * <review-stage>: one item of a review. A click on the picture sets a pin, which arrows move. The
 * comment takes the time of a player; a click on a comment's time jumps to it. A span of a sound is
 * chosen on its waveform. A swipe or an arrow key shows the next item.
 */
import { onSwipe } from "./swipe.js";
const SVG = "http://www.w3.org/2000/svg";
const STEP = 1; // per cent that an arrow moves the pin by

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
    if (type === "pointerdown") return this.span(event, target.closest("canvas"));
    const seek = target.closest("[data-seek]");
    if (seek && this.player) {
      if (seek.closest("svg")) document.querySelector(seek.getAttribute("href"))?.scrollIntoView();
      event.preventDefault();
      return this.seek(Number(seek.dataset.seek) / 1000);
    }
    if (target.closest("[data-take-time]")) return this.takeTime();
    const pin = target.closest("[data-pin]");
    if (pin) return this.togglePin(pin);
    const canPoint = this.isPointing || this.player?.localName !== "video";
    if (this.canvas?.contains(target) && !target.closest("a") && canPoint) this.setPin(event);
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
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    event.preventDefault();
    this.put(((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100);
    if (this.player && !this.field("at").value) this.takeTime();
    this.field("comment").focus({ preventScroll: true });
    this.form.scrollIntoView({ block: "nearest" });
  }
  put(x, y) {
    const within = (value) => String(Math.round(Math.min(100, Math.max(0, value)) * 10) / 10);
    this.field("x").value = within(x);
    this.field("y").value = within(y);
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
      draft.setAttribute("aria-label", "New pin: arrows move it, Escape takes it away");
      draft.append(document.createElementNS(SVG, "circle"));
      pins.append(draft);
    }
    const circle = this.draft.firstElementChild;
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
      const far = event.shiftKey ? 10 * STEP : STEP;
      const at = ["x", "y"].map((name) => Number(this.field(name).value));
      this.put(at[0] + step[0] * far, at[1] + step[1] * far);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
  forget() {
    for (const name of ["x", "y"]) if (this.field(name)) this.field(name).value = "";
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
    const may = ({ target }) => target.closest(".review-media") && !target.closest("audio");
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

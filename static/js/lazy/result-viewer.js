/**
 * <result-viewer data-kind="image|video|audio|mesh">: shows results side by side, with a slider,
 * alternating, or as their difference; zooms and moves them together. Videos play together, sounds
 * in turn (`result-players.js`), and meshes rotate together (`result-meshes.js`).
 */
import { players } from "./result-players.js";

const BLINK_MS = 700;
const MOST_ZOOM = 16;
const MODES = { s: "side", r: "slider", b: "blink", d: "difference" };
const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class ResultViewer extends HTMLElement {
  connectedCallback() {
    this.tools = this.querySelector(".look-tools");
    this.stage = this.querySelector(".look-stage");
    this.panes = [...this.querySelectorAll(".look-pane")];
    this.zoom = 1;
    this.at = [0, 0];
    this.leave = new AbortController();
    const { signal } = this.leave;
    this.pictures = this.panes.map((pane) => pane.querySelector(":scope > :is(img, video)"));
    if (this.isFlat) {
      for (const type of ["load", "loadedmetadata"])
        this.stage.addEventListener(type, () => this.level(), { signal, capture: true });
      this.sizes = new ResizeObserver(() => this.level());
      this.sizes.observe(this.stage);
    }
    this.player = players[this.dataset.kind]?.(this, signal);
    if (!this.dataset.kind) return;
    this.tools.hidden = false;
    addEventListener("keydown", (event) => this.press(event), { signal });
    if (!this.isFlat) return;
    this.tools.addEventListener("change", () => this.show());
    this.tools.addEventListener("input", () => this.cut());
    this.tools.addEventListener("click", ({ target }) => {
      const step = target.closest("[data-zoom]")?.dataset.zoom;
      if (step) this.scale(step === "in" ? 1.5 : 1 / 1.5, step === "reset");
    });
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
    this.show();
  }
  disconnectedCallback() {
    clearInterval(this.blinking);
    this.sizes?.disconnect();
    this.leave.abort();
  }
  /** Whether its files can be shown on top of each other. */
  get isFlat() {
    return ["image", "video"].includes(this.dataset.kind);
  }
  get mode() {
    // Two viewers on one page share the name, and only one of them has the checked button.
    const checked = this.tools.querySelector("[name='mode']:checked");
    return checked?.value ?? this.stage.dataset.mode;
  }
  /** Makes pictures of different formats equally large in area, as the wider one looks better. */
  level() {
    const ratios = this.pictures.map((picture) =>
      picture?.videoWidth
        ? picture.videoWidth / picture.videoHeight
        : picture?.naturalWidth / picture?.naturalHeight,
    );
    if (ratios.length < 2 || !ratios.every((ratio) => ratio > 0)) return;
    const areas = ratios.map((ratio, place) => {
      const { offsetWidth, offsetHeight } = this.pictures[place];
      return Math.min(offsetWidth, offsetHeight * ratio) ** 2 / ratio;
    });
    const isLevelled = Math.max(...ratios) > 1.02 * Math.min(...ratios);
    for (const [place, picture] of this.pictures.entries()) {
      const fit = isLevelled ? Math.sqrt(Math.min(...areas) / areas[place]) : 1;
      picture.style.setProperty("--fit", fit);
    }
    this.querySelector(".look-equal")?.toggleAttribute("hidden", !isLevelled);
  }
  /** Draws the chosen mode. */
  show() {
    clearInterval(this.blinking);
    const mode = (this.stage.dataset.mode = this.mode);
    const other = Number(this.tools.querySelector("[name='other']")?.value ?? 1);
    const slide = this.tools.querySelector(".look-slide");
    slide.hidden = mode !== "slider";
    for (const [place, pane] of this.panes.entries()) {
      delete pane.dataset.on;
      if (place === 0) pane.dataset.on = "first";
      if (place === other && mode !== "blink") pane.dataset.on = "second";
    }
    if (mode === "blink") this.blink();
    this.cut();
  }
  blink() {
    let shown = 0;
    this.blinking = setInterval(() => {
      shown = (shown + 1) % this.panes.length;
      for (const [place, pane] of this.panes.entries())
        if (place === shown) pane.dataset.on = "first";
        else delete pane.dataset.on;
    }, BLINK_MS);
  }
  cut() {
    const { value } = this.tools.querySelector("[name='cut']");
    this.stage.style.setProperty("--cut", `${value}%`);
  }
  scale(factor, isReset = false) {
    this.zoom = isReset ? 1 : Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    this.move(0, 0);
  }
  /** Moves all panes by a fraction of their size, no further than their edges. */
  move(x, y) {
    const most = ((this.zoom - 1) / 2) * 100;
    this.at = [this.at[0] + x, this.at[1] + y].map((part) => Math.min(most, Math.max(-most, part)));
    this.stage.style.setProperty("--zoom", this.zoom);
    this.stage.style.setProperty("--x", `${this.at[0]}%`);
    this.stage.style.setProperty("--y", `${this.at[1]}%`);
    this.stage.toggleAttribute("data-zoomed", this.zoom > 1);
    this.stage.toggleAttribute("data-sharp", this.zoom >= 4);
    this.tools.querySelector("output").value = `${Math.round(this.zoom * 100)} %`;
  }
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && this.zoom === 1) return; // the page scrolls
    event.preventDefault();
    this.scale(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }
  drag(start) {
    const isSlider = this.mode === "slider" && this.zoom === 1;
    if (start.button || (this.zoom === 1 && !isSlider)) return;
    const box = (isSlider ? this.stage : this.panes[0]).getBoundingClientRect();
    let last = start;
    const follow = (event) => {
      if (isSlider) this.slide(((event.clientX - box.left) / box.width) * 100);
      else
        this.move(
          ((event.clientX - last.clientX) / box.width) * 100,
          ((event.clientY - last.clientY) / box.height) * 100,
        );
      last = event;
    };
    const done = new AbortController();
    const options = { signal: done.signal };
    addEventListener("pointermove", follow, options);
    for (const name of ["pointerup", "pointercancel"])
      addEventListener(name, () => done.abort(), options);
    follow(start);
  }
  slide(value) {
    this.tools.querySelector("[name='cut']").value = value;
    this.cut();
  }
  press(event) {
    const isElsewhere = event.target.closest?.("input:not([type='radio']), textarea, select, a");
    const isOthers = "part" in this.dataset && !this.contains(event.target);
    if (isElsewhere || isOthers || event.metaKey || event.ctrlKey || event.altKey) return;
    if (this.player?.press(event)) return event.preventDefault();
    if (!this.isFlat) return;
    const key = event.key.toLowerCase();
    if (MODES[key]) {
      this.tools.querySelector(`[value='${MODES[key]}']`).checked = true;
      this.show();
    } else if (key === "+" || key === "=") this.scale(1.5);
    else if (key === "-") this.scale(1 / 1.5);
    else if (key === "0") this.scale(1, true);
    else if (MOVES[event.key] && !event.target.matches?.("[type='radio']")) {
      const [x, y] = MOVES[event.key];
      if (this.zoom > 1) this.move(8 * x, 8 * y);
      else if (this.mode === "slider" && x)
        this.slide(Number(this.tools.querySelector("[name='cut']").value) - 4 * x);
      else return;
    } else return;
    event.preventDefault();
  }
}
customElements.define("result-viewer", ResultViewer);

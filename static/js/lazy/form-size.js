/**
 * <size-pair>: width and height: swap, lock the ratio, snap to the model's step.
 */
class SizePair extends HTMLElement {
  connectedCallback() {
    for (const name of ["input", "change", "click"]) this.addEventListener(name, this);
    this.boxes = [...this.querySelectorAll("input[type='number']")];
    this.tell();
  }
  handleEvent(event) {
    const what = event.target.closest("[data-pair]")?.dataset.pair;
    const at = this.boxes.indexOf(
      event.target.closest(".slider")?.querySelector("[name]") ?? event.target,
    );
    if (what === "swap") this.swap();
    else if (what === "lock") this.lock(event.target.closest("button"));
    else if (event.type === "change" && at >= 0) this.snap(at);
    if (event.type === "input" && at >= 0 && this.ratio && !this.isBusy) this.follow(at);
    this.tell();
  }
  swap() {
    const [width, height] = this.boxes.map((box) => box.value);
    if (this.ratio) this.ratio = 1 / this.ratio;
    this.put(this.boxes[0], height);
    this.put(this.boxes[1], width);
  }
  lock(button) {
    const [width, height] = this.sides();
    this.ratio = this.ratio || !(width > 0 && height > 0) ? 0 : width / height;
    button.setAttribute("aria-pressed", !!this.ratio);
  }
  /** Adjusts the other side to the locked ratio. */
  follow(at) {
    const side = +this.boxes[at].value;
    const other = this.boxes[1 - at];
    if (side > 0) this.put(other, this.near(other, at ? side * this.ratio : side / this.ratio));
  }
  snap(at) {
    const box = this.boxes[at];
    if (!(+box.value > 0)) return;
    this.put(box, this.near(box, +box.value));
    if (this.ratio) this.follow(at);
  }
  /** The nearest value that the box's step and limits allow. */
  near(box, side) {
    const step = Math.max(1, +box.step || 1);
    const [low, high] = [box.min, box.max].map((edge) => (edge === "" ? NaN : +edge));
    let near = Math.round(side / step) * step;
    if (near < low) near = step > 1 ? Math.ceil(low / step) * step : low;
    if (near > high) near = step > 1 ? Math.floor(high / step) * step : high;
    return String(Math.max(near, step));
  }
  put(box, text) {
    if (box.value === text) return;
    this.isBusy = true;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    this.isBusy = false;
  }
  sides() {
    return this.boxes.map((box) => +(box.value || box.closest(".field").dataset.default || 0));
  }
  tell() {
    const [width, height] = this.sides();
    const [divisor, pixels] = [gcd(width, height), width * height];
    const ratio =
      divisor && Math.max(width, height) / divisor <= 32
        ? `${width / divisor}:${height / divisor}`
        : (width / height).toFixed(2);
    this.querySelector("output").textContent =
      pixels > 0 ? `${ratio} · ${(pixels / 1e6).toFixed(pixels < 1e6 ? 2 : 1)} MP` : "";
  }
}
const gcd = (a, b) => (b ? gcd(b, a % b) : a);
customElements.define("size-pair", SizePair);

/**
 * <color-pick>: synchronizes a colour swatch with the posted text or the three posted numbers (r,
 * g, b).
 */
const SIDES = ["r", "g", "b"];
class ColorPick extends HTMLElement {
  connectedCallback() {
    this.swatch = this.querySelector("input[type='color']");
    this.boxes = SIDES.map((side) => this.querySelector(`[name$=".${side}"]`)).filter(Boolean);
    this.text = this.boxes.length ? null : this.querySelector("[name]");
    this.addEventListener("input", this);
    this.follow();
  }
  handleEvent(event) {
    if (event.target !== this.swatch) return this.follow();
    event.stopPropagation(); // the controls it sets fire their own events
    const color = this.swatch.value;
    if (this.text) return put(this.text, color);
    this.boxes.forEach((box, at) =>
      put(box, String(parseInt(color.slice(1 + at * 2, 3 + at * 2), 16))),
    );
  }
  follow() {
    const hex = (box) =>
      Math.min(255, Math.max(0, Math.round(+box.value || 0)))
        .toString(16)
        .padStart(2, "0");
    const color = this.text ? this.text.value.trim() : `#${this.boxes.map(hex).join("")}`;
    const isKnown = /^#[0-9a-f]{6}$/i.test(color);
    if (isKnown) this.swatch.value = color;
    this.swatch.toggleAttribute("data-idle", !isKnown);
  }
}
function put(box, text) {
  box.value = text;
  for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, { bubbles: true }));
}
customElements.define("color-pick", ColorPick);

/**
 * <form-fields shows="https://*.host …">: the form as a whole. Ctrl/⌘+Enter runs it from anywhere, a changed
 * field can be put back, problems get the focus, and a file dropped beside a field never leaves the page.
 */
class FormFields extends HTMLElement {
  connectedCallback() {
    for (const name of ["input", "click"]) this.addEventListener(name, this);
    this.stop = new AbortController();
    for (const name of ["keydown", "dragover", "drop"]) document.addEventListener(name, this, { signal: this.stop.signal });
    this.querySelector("#form-problems")?.focus();
  }
  disconnectedCallback() {
    this.stop.abort();
  }
  handleEvent(event) {
    this[event.type](event);
  }
  keydown(event) {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || event.repeat || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.closest("form").requestSubmit(this.querySelector("[name='~do'][value='run']"));
  }
  dragover(event) {
    if (event.dataTransfer?.types.includes("Files") && !event.defaultPrevented) event.preventDefault();
  }
  drop(event) {
    this.dragover(event);
  }
  input(event) {
    const field = event.target.closest(".field");
    const known = field?.dataset.default;
    const isChanged = known === undefined || value(event.target) !== known;
    field?.querySelector(":scope > .field-head .reset")?.toggleAttribute("hidden", !isChanged);
    for (let around = field; around; around = around.parentElement.closest(".field")) {
      around.toggleAttribute("data-changed", isChanged || (around !== field && !!around.querySelector("[data-changed]")));
    }
    const count = this.querySelectorAll(".more > .fields > [data-changed]").length;
    const output = this.querySelector("[data-changed-count]");
    if (output) output.textContent = count ? `${count} changed` : "";
  }
  click(event) {
    const swap = event.target.closest("[data-swap]");
    const reset = event.target.closest(".reset");
    if (swap) {
      const [width, height] = ["width", "height"].map((side) => swap.parentElement.querySelector(`[name$=".${side}"]`));
      const before = width.value;
      put(width, height.value);
      put(height, before);
    } else if (reset) {
      const field = reset.closest(".field");
      const control = field.querySelector("[name]:not([type='hidden'])");
      for (const mark of field.querySelectorAll(`[name^="${control.name}~"]`)) if (mark.type === "hidden") mark.remove();
      put(control, field.dataset.default);
      control.focus();
    }
  }
}
const value = (control) => (control.type === "checkbox" ? String(control.checked) : control.value);
function put(control, text) {
  if (control.type === "checkbox") control.checked = text === "true";
  else control.value = text;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}
customElements.define("form-fields", FormFields);

/** <number-slider>: a nameless slider and the number box that is posted, as one. */
class NumberSlider extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
  }
  handleEvent(event) {
    const [slider, box] = this.querySelectorAll("input");
    if (event.target === slider) put(box, slider.value);
    else if (box.value) slider.value = box.value;
    else slider.value = this.closest(".field").dataset.default ?? slider.value;
  }
}
customElements.define("number-slider", NumberSlider);

/** <long-text data-max>: a text that grows where the browser's own growing is missing, and counts its letters. */
class LongText extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
    if (this.dataset.max && !this.count) {
      this.count = document.createElement("span");
      this.count.className = "count";
      this.append(this.count);
    }
    this.handleEvent();
  }
  handleEvent() {
    const text = this.querySelector("textarea");
    if (this.count) {
      const length = [...text.value].length;
      this.count.textContent = `${length} / ${this.dataset.max}`;
      this.count.toggleAttribute("data-over", length > this.dataset.max);
    }
    if (!CSS.supports("field-sizing", "content") && text.scrollHeight > text.clientHeight) text.style.blockSize = `${text.scrollHeight + 2}px`;
  }
}
customElements.define("long-text", LongText);

/** <seed-field data-min data-max>: the dice throws a number; the lock says that one is kept, and lets go of it. */
class SeedField extends HTMLElement {
  connectedCallback() {
    for (const name of ["input", "click"]) this.addEventListener(name, this);
    this.show();
  }
  handleEvent(event) {
    const what = event.target.closest("[data-seed]")?.dataset.seed;
    const box = this.querySelector("input");
    const used = document.querySelector("keep-seed")?.getAttribute("seed");
    if (what === "dice") put(box, this.throw());
    else if (what === "lock") put(box, box.value ? "" : (used ?? this.throw()));
    this.show();
  }
  throw() {
    const [low, high] = [+this.dataset.min, +this.dataset.max];
    return String(low + Math.floor(Math.random() * (high - low + 1)));
  }
  show() {
    const isKept = this.querySelector("input").value !== "";
    const lock = this.querySelector("[data-seed='lock']");
    lock.setAttribute("aria-pressed", isKept);
  }
}
customElements.define("seed-field", SeedField);

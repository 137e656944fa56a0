/**
 * <form-fields shows="https://*.host …">: the whole form. Ctrl/⌘+Enter runs it from anywhere;
 * settings that differ from their defaults are listed and can be reset; the first problem gets the
 * focus; a file dropped outside a field does not navigate away.
 */
class FormFields extends HTMLElement {
  connectedCallback() {
    for (const name of ["input", "change", "click", "htmx:afterSettle"])
      this.addEventListener(name, this);
    this.stop = new AbortController();
    for (const name of ["keydown", "dragover", "drop"])
      document.addEventListener(name, this, { signal: this.stop.signal });
    this.querySelector("#form-problems")?.focus();
  }
  disconnectedCallback() {
    this.stop.abort();
  }
  handleEvent(event) {
    this[event.type](event);
  }
  keydown(event) {
    if (
      event.key !== "Enter" ||
      !(event.metaKey || event.ctrlKey) ||
      event.repeat ||
      document.querySelector("dialog[open]")
    )
      return;
    event.preventDefault();
    const form = this.closest("form");
    form.requestSubmit(form.querySelector("[name='~do'][value='run']"));
  }
  dragover(event) {
    if (event.dataTransfer?.types.includes("Files") && !event.defaultPrevented)
      event.preventDefault();
  }
  drop(event) {
    this.dragover(event);
  }
  input(event) {
    const field = event.target.closest(".field");
    if (!field) return;
    const isChanged = value(field, event.target) !== field.dataset.default;
    for (let around = field; around; around = around.parentElement.closest(".field")) {
      const isMarked = isChanged || (around !== field && !!around.querySelector("[data-changed]"));
      around.toggleAttribute("data-changed", isMarked);
      resetOf(around)?.toggleAttribute("hidden", !isMarked);
    }
    if (event.target.ariaInvalid) complain(event.target, "");
    this.tell();
  }
  change({ target }) {
    if (target.id) complain(target, complaint(target));
    const tiles = target.closest(".sizes");
    if (!tiles) return;
    const [before, union] = [
      tiles.chosen ?? tiles.querySelector("[checked]"),
      tiles.closest(".union"),
    ];
    const pixels = before?.parentElement.querySelector("small")?.textContent.match(/\d+/g) ?? [];
    const sides =
      union?.querySelectorAll(
        `:scope > [data-branch="${target.value}"] .pair .field:not([data-changed]) input`,
      ) ?? [];
    if (pixels.length === 2 && sides.length === 2)
      sides.forEach((side, at) => put(side, pixels[at])); // "Custom" keeps these pixels
    tiles.chosen = target;
  }
  "htmx:afterSettle"() {
    this.tell();
  }
  /** Lists the settings that differ from their defaults. */
  tell() {
    const changed = [...this.querySelectorAll("[data-changed]")].filter(
      (field) => !field.parentElement.closest(".field"),
    );
    const count = changed.filter((field) => field.closest(".more")).length;
    const output = this.querySelector("[data-changed-count]");
    if (output) output.textContent = count ? `${count} changed` : "";
    const links = changed.filter(resetOf).map((field) => {
      const link = document.createElement("a");
      const shown = document.createElement("strong");
      link.href = `#f-${field.dataset.field}`;
      shown.textContent = words(field);
      link.append(field.querySelector("legend, label").firstChild.textContent, " ", shown);
      return link;
    });
    const line = this.querySelector(".changes");
    if (!line) return;
    line.hidden = !links.length;
    line.firstElementChild.replaceChildren(...links);
  }
  click(event) {
    const reset = event.target.closest(".reset");
    const link = event.target.closest(".changes a, .problems a");
    const target = link && document.getElementById(decodeURI(link.hash.slice(1)));
    for (let around = target; around; around = around.parentElement.closest("details"))
      if (around.tagName === "DETAILS") around.open = true;
    if (target) setTimeout(() => (target.querySelector("input:checked") ?? target).focus());
    const field = reset?.closest(".field");
    if (!field || field.dataset.default === undefined) return; // only the server can reset it
    event.preventDefault();
    const controls = [...field.querySelectorAll("[name]:not([type='hidden'], button)")];
    const [first] = controls;
    for (const mark of field.querySelectorAll(`[name^="${first.name}~"]`))
      if (mark.type === "hidden") mark.remove();
    put(
      controls.find(
        (control) => control.type !== "radio" || control.value === field.dataset.default,
      ) ?? first,
      field.dataset.default,
    );
    (controls.find((control) => control.checked) ?? first).focus();
  }
}
const resetOf = (field) => field.querySelector(":scope > .reset, :scope > .field-head > .reset");
const value = (field, control) =>
  control.type === "checkbox" && field.dataset.kind === "switch"
    ? String(control.checked)
    : control.value;
function put(control, text) {
  if (control.type === "radio") control.checked = true;
  else if (control.type === "checkbox") control.checked = text === "true";
  else control.value = text;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
/** Returns a field's value as a short text. */
function words(field) {
  const picked = field.querySelector(":scope > .union > .union-pick :checked")?.value;
  const branch = field.querySelector(`:scope > .union > [data-branch="${picked}"]`);
  if (branch)
    return [...branch.querySelectorAll(".group .field, :scope > .field:not(:has(.group))")]
      .slice(0, 3)
      .map(words)
      .join(branch.querySelector(".pair") ? " × " : " · ");
  const rows = field.querySelector("form-rows > .rows");
  const ticks = field.querySelectorAll(":scope > .ticks :checked").length;
  if (rows || field.dataset.kind === "ticks") return `${(rows?.children.length ?? 0) + ticks} set`;
  const control =
    field.querySelector("input:checked:not([role])") ??
    field.querySelector("select, textarea, [name]:not([type='hidden'], button)");
  if (control?.role === "switch") return control.checked ? "on" : "off";
  const text = (
    control?.selectedOptions?.[0].text ??
    (control?.type === "radio"
      ? control.parentElement.querySelector("span").firstChild.textContent
      : control?.value) ??
    ""
  ).trim();
  return text.length > 32 ? `${text.slice(0, 31)}…` : text || "empty";
}
/**
 * Reports simple mistakes in a control when it loses the focus; the server checks the rest at Run.
 */
function complaint(control) {
  const { badInput, rangeUnderflow, rangeOverflow, stepMismatch } = control.validity ?? {};
  const most = control.parentElement.dataset?.max;
  const length = most && [...control.value].length;
  if (badInput) return "must be a number";
  if (rangeUnderflow) return `must be ${control.min} or more`;
  if (rangeOverflow) return `must be ${control.max} or less`;
  if (stepMismatch && control.step === "1") return "must be a whole number";
  return length > most ? `may have at most ${most} characters; it has ${length}` : "";
}
function complain(control, what) {
  const field = control.closest(".field");
  const id = `${control.id}-error`;
  document.getElementById(id)?.remove();
  const rest = (control.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .filter((other) => other && other !== id);
  if (what) {
    const note = Object.assign(document.createElement("p"), {
      className: "error",
      id,
      role: "alert",
    });
    const label = field.querySelector("label, legend").firstChild.textContent;
    note.textContent = `${control.ariaLabel ?? label} ${what}`;
    field.append(note);
    rest.push(id);
  }
  what ? control.setAttribute("aria-invalid", "true") : control.removeAttribute("aria-invalid");
  rest.length
    ? control.setAttribute("aria-describedby", rest.join(" "))
    : control.removeAttribute("aria-describedby");
}
customElements.define("form-fields", FormFields);

/*
 * A number without a step changes by a small step while an arrow key or arrow button is pressed.
 * Otherwise its `step` stays "any": browsers reject values between two steps.
 */
for (const name of ["keydown", "pointerdown", "keyup", "pointerup", "focusout"])
  document.addEventListener(name, ({ type, key, target }) => {
    const isArrow = type === "pointerdown" || (type === "keydown" && /^Arrow/.test(key));
    if (target.dataset?.step) target.step = isArrow ? target.dataset.step : "any";
  });
/** <number-slider>: synchronizes an unnamed slider with the posted number box. */
class NumberSlider extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
  }
  handleEvent(event) {
    const [slider, box] = this.querySelectorAll("input");
    const shown = box.value || this.closest(".field").dataset.default;
    if (event.target === slider) put(box, slider.value);
    else if (shown) slider.value = shown;
    slider.toggleAttribute("data-idle", !box.value && !shown);
  }
}
customElements.define("number-slider", NumberSlider);

/**
 * <long-text data-max>: a textarea that grows where `field-sizing` is missing, and counts its
 * characters.
 */
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
    if (!CSS.supports("field-sizing", "content") && text.scrollHeight > text.clientHeight)
      text.style.blockSize = `${text.scrollHeight + 2}px`;
  }
}
customElements.define("long-text", LongText);

/**
 * <seed-field data-min data-max>: the dice sets a random number; the lock shows that a seed is
 * fixed, and clears it.
 */
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

/**
 * `<words-line suggestions="<address>"><input></words-line>`: suggests what the piece that is being
 * typed may become, in a list below the line. Arrows move, Enter takes, Escape closes.
 */
import { ListBox } from "./listbox.js";

const WAIT_MS = 120;

class WordsLine extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.input = this.querySelector("input");
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: "line-suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    }))
      this.input.setAttribute(name, value);
    this.box = new ListBox(
      this.input,
      () => [...this.list.children],
      (option) => this.take(option),
    );
    for (const name of ["input", "focusin", "keydown", "focusout"])
      this.addEventListener(name, this);
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the line
      const option = event.target.closest("li");
      if (option) this.take(option);
    });
  }
  handleEvent(event) {
    if (event.type === "keydown") this.key(event);
    else if (event.type === "focusout") this.show(false);
    else if (event.type === "input" || !this.input.value) this.suggest();
  }
  key(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // else the field would be cleared
      this.show(false);
      return;
    }
    if (event.key === "ArrowDown" && this.list.hidden) {
      this.suggest();
      return;
    }
    const isChoice = event.key === "Enter" ? this.box.at : true;
    if (!this.list.hidden && isChoice) this.box.key(event);
  }
  take(option) {
    this.input.value = option.dataset.line;
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    this.show(false);
    if (this.input.value.endsWith(":")) this.suggest(); // for its value
  }
  suggest() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), WAIT_MS);
  }
  async load() {
    const typed = this.input.value.slice(0, this.input.selectionStart);
    if (typed.length < this.input.value.length) return this.show(false); // in the middle of it
    const address = new URL(this.getAttribute("suggestions"), location.href);
    address.searchParams.set("q", typed);
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!response.ok || this.input.value !== typed || document.activeElement !== this.input) return;
    this.list.innerHTML = await response.text();
    this.box.point(undefined);
    for (const option of this.list.children) option.setAttribute("aria-selected", "false");
    this.show(this.list.children.length > 0);
  }
  show(isShown) {
    if (!isShown) this.box.point(undefined);
    this.list.hidden = !isShown;
    this.input.setAttribute("aria-expanded", String(isShown));
  }
}
customElements.define("words-line", WordsLine);

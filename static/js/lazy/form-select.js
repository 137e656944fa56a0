/**
 * <search-select>: a searchable <select>. The select is still posted; opening it shows a list with
 * a search box instead of the browser's list.
 */
import { TypeAhead, matching } from "./type-ahead.js";
const MOST = 200;
const MARKUP = `
  <input type="text" role="combobox" aria-expanded="true" autocomplete="off" spellcheck="false">
  <ul role="listbox"></ul>
  <p class="muted small" role="status"></p>`;

class Choices extends TypeAhead {
  constructor(host, box) {
    super(...box.children);
    Object.assign(this, { host, box, select: host.select });
    // Text typed here is not part of the form's contents.
    for (const name of ["input", "change"])
      box.addEventListener(name, (event) => event.stopPropagation());
    box.addEventListener("focusout", ({ relatedTarget }) => {
      if (!box.contains(relatedTarget)) host.close();
    });
  }
  find(typed) {
    const textOf = (option) => `${option.text} ${option.value}`;
    const matches = matching([...this.select.options], typed, textOf);
    this.more = matches.length - MOST;
    return matches.slice(0, MOST).map((option) => {
      const item = document.createElement("li");
      Object.assign(item, { role: "option", textContent: option.text });
      item.dataset.index = option.index;
      item.toggleAttribute("data-chosen", option.selected);
      return item;
    });
  }
  words(number) {
    if (!number) return "No choice fits.";
    return this.more > 0 ? `and ${this.more} more` : "";
  }
  hide() {
    this.host.close();
    this.select.focus();
  }
  take(item) {
    this.select.selectedIndex = Number(item.dataset.index);
    this.close();
    for (const name of ["input", "change"])
      this.select.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

class SearchSelect extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    for (const name of ["mousedown", "keydown"]) this.select.addEventListener(name, this);
  }
  handleEvent(event) {
    const { key, button, ctrlKey, metaKey, altKey } = event;
    if (button || ctrlKey || metaKey) return;
    const isTyping = key?.length === 1 && key !== " " && !altKey;
    if (key && !isTyping && !["Enter", " ", "ArrowDown", "ArrowUp"].includes(key)) return;
    event.preventDefault();
    if (this.box) this.close();
    else this.open(isTyping ? key : "");
  }
  open(text) {
    const label = this.select.ariaLabel ?? this.select.labels[0]?.textContent ?? "the choices";
    this.box = document.createElement("div");
    this.box.className = "search-list";
    this.box.innerHTML = MARKUP;
    const [input, list] = this.box.children;
    const placeholder = `Search ${this.select.options.length} choices`;
    Object.assign(input, { value: text, placeholder, ariaLabel: `Search ${label.trim()}` });
    Object.assign(list, { id: `${this.select.id}-list`, ariaLabel: label.trim() });
    this.append(this.box);
    new Choices(this, this.box).look();
    input.focus();
    this.box.scrollIntoView({ block: "nearest" });
  }
  close() {
    const { box } = this;
    this.box = null; // first: its removal takes the focus away, which closes it
    box?.remove();
  }
}
customElements.define("search-select", SearchSelect);

/**
 * <search-select>: a searchable <select>. The select is still what is posted; opening it shows a
 * list with a search box instead of the browser's list (ARIA combobox pattern with a listbox).
 */
import { ListBox } from "./listbox.js";
const MOST = 200;
class SearchSelect extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    for (const name of ["mousedown", "keydown"]) this.select.addEventListener(name, this);
  }
  handleEvent(event) {
    const isOpening =
      event.type !== "keydown" || ["Enter", " ", "ArrowDown", "ArrowUp"].includes(event.key);
    const isTyping =
      event.key?.length === 1 &&
      event.key !== " " &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey;
    if ((!isOpening && !isTyping) || event.button || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (this.box) this.close();
    else this.open(isTyping ? event.key : "");
  }
  open(text) {
    const id = `${this.select.id}-list`;
    this.box = document.createElement("div");
    this.box.className = "search-list";
    this.input = Object.assign(document.createElement("input"), {
      type: "text",
      autocomplete: "off",
      spellcheck: false,
      value: text,
      placeholder: `Search ${this.select.options.length} choices`,
    });
    this.list = Object.assign(document.createElement("ul"), {
      id,
      role: "listbox",
      ariaLabel: this.label,
    });
    this.note = Object.assign(document.createElement("p"), {
      className: "muted small",
      role: "status",
    });
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": id,
      "aria-autocomplete": "list",
      "aria-label": `Search ${this.label}`,
    }))
      this.input.setAttribute(name, value);
    this.box.append(this.input, this.list, this.note);
    this.append(this.box);
    this.input.addEventListener("input", (event) => (event.stopPropagation(), this.draw()));
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.pointer = new ListBox(
      this.input,
      () => [...this.list.children],
      (item) => this.take(item),
    );
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) =>
      this.take(event.target.closest("[role='option']")),
    );
    this.box.addEventListener(
      "focusout",
      (event) => this.box?.contains(event.relatedTarget) || this.close(false),
    );
    this.draw();
    this.input.focus();
    this.box.scrollIntoView({ block: "nearest" });
  }
  get label() {
    return (this.select.ariaLabel ?? this.select.labels[0]?.textContent ?? "the choices").trim();
  }
  draw() {
    const wanted = fold(this.input.value).split(/\s+/).filter(Boolean);
    const matches = [...this.select.options].filter((option) => {
      const text = fold(`${option.text} ${option.value}`);
      return wanted.every((word) => text.includes(word));
    });
    const items = matches.slice(0, MOST).map((option) => {
      const item = Object.assign(document.createElement("li"), {
        role: "option",
        textContent: option.text,
        id: `${this.list.id}-${option.index}`,
      });
      item.dataset.index = option.index;
      item.toggleAttribute("data-chosen", option.selected);
      return item;
    });
    this.list.replaceChildren(...items);
    this.note.textContent = !matches.length
      ? "No choice fits."
      : matches.length > MOST
        ? `and ${matches.length - MOST} more`
        : "";
    this.pointer.point(
      (!wanted.length && items.find((item) => item.hasAttribute("data-chosen"))) || items[0],
    );
  }
  key(event) {
    if (event.key === "Tab") return this.close(false);
    if (event.key === "Escape") (event.stopPropagation(), event.preventDefault(), this.close());
    else this.pointer.key(event);
  }
  take(item) {
    if (!item) return;
    this.select.selectedIndex = +item.dataset.index;
    this.close();
    for (const name of ["input", "change"])
      this.select.dispatchEvent(new Event(name, { bubbles: true }));
  }
  close(isBack = true) {
    const box = this.box;
    this.box = null;
    box?.remove();
    if (isBack) this.select.focus();
  }
}
const fold = (text) =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replaceAll("_", " ");
customElements.define("search-select", SearchSelect);

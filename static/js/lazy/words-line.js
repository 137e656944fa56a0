/**
 * `<words-line suggestions="<address>"><input></words-line>`: suggests completions of the word
 * being typed, in a list below the line. No option is highlighted before an arrow key is pressed,
 * so that Enter starts the search.
 */
import { TypeAhead } from "./type-ahead.js";

class Suggestions extends TypeAhead {
  waitMs = 120;
  get typed() {
    const { value, selectionStart } = this.input;
    return selectionStart < value.length ? undefined : value; // not with the cursor inside it
  }
  get first() {
    return undefined;
  }
  get isOpen() {
    return !this.list.hidden;
  }
  async find(typed) {
    const address = new URL(this.input.parentElement.getAttribute("suggestions"), location.href);
    address.searchParams.set("q", typed);
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    return response.ok ? response.text() : "";
  }
  words(number) {
    return number ? "" : undefined;
  }
  show() {
    this.list.hidden = !this.options.length;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
  }
  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
  key(event) {
    if (event.key === "ArrowDown" && !this.isOpen) this.look();
    else if (event.key !== "Enter" || this.at) super.key(event);
  }
  take(option) {
    this.input.value = option.dataset.line;
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    this.close();
    if (this.input.value.endsWith(":")) this.look(); // suggests values of the key
  }
}

class WordsLine extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    const input = this.querySelector("input");
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: "line-suggestions", className: "sheet", hidden: true });
    Object.assign(this.list, { role: "listbox", ariaLabel: "Suggestions" });
    this.append(this.list);
    Object.assign(input, { role: "combobox", ariaExpanded: "false" });
    const suggestions = new Suggestions(input, this.list);
    this.addEventListener("focusin", () => input.value || suggestions.look());
    this.addEventListener("focusout", () => suggestions.close());
  }
}
customElements.define("words-line", WordsLine);

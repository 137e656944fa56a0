/**
 * `long-text[data-saved="<address>"]`: `/` at the beginning of a line or after a space opens the
 * saved prompts. What is typed after it filters them; arrows, Enter and Escape as in any
 * list. A chosen one asks for its variables beside the field and goes in at the cursor; a style
 * takes the field's text in.
 */
import { ListBox } from "./listbox.js";
const TYPED = /(?:^|\s)(\/[^\s/]*)$/;
const WAIT_MS = 120;
const AWAY = "The server does not answer. Close this and try again.";
const MARKUP = `
  <div class="recent saved-prompts" popover="manual" role="dialog" aria-label="Saved prompts">
    <ul role="listbox" aria-label="Saved prompts"></ul>
    <div class="saved-filling"></div>
    <p class="muted small" role="status"></p>
  </div>`;
let count = 0;

class Saved {
  constructor(host) {
    const box = document.createElement("template");
    box.innerHTML = MARKUP;
    this.host = host;
    this.text = host.querySelector("textarea");
    this.panel = box.content.firstElementChild;
    [this.list, this.filling, this.status] = this.panel.children;
    this.list.id = `saved-list-${(count += 1)}`;
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    this.pointer = new ListBox(
      this.text,
      () => [...this.list.children],
      (option) => this.take(option),
    );
    document.getElementById("content").append(this.panel); // a form cannot be within a form
    this.text.addEventListener("input", () => this.look());
    this.text.addEventListener("keydown", (event) => this.key(event), { capture: true });
    this.text.addEventListener("focusout", (event) => this.left(event));
    this.panel.addEventListener("focusout", (event) => this.left(event));
    this.panel.addEventListener(
      "mousedown",
      (event) => event.target.closest("li") && event.preventDefault(),
    );
    this.panel.addEventListener("click", (event) => {
      if (event.target.closest("[data-cancel]")) this.close(true);
      else if (event.target.closest("li")) this.take(event.target.closest("li"));
    });
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
    new ResizeObserver(() => this.isOpen && this.place()).observe(this.text);
    this.panel.addEventListener("submit", (event) => this.fill(event));
  }
  get isOpen() {
    return this.panel.matches(":popover-open");
  }
  /** The `/` before the cursor with what is typed after it; undefined if there is none. */
  get typed() {
    const { selectionStart, selectionEnd, value } = this.text;
    return selectionStart === selectionEnd
      ? TYPED.exec(value.slice(0, selectionStart))?.[1]
      : undefined;
  }
  look() {
    clearTimeout(this.timer);
    const typed = this.typed;
    if (typed === undefined) return this.close();
    this.timer = setTimeout(() => this.offer(typed), this.isOpen ? WAIT_MS : 0);
  }
  async offer(typed) {
    const asked = (this.asked = new URLSearchParams({ q: typed.slice(1) }));
    let options;
    try {
      const answer = await fetch(`${this.host.dataset.saved}?${asked}`, { redirect: "error" });
      options = answer.ok ? await answer.text() : undefined;
    } catch {
      options = undefined;
    }
    if (asked !== this.asked || this.typed !== typed) return; // typed on meanwhile
    this.filling.replaceChildren();
    this.list.innerHTML = options ?? "";
    for (const option of this.list.children) option.id = `${this.list.id}-${option.id}`;
    const number = this.list.childElementCount;
    this.status.textContent =
      options === undefined
        ? AWAY
        : number
          ? `${number} saved prompt${number === 1 ? "" : "s"}`
          : "No saved prompt with these words.";
    this.show();
    this.pointer.point(this.list.firstElementChild);
  }
  show() {
    if (!this.isOpen) this.panel.showPopover();
    this.place();
  }
  place() {
    const box = this.text.getBoundingClientRect();
    Object.assign(this.panel.style, {
      insetInlineStart: `${box.left + scrollX}px`,
      insetBlockStart: `${box.bottom + scrollY + 4}px`,
      inlineSize: `${box.width}px`,
    });
  }
  close(isFocusing) {
    this.keep();
    if (!this.isOpen) return;
    this.pointer.point(undefined);
    this.panel.hidePopover();
    this.list.replaceChildren();
    this.filling.replaceChildren();
    if (isFocusing) this.text.focus();
  }
  left({ relatedTarget }) {
    if (relatedTarget !== this.text && !this.panel.contains(relatedTarget)) this.close();
  }
  key(event) {
    if (!this.isOpen || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (this.pointer.key(event)) {
      this.keep();
      event.stopPropagation();
    }
  }
  /** Lets no late answer change the list: whoever moves in it, or takes from it, has read it. */
  keep() {
    clearTimeout(this.timer);
    this.asked = undefined;
  }
  async take(option) {
    this.keep();
    const typed = this.typed ?? "";
    const end = this.text.selectionStart;
    this.chosen = { ...option.dataset, from: end - typed.length, end };
    if (option.dataset.asks === undefined) return this.insert(new FormData());
    try {
      const answer = await fetch(option.dataset.address, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      this.filling.innerHTML = await answer.text();
      this.pointer.point(undefined);
      this.list.replaceChildren();
      this.status.textContent = "";
      this.filling.querySelector("input:not([type=hidden]), select").focus();
    } catch {
      this.status.textContent = AWAY;
    }
  }
  fill(event) {
    event.preventDefault();
    this.insert(new FormData(event.target));
  }
  /** Asks for the text that the values make, and puts it in as if typed, so that undo works. */
  async insert(values) {
    const { value } = this.text;
    const { address, origin, takes, from, end } = this.chosen;
    const isWhole = takes !== undefined; // the field's own text goes into it
    if (isWhole) values.set("current", (value.slice(0, from) + value.slice(end)).trim());
    let made;
    try {
      made = await fetch(address, {
        method: "POST",
        body: values,
        headers: { "x-csrftoken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        redirect: "error",
      });
    } catch {
      this.status.textContent = AWAY;
      return;
    }
    const text = await made.text();
    if (!made.ok) {
      this.status.textContent = made.status === 422 ? text : AWAY;
      return;
    }
    this.close(true);
    this.text.setSelectionRange(...(isWhole ? [0, value.length] : [from, end]));
    if (!document.execCommand("insertText", false, text))
      this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.remember(origin);
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  /** Leaves a mark in the form, by which the run is listed on the prompt's page. */
  remember(origin) {
    const state = document.getElementById("draft-state");
    const known = [...state.querySelectorAll("[name='~origin']")].map(({ value }) => value);
    if (known.includes(origin)) return;
    state.append(
      Object.assign(document.createElement("input"), {
        type: "hidden",
        name: "~origin",
        value: origin,
      }),
    );
  }
}
const attached = new WeakSet();
/** Attaches to a field, whose text was `before` when its script began to load. */
export function attach(host, before) {
  if (attached.has(host)) return;
  attached.add(host);
  const saved = new Saved(host);
  if (saved.text.value !== before) saved.look();
}

/**
 * `long-text[data-recent="<address>"]`: "Recent" in the prompt's corner, or ↑ in an empty box,
 * opens the latest prompts; typing filters them, Enter chooses one, Escape closes.
 */
import { ListBox } from "./listbox.js";
const MARKUP = `
  <button
    type="button"
    class="recent-open"
    aria-haspopup="dialog"
    title="Recent prompts (↑ in the empty box)"
  >Recent</button>
  <div class="recent" popover role="dialog" aria-label="Recent prompts">
    <input
      type="search"
      role="combobox"
      aria-expanded="true"
      aria-autocomplete="list"
      aria-label="Search recent prompts"
      placeholder="Search recent prompts"
      autocomplete="off"
      spellcheck="false"
    >
    <ul role="listbox" aria-label="Recent prompts"></ul>
    <p class="muted small" role="status"></p>
  </div>`;
let count = 0;

class Recent {
  constructor(host) {
    const box = document.createElement("template");
    box.innerHTML = MARKUP;
    [this.button, this.panel] = box.content.children;
    this.host = host;
    this.text = host.querySelector("textarea");
    this.search = this.panel.querySelector("input");
    this.list = this.panel.querySelector("ul");
    this.status = this.panel.querySelector("p");
    this.list.id = `recent-list-${(count += 1)}`;
    this.search.setAttribute("aria-controls", this.list.id);
    this.pointer = new ListBox(
      this.search,
      () => this.shown,
      (option) => this.take(option),
    );
    host.append(this.button, this.panel);
    this.button.addEventListener("click", () => this.open());
    this.text.addEventListener(
      "keydown",
      (event) =>
        event.key === "ArrowUp" && !this.text.value && !event.isComposing && this.open(event),
    );
    this.search.addEventListener("input", (event) => (event.stopPropagation(), this.filter()));
    this.search.addEventListener("change", (event) => event.stopPropagation());
    this.search.addEventListener(
      "keydown",
      (event) => (event.stopPropagation(), this.pointer.key(event)),
    );
    this.list.addEventListener("click", (event) => this.take(event.target.closest("li")));
    this.panel.addEventListener(
      "toggle",
      (event) =>
        event.newState === "closed" &&
        this.panel.contains(document.activeElement) &&
        this.text.focus(),
    );
  }
  get shown() {
    return [...this.list.children].filter((option) => !option.hidden);
  }
  async open(event) {
    event?.preventDefault();
    const box = this.text.getBoundingClientRect();
    this.panel.showPopover();
    Object.assign(this.panel.style, {
      insetInlineStart: `${box.left + scrollX}px`,
      insetBlockStart: `${box.bottom + scrollY + 4}px`,
      inlineSize: `${box.width}px`,
    });
    this.search.value = "";
    this.search.focus();
    this.status.textContent = "Looking…";
    try {
      const answer = await fetch(this.host.dataset.recent, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      this.list.innerHTML = await answer.text();
      for (const option of this.list.children) option.id = `${this.list.id}-${option.id}`;
      this.filter();
    } catch {
      this.status.textContent = "The server does not answer. Close this and try again.";
    }
  }
  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/);
    for (const option of this.list.children)
      option.hidden = !words.every((word) => option.textContent.toLowerCase().includes(word));
    const count = this.shown.length;
    this.status.textContent = count
      ? `${count} prompt${count === 1 ? "" : "s"}`
      : this.search.value
        ? "No prompt with these words."
        : "No prompts yet. What you run is listed here.";
    this.pointer.point(this.shown[0]);
  }
  take(option) {
    if (!option) return;
    this.panel.hidePopover();
    this.text.focus();
    this.text.setSelectionRange(0, this.text.value.length);
    // Inserted as if typed, so that the browser's undo restores the old text.
    if (!document.execCommand("insertText", false, option.textContent))
      this.text.value = option.textContent;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
const attached = new WeakSet();
export function attach(host) {
  if (attached.has(host)) return;
  attached.add(host);
  new Recent(host);
}

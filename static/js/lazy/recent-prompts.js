/**
 * `long-text[data-recent="<address>"]`: "Recent" in the prompt's corner, or ↑ in an empty box,
 * opens the latest prompts; typing filters them, Enter chooses one, Escape closes.
 */
import { made, once, placeBelow, typeIn } from "./text-suggestions.js";
import { TypeAhead, matching, textAt } from "./type-ahead.js";
const BUTTON = `
  <button
    type="button"
    class="recent-open"
    aria-haspopup="dialog"
    title="Recent prompts (↑ in the empty box)"
  >Recent</button>`;
const PANEL = `
  <div class="recent sheet" popover role="dialog" aria-label="Recent prompts">
    <input
      type="search"
      role="combobox"
      aria-expanded="true"
      aria-label="Search recent prompts"
      placeholder="Search recent prompts"
      autocomplete="off"
      spellcheck="false"
    >
    <ul role="listbox" aria-label="Recent prompts"></ul>
    <p class="muted small" role="status"></p>
  </div>`;

class RecentPrompts extends TypeAhead {
  constructor(host) {
    const panel = made(PANEL);
    super(...panel.children);
    Object.assign(this, { host, panel, text: host.querySelector("textarea") });
    const button = made(BUTTON);
    host.append(button, panel);
    button.addEventListener("click", () => this.open());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" || this.text.value) return;
      event.preventDefault();
      this.open();
    });
    // Text typed here is not part of the form's contents.
    for (const name of ["input", "change", "keydown"])
      panel.addEventListener(name, (event) => event.stopPropagation());
    panel.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed" && panel.contains(document.activeElement)) this.text.focus();
    });
  }
  open() {
    this.panel.showPopover();
    placeBelow(this.panel, this.text);
    this.input.value = "";
    this.input.focus();
    this.status.textContent = "Looking…";
    this.prompts = this.load();
    this.look();
  }
  async load() {
    const list = document.createElement("ul");
    list.innerHTML = await textAt(this.host.dataset.recent);
    return [...list.children];
  }
  async find(typed) {
    return matching(await this.prompts, typed);
  }
  words(number, typed) {
    if (number) return `${number} prompt${number === 1 ? "" : "s"}`;
    return typed ? "No prompt with these words." : "No prompts yet. What you run is listed here.";
  }
  hide() {
    this.panel.hidePopover();
  }
  take(option) {
    this.hide();
    typeIn(this.text, option.textContent, 0, this.text.value.length);
  }
}
export const attach = once((host) => new RecentPrompts(host));

/**
 * A list of suggestions below a field (ARIA combobox pattern): typed text is looked up, arrows
 * move, Enter or a press takes an option, Escape closes; the focus stays in the field. Subclasses
 * define the text to look up, the options found, and the action for the taken option.
 */
const AWAY = "The server does not answer. Close this and try again.";
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
let count = 0;

export class TypeAhead {
  constructor(input, list, status) {
    Object.assign(this, { input, list, status });
    list.id ||= `suggestions-${(count += 1)}`;
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.addEventListener("input", () => this.look());
    input.addEventListener("keydown", (event) => this.key(event), { capture: true });
    list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
    list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role='option']");
      if (option) this.take(option);
    });
  }
  /* Overridden by subclasses */
  /** The text to look up; undefined closes the list. */
  get typed() {
    return this.input.value;
  }
  /** The pause after a letter, for lists from a server. */
  get waitMs() {
    return 0;
  }
  /** Returns the options as elements or HTML, or a promise of them. */
  find() {}
  /** Returns the status text for a number of options; undefined closes the list. */
  words() {
    return "";
  }
  /** Takes the pressed option; a link or a button needs no action. */
  take() {}
  get isOpen() {
    return true;
  }
  show() {}
  hide() {}
  /** Whether an answer is obsolete, since the typed text has changed. */
  isLate(typed) {
    return typed !== this.typed;
  }
  /** The option that Enter takes in a new list. */
  get first() {
    const chosen = this.typed ? null : this.list.querySelector("[data-chosen]");
    return chosen ?? this.options[0];
  }

  get options() {
    return [...this.list.querySelectorAll("[role='option']")];
  }
  look() {
    clearTimeout(this.timer);
    const { typed } = this;
    if (typed === undefined) this.close();
    else if (this.waitMs) this.timer = setTimeout(() => this.offer(typed), this.waitMs);
    else this.offer(typed);
  }
  async offer(typed) {
    const asked = (this.asked = {});
    let found;
    try {
      found = await this.find(typed);
    } catch {
      found = undefined; // told below
    }
    if (asked !== this.asked || this.isLate(typed)) return;
    if (typeof found === "string") this.list.innerHTML = found;
    else this.list.replaceChildren(...(found ?? []));
    const { options } = this;
    for (const [place, option] of options.entries()) {
      option.id = `${this.list.id}-${place}`;
      option.setAttribute("aria-selected", "false");
    }
    const summary = found === undefined ? AWAY : this.words(options.length, typed);
    if (summary === undefined) return this.close();
    if (this.status) this.status.textContent = summary;
    this.show();
    this.point(this.first);
    return undefined;
  }
  /** Keeps late answers from changing the list once the user moves in it or takes an option. */
  keep() {
    clearTimeout(this.timer);
    this.asked = undefined;
  }
  close() {
    this.keep();
    if (!this.isOpen) return;
    this.point(undefined);
    this.hide();
  }
  point(option) {
    this.at?.removeAttribute("data-at");
    this.at?.setAttribute("aria-selected", "false");
    this.at = option;
    option?.setAttribute("data-at", "");
    option?.setAttribute("aria-selected", "true");
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
  key(event) {
    if (!this.isOpen) return;
    const { key } = event;
    const isTaking = key === "Enter" && !event.ctrlKey && !event.metaKey;
    if (!isTaking && key !== "Escape" && !STEPS[key]) return;
    event.preventDefault();
    event.stopPropagation();
    this.keep();
    const { options } = this;
    const to = options.indexOf(this.at) + STEPS[key];
    if (key === "Escape") this.close();
    else if (isTaking) this.at?.click();
    else this.point(options[Math.min(Math.max(to, 0), options.length - 1)]);
  }
}

const fold = (text) =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replaceAll("_", " ");
/** Returns the options with all words of `typed` in their text, ignoring case and accents. */
export function matching(options, typed, textOf = (option) => option.textContent) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  return options.filter((option) => {
    const text = fold(textOf(option));
    return words.every((word) => text.includes(word));
  });
}
/** Returns the text at an address of ours; throws if it is refused or redirected. */
export async function textAt(address, options) {
  const answer = await fetch(address, { redirect: "error", ...options });
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

/**
 * `[data-references="<address>"]`, a text or a field for pictures: `@` offers the references. What
 * is typed after it filters them; arrows, Enter and Escape as in any list. In a text the chosen
 * one's name goes in at the cursor, a field for pictures holds it as its value.
 */
import { ListBox } from "./listbox.js";
const TYPED = /(?:^|[^\w@./:+&=#%\\-])(@(?:me\/)?[\p{L}\p{M}\p{N}_-]*)$/u;
const WAIT_MS = 120;
const AWAY = "The server does not answer. Close this and try again.";
const MARKUP = `
  <div class="recent saved-prompts" popover="manual" role="dialog" aria-label="References">
    <ul role="listbox" aria-label="References"></ul>
    <p class="muted small" role="status"></p>
  </div>`;
let count = 0;

class Offer {
  constructor(host) {
    const box = document.createElement("template");
    box.innerHTML = MARKUP;
    this.host = host;
    this.text = host.matches("textarea") ? host : host.querySelector("textarea, [type='text']");
    this.panel = box.content.firstElementChild;
    [this.list, this.status] = this.panel.children;
    this.list.id = `references-${(count += 1)}`;
    this.pointer = new ListBox(
      this.text,
      () => [...this.list.children],
      (option) => this.take(option),
    );
    document.getElementById("content").append(this.panel);
    this.text.addEventListener("input", () => this.look());
    this.text.addEventListener("keydown", (event) => this.key(event), { capture: true });
    this.text.addEventListener("focusout", () => this.close());
    this.panel.addEventListener("mousedown", (event) => event.preventDefault());
    this.panel.addEventListener("click", ({ target }) => {
      const option = target.closest("li");
      if (option) this.take(option);
    });
  }
  get isOpen() {
    return this.panel.matches(":popover-open");
  }
  /** The `@` before the cursor with what is typed after it; undefined if there is none. */
  get typed() {
    const { selectionStart, selectionEnd, value } = this.text;
    if (selectionStart !== selectionEnd) return undefined;
    const before = TYPED.exec(value.slice(0, selectionStart))?.[1];
    const isValue = this.host.matches("media-field") && before !== value;
    return isValue ? undefined : before;
  }
  look() {
    clearTimeout(this.timer);
    const { typed } = this;
    if (typed === undefined) return this.close();
    this.timer = setTimeout(() => this.offer(typed), this.isOpen ? WAIT_MS : 0);
  }
  async offer(typed) {
    const asked = (this.asked = new URLSearchParams({ q: typed.slice(1) }));
    let options;
    try {
      const answer = await fetch(`${this.host.dataset.references}?${asked}`, { redirect: "error" });
      options = answer.ok ? await answer.text() : undefined;
    } catch {
      options = undefined;
    }
    if (asked !== this.asked || this.typed !== typed) return; // typed on meanwhile
    this.list.innerHTML = options ?? "";
    const number = this.list.childElementCount;
    // Whoever writes an address or a name of their own is not to be bothered.
    if (options !== undefined && !number && typed !== "@") return this.close();
    for (const option of this.list.children) option.id = `${this.list.id}-${option.id}`;
    this.status.textContent =
      options === undefined
        ? AWAY
        : number
          ? `${number} reference${number === 1 ? "" : "s"}`
          : "No references yet: make one under References in the menu.";
    this.show();
    this.pointer.point(this.list.firstElementChild);
  }
  show() {
    if (!this.isOpen) this.panel.showPopover();
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    const box = this.text.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - 280);
    Object.assign(this.panel.style, {
      insetInlineStart: `${Math.max(left, 8) + scrollX}px`,
      insetBlockStart: `${box.bottom + scrollY + 4}px`,
      inlineSize: `${Math.min(Math.max(box.width, 260), innerWidth - 16)}px`,
    });
  }
  close() {
    this.keep();
    if (!this.isOpen) return;
    this.pointer.point(undefined);
    this.panel.hidePopover();
    this.list.replaceChildren();
  }
  key(event) {
    if (!this.isOpen || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (this.list.childElementCount && this.pointer.key(event)) {
      this.keep();
      event.stopPropagation();
    }
  }
  /** Lets no late answer change the list: whoever moves in it, or takes from it, has read it. */
  keep() {
    clearTimeout(this.timer);
    this.asked = undefined;
  }
  take({ dataset: { mention, cover } }) {
    const end = this.text.selectionStart;
    const from = end - (this.typed ?? "").length;
    this.close();
    this.text.focus();
    if (this.host.matches("media-field")) {
      this.host.put(mention, { name: mention, address: mention, src: cover });
      return;
    }
    const isFollowed = /^\s/.test(this.text.value.slice(end));
    this.text.setSelectionRange(from, end);
    const text = isFollowed ? mention : `${mention} `;
    if (!document.execCommand("insertText", false, text))
      this.text.setRangeText(text, from, end, "end");
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
const attached = new WeakSet();
/** Attaches to a field, whose text was `before` when its script began to load. */
export function attach(host, before) {
  if (attached.has(host)) return;
  attached.add(host);
  const offer = new Offer(host);
  if (offer.text.value !== before) offer.look();
}

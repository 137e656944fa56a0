/**
 * `[data-mentions="<address>"]`, a text or a field for pictures: `@` offers named series. In a
 * text the chosen name is inserted at the cursor; in a field for pictures it becomes the value.
 */
import { TextSuggestions, made, once, typeIn } from "./text-suggestions.js";
import { textAt } from "./type-ahead.js";
const MARK = /(?:^|[^\w@./:+&=#%\\-])(@(?:me\/)?[\p{L}\p{M}\p{N}_-]*)$/u;
const MARKUP = `
  <div class="saved-prompts sheet" popover="manual" role="dialog" aria-label="Named series">
    <ul role="listbox" aria-label="Named series"></ul>
    <p class="muted small" role="status"></p>
  </div>`;

class Mentions extends TextSuggestions {
  constructor(host) {
    const text = host.matches("textarea") ? host : host.querySelector("textarea, [type='text']");
    super(text, MARK, made(MARKUP));
    this.host = host;
  }
  get typed() {
    const typed = super.typed;
    const isPart = this.host.matches("media-field") && typed !== this.text.value;
    return isPart ? undefined : typed; // a field for pictures takes only a whole value
  }
  find(typed) {
    return textAt(`${this.host.dataset.mentions}?${new URLSearchParams({ q: typed.slice(1) })}`);
  }
  words(number, typed) {
    if (number) return `${number} named series`;
    // No message for a person who types an address or another name.
    return typed === "@"
      ? "No series has a name for prompts yet: give one a name under Library."
      : undefined;
  }
  take({ dataset: { mention, cover } }) {
    const end = this.text.selectionStart;
    const from = end - (this.typed ?? "").length;
    this.close();
    if (this.host.matches("media-field")) {
      this.text.focus();
      const held = { name: mention, address: mention, src: cover };
      // The field's own script may still be on its way.
      customElements.whenDefined("media-field").then(() => this.host.put(mention, held));
      return;
    }
    const isFollowed = /^\s/.test(this.text.value.slice(end));
    typeIn(this.text, isFollowed ? mention : `${mention} `, from, end);
  }
}
/** Attaches to a field, whose text was `before` when its script began to load. */
export const attach = once((host, before) => {
  const mentions = new Mentions(host);
  if (mentions.text.value !== before) mentions.look();
});

/**
 * Suggestions in a panel below a text, for a mark at its cursor such as `@` or `/`: looks up the
 * text after the mark, and inserts the chosen suggestion as if typed.
 */
import { TypeAhead } from "./type-ahead.js";

export class TextSuggestions extends TypeAhead {
  /** `mark` finds the mark and the text after it, in the text before the cursor. */
  constructor(text, mark, panel) {
    super(text, panel.querySelector("ul"), panel.querySelector("[role='status']"));
    Object.assign(this, { text, mark, panel });
    document.getElementById("content").append(panel); // a form cannot be within a form
    for (const part of [text, panel])
      part.addEventListener("focusout", ({ relatedTarget }) => {
        if (relatedTarget !== text && !panel.contains(relatedTarget)) this.close();
      });
  }
  get typed() {
    const { selectionStart, selectionEnd, value } = this.text;
    return selectionStart === selectionEnd
      ? this.mark.exec(value.slice(0, selectionStart))?.[1]
      : undefined;
  }
  get waitMs() {
    return this.isOpen ? 120 : 0;
  }
  get isOpen() {
    return this.panel.matches(":popover-open");
  }
  show() {
    if (!this.isOpen) this.panel.showPopover();
    placeBelow(this.panel, this.text);
  }
  hide() {
    this.panel.hidePopover();
    this.list.replaceChildren();
  }
  /** Without suggestions, keys belong to the text: Enter starts its next line. */
  key(event) {
    if (event.key === "Escape" || this.options.length) super.key(event);
  }
}

/** Creates an element from markup. */
export function made(markup) {
  const box = document.createElement("template");
  box.innerHTML = markup;
  return box.content.firstElementChild;
}
/** Returns a function that calls `make` once for each element, with its arguments. */
export function once(make) {
  const known = new WeakSet();
  return (host, ...more) => {
    if (known.has(host)) return;
    known.add(host);
    make(host, ...more);
  };
}
export function placeBelow(panel, text) {
  const box = text.getBoundingClientRect();
  const width = Math.min(Math.max(box.width, 260), innerWidth - 16); // some fields are narrow
  const left = Math.max(8, Math.min(box.left, innerWidth - 8 - width));
  Object.assign(panel.style, {
    insetInlineStart: `${left + scrollX}px`,
    insetBlockStart: `${box.bottom + scrollY + 4}px`,
    inlineSize: `${width}px`,
  });
}
/** Replaces a part of the field's text by `text`, as if typed, so that undo works. */
export function typeIn(field, text, from, end) {
  field.focus();
  field.setSelectionRange(from, end);
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, from, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * A search box for a list (ARIA combobox pattern): arrows move, Enter chooses, the focus stays in
 * the box. `options()` returns the visible options; `take(option)` is called with the chosen one.
 */
export class ListBox {
  constructor(input, options, take) {
    Object.assign(this, { input, options, take });
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
  /** Handles a key; returns whether it belonged to the list. */
  key(event) {
    const all = this.options();
    const now = all.indexOf(this.at);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + 8, PageUp: now - 8 }[
      event.key
    ];
    if (
      event.isComposing ||
      (to === undefined && event.key !== "Enter") ||
      (event.key === "Enter" && (event.ctrlKey || event.metaKey))
    )
      return false;
    event.preventDefault();
    if (to !== undefined) this.point(all[Math.min(Math.max(to, 0), all.length - 1)]);
    else if (this.at) this.take(this.at);
    return true;
  }
}

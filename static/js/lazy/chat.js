/**
 * <chat-thread>: a conversation. Enter sends the message, Shift+Enter starts a new line; from any
 * other field Ctrl/⌘+Enter sends. The end stays in view while the answer grows, unless the user has
 * scrolled up.
 */
const NEAR = 160; // pixels from the end that count as the end
const hasKeyboard = matchMedia("(pointer: fine)"); // on a phone Enter starts a new line

class ChatThread extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    this.addEventListener("keydown", this, { signal });
    this.addEventListener("submit", this, { signal, capture: true });
    this.addEventListener("htmx:configRequest", this, { signal });
    this.addEventListener("htmx:oobBeforeSwap", this, { signal });
    addEventListener("scroll", this, { signal, passive: true });
    this.growth = new ResizeObserver(() => this.follow());
    this.growth.observe(this);
    this.isAtEnd = true;
    if (location.hash || new URLSearchParams(location.search).has("before")) this.scroll();
    else this.follow();
  }
  disconnectedCallback() {
    this.leaving.abort();
    this.growth.disconnect();
  }
  handleEvent(event) {
    if (event.type === "submit") this.pressed = event.submitter;
    else if (event.type === "htmx:configRequest") this.name(event.detail);
    else if (event.type === "htmx:oobBeforeSwap") this.keep(event.detail);
    else this[event.type](event);
  }
  /**
   * An answer grows many times a second: unchanged parts are kept, so that clicks hit buttons, and
   * opened details stay open.
   */
  keep(detail) {
    const { target, fragment } = detail;
    if (target.isEqualNode(fragment.firstElementChild)) detail.shouldSwap = false;
    const opened = target.querySelectorAll("details");
    for (const [place, part] of fragment.querySelectorAll("details").entries())
      part.open = opened[place]?.open ?? part.open;
  }
  /** htmx ignores a pressed button that is outside its form. */
  name({ elt, parameters }) {
    const isOutside = this.pressed?.form === elt && !elt.contains(this.pressed);
    if (isOutside && elt.matches("form")) parameters[this.pressed.name] = this.pressed.value;
    this.pressed = null;
  }
  scroll() {
    const { scrollHeight, clientHeight } = document.documentElement;
    this.isAtEnd = scrollHeight - clientHeight - scrollY < NEAR;
  }
  follow() {
    if (this.isAtEnd && this.querySelector(".turn"))
      scrollTo(0, document.documentElement.scrollHeight);
  }
  keydown(event) {
    const { key, metaKey, ctrlKey, shiftKey, altKey, repeat, target } = event;
    const isMessage = target.matches("[name='~text']") && !shiftKey && !altKey;
    const sends = metaKey || ctrlKey || (isMessage && hasKeyboard.matches);
    if (key !== "Enter" || !sends || !target.form) return;
    if (repeat) return event.preventDefault();
    event.preventDefault();
    const isEdit = target.form.id === "turn-actions";
    const button = isEdit
      ? this.querySelector("[name='~do'][value^='edit:']")
      : target.form.querySelector("[data-kind='primary']");
    if (button && !button.disabled) target.form.requestSubmit(button);
  }
}
customElements.define("chat-thread", ChatThread);

/**
 * <toast-note>words</toast-note> disappears after a while, but not while it is hovered or focused.
 */
class ToastNote extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerenter", this);
    this.addEventListener("pointerleave", this);
    this.addEventListener("focusin", this);
    this.addEventListener("focusout", this);
    this.wait();
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
  }
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.remove(), 7000);
  }
  /* Keeps the toast until its button is used, so that a decision is not hurried. */
  stay() {
    clearTimeout(this.timer);
    this.wait = () => {};
    const close = document.createElement("button");
    close.append("Not now");
    close.addEventListener("click", () => this.remove());
    this.append(" ", close);
  }
  handleEvent(event) {
    if (event.type === "pointerenter" || event.type === "focusin") clearTimeout(this.timer);
    else this.wait();
  }
}
customElements.define("toast-note", ToastNote);

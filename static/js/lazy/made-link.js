import { copyText } from "./copy-text.js";
/**
 * <made-link><input readonly>…: copies a newly created link at once if the browser permits it.
 */
class MadeLink extends HTMLElement {
  async connectedCallback() {
    const input = this.querySelector("input");
    if (await copyText(input.value))
      dispatchEvent(new CustomEvent("toast", { detail: { text: "Link copied" } }));
    else input.select(); // no recent click: the user can copy it
  }
}
customElements.define("made-link", MadeLink);

/**
 * <made-link><input readonly>…: copies a newly created link at once if the browser permits it.
 */
class MadeLink extends HTMLElement {
  async connectedCallback() {
    const input = this.querySelector("input");
    try {
      await navigator.clipboard.writeText(input.value);
      dispatchEvent(new CustomEvent("toast", { detail: { text: "Link copied" } }));
    } catch {
      // no clipboard without a secure context or a recent click: the user can copy it
      input.select();
    }
  }
}
customElements.define("made-link", MadeLink);

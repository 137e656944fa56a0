/** <made-link><input readonly>…: a link that was just made is copied at once, where the browser lets it be. */
class MadeLink extends HTMLElement {
  async connectedCallback() {
    const input = this.querySelector("input");
    try {
      await navigator.clipboard.writeText(input.value);
      dispatchEvent(new CustomEvent("toast", { detail: { text: "Link copied" } }));
    } catch {
      input.select(); // no clipboard without a secure page or a recent press: it is ready to be copied by hand
    }
  }
}
customElements.define("made-link", MadeLink);

import { copyText } from "./copy-text.js";
/**
 * <copy-button for="ID">, <copy-button text="…"> or <copy-button address="/…">: copies a text, or
 * the whole address of one of our pages, and shows the outcome in its label.
 */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  async handleEvent(event) {
    const address = this.getAttribute("address");
    if (address && (event.metaKey || event.ctrlKey || event.shiftKey)) return;
    if (address) event.preventDefault(); // it is a link
    const source = document.getElementById(this.getAttribute("for"));
    const isCopied = await copyText(
      (address && new URL(address, location.href).href) ??
        this.getAttribute("text") ??
        source?.value ??
        source?.textContent ??
        "",
    );
    this.tell(isCopied ? "Copied" : "Not copied: this browser does not permit it");
  }
  tell(text) {
    dispatchEvent(new CustomEvent("toast", { detail: { text } }));
    const label = [...this.querySelector("button, a").childNodes].find(
      (node) => node.nodeType === 3 && node.textContent.trim(),
    );
    if (!label) return; // an icon without a label
    this.label ??= label.textContent;
    label.textContent = text.split(":")[0];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (label.textContent = this.label), 1500);
  }
}
customElements.define("copy-button", CopyButton);

/** <keep-seed seed="123">: sets the form's seed to the one that a run used. */
class KeepSeed extends HTMLElement {
  connectedCallback() {
    this.hidden = !document.querySelector("form[data-endpoint-id] [name='seed']");
    this.addEventListener("click", this);
  }
  handleEvent() {
    const control = document.querySelector("form[data-endpoint-id] [name='seed']");
    control.value = this.getAttribute("seed");
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.focus();
  }
}
customElements.define("keep-seed", KeepSeed);

/* What is typed into a form is kept as a draft: the script comes when somebody turns to a control. */
const isKept = ({ target }) => target.form?.matches("[data-draft-url]");
const come = () => import("./lazy/drafts.js");
document.addEventListener("focusin", (event) => isKept(event) && come());
for (const name of ["input", "change"]) document.addEventListener(name, (event) => isKept(event) && come().then(({ touch }) => touch()));

/** <keep-seed seed="123">: puts the seed that a run used into the form. */
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

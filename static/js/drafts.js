/*
 * Each browser tab has a draft of its own. A cookie has the id of the tab in front, so that the
 * server renders that tab's draft.
 */
const OF_TAB = "vitrine-tab";
const name = document.querySelector("#draft-state [name='~tab']");
if (name) {
  const tab = sessionStorage.getItem(OF_TAB) ?? `t${Math.random().toString(36).slice(2)}`;
  const cookie = `vitrine_tab_${document.documentElement.dataset.port}`;
  sessionStorage.setItem(OF_TAB, tab);
  const stand = () => {
    if (!document.hidden) document.cookie = `${cookie}=${tab}; path=/models/; samesite=lax`;
  };
  name.value = tab;
  stand();
  for (const sign of ["focus", "focusin", "pointerdown"]) addEventListener(sign, stand);
  document.addEventListener("visibilitychange", stand);
}
/*
 * Loads the draft script when a control of the form gets the focus.
 */
const isKept = ({ target }) => target.form?.matches("[data-draft-url]");
const come = () => import("./lazy/drafts.js");
document.addEventListener("focusin", (event) => isKept(event) && come());
for (const name of ["input", "change"])
  document.addEventListener(name, (event) => isKept(event) && come().then(({ touch }) => touch()));

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

/*
 * Each browser tab has a draft of its own. A cookie has the id of the tab in front, so that the
 * server renders that tab's draft. A tab that reloads behind others, as all do when a window is
 * restored, gets the draft of the tab in front: then it asks for its own by the address.
 */
const OF_TAB = "vitrine-tab";
const ASKED = "draft";
const state = document.getElementById("draft-state");
const name = state?.querySelector("[name='~tab']");
if (name) {
  const own = sessionStorage.getItem(OF_TAB);
  const address = new URL(location);
  const isAsked = address.searchParams.has(ASKED);
  const isOthers = own && state.dataset.drawnFor && state.dataset.drawnFor !== own;
  if (isOthers && !isAsked) {
    address.searchParams.set(ASKED, own);
    location.replace(address);
  } else {
    if (isAsked) {
      address.searchParams.delete(ASKED);
      history.replaceState(history.state, "", address);
    }
    begin(own ?? `t${Math.random().toString(36).slice(2)}`);
  }
}
/*
 * The id is stored only while the page is hidden or left: a browser copies the storage into the
 * copy of a tab, which would else write into the same draft.
 */
function begin(tab) {
  const cookie = `vitrine_tab_${document.documentElement.dataset.port}`;
  const stand = () => {
    if (document.hidden) return sessionStorage.setItem(OF_TAB, tab);
    sessionStorage.removeItem(OF_TAB);
    document.cookie = `${cookie}=${tab}; path=/models/; samesite=lax`;
  };
  name.value = tab;
  stand();
  for (const sign of ["focus", "focusin", "pointerdown", "pageshow"]) addEventListener(sign, stand);
  document.addEventListener("visibilitychange", stand);
  addEventListener("pagehide", () => sessionStorage.setItem(OF_TAB, tab));
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

/*
 * Each browser tab has a draft of its own. A cookie has the id of the tab in front, so that the
 * server renders that tab's draft. A tab that reloads behind others, as all do when a window is
 * restored, gets the draft of the tab in front: then it reloads with its own id in the address.
 */
const STORAGE_KEY = "vitrine-tab";
const PARAMETER = "draft";
const state = document.getElementById("draft-state");
const name = state?.querySelector("[name='~tab']");
if (name) {
  const own = sessionStorage.getItem(STORAGE_KEY);
  const address = new URL(location);
  const isRequested = address.searchParams.has(PARAMETER);
  const isOtherTabs = own && state.dataset.drawnFor && state.dataset.drawnFor !== own;
  if (isOtherTabs && !isRequested) {
    address.searchParams.set(PARAMETER, own);
    location.replace(address);
  } else {
    if (isRequested) {
      address.searchParams.delete(PARAMETER);
      history.replaceState(history.state, "", address);
    }
    begin(own ?? `t${Math.random().toString(36).slice(2)}`);
  }
}
/*
 * The id is stored only while the page is hidden or left: a browser that duplicates a tab copies
 * its storage, and both tabs would write into the same draft.
 */
function begin(tab) {
  const cookie = `vitrine_tab_${document.documentElement.dataset.port}`;
  const claim = () => {
    if (document.hidden) return sessionStorage.setItem(STORAGE_KEY, tab);
    sessionStorage.removeItem(STORAGE_KEY);
    document.cookie = `${cookie}=${tab}; path=/models/; samesite=lax`;
  };
  name.value = tab;
  claim();
  for (const name of ["focus", "focusin", "pointerdown", "pageshow"]) addEventListener(name, claim);
  document.addEventListener("visibilitychange", claim);
  addEventListener("pagehide", () => sessionStorage.setItem(STORAGE_KEY, tab));
}
/* Loads the script that saves the draft when a control of the form gets the focus. */
const isSaved = ({ target }) => target.form?.matches("[data-draft-url]");
const loadAutosave = () => import("./lazy/draft-autosave.js");
document.addEventListener("focusin", (event) => isSaved(event) && loadAutosave());
for (const name of ["input", "change"])
  document.addEventListener(
    name,
    (event) => isSaved(event) && loadAutosave().then(({ touch }) => touch()),
  );

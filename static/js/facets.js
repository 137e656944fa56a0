/**
 * Keeps filter sections folded or open across swaps and pages, as the user left them.
 */
const folded = JSON.parse(sessionStorage.getItem("facets") ?? "{}");
const apply = (root) => {
  for (const [id, open] of Object.entries(folded)) {
    const section = root.querySelector(`#${CSS.escape(id)}`);
    if (section) section.open = open;
  }
};
const note = (event) => {
  const section = event.target.closest("#facets summary")?.parentElement;
  if (!section) return;
  folded[section.id] = !section.open;
  sessionStorage.setItem("facets", JSON.stringify(folded));
};
addEventListener("click", note, true);
addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.id === "facets") apply(event.detail.fragment);
});
const own = document.getElementById("facets");
if (own) apply(own);

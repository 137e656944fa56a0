/*
 * While thumbnails are fetched for the first time, swaps in only those that have arrived.
 */
const BOX = "article[data-endpoint-id] > i, .tiles a > i";
const owner = (box) => {
  const { endpointId } = box.parentElement.dataset;
  return endpointId
    ? `article[data-endpoint-id="${CSS.escape(endpointId)}"]`
    : `.tiles a[href="${CSS.escape(box.parentElement.getAttribute("href"))}"]`;
};
/* “Select” starts ticking several cards; without script it is a link to the plan of a board. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-compare]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  import("./lazy/compare-pick.js").then(
    ({ start }) => start(link),
    () => location.assign(link.href),
  );
});
document.addEventListener("catalogue:changed", async () => {
  if (!document.querySelector(BOX)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const box of document.querySelectorAll(BOX)) {
    const parts = page.querySelector(owner(box))?.querySelectorAll(":scope > svg, :scope > img");
    if (parts?.length) box.replaceWith(...[...parts].map((part) => part.cloneNode(true)));
  }
});

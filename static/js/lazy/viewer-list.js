/*
 * The results that a page lists, in its order: what the viewer goes through. Links that open the
 * viewer name theirs in `data-view`, those that only stand in the list in `data-view-listed`.
 */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/\d{1,6})?$/;
const MORE_WITHIN = 4; // results before the end, at which the page loads the next ones

export const isKey = (key) => KEY.test(key);

/** The address of a result, from its key `<run>/<position>` or `<run>`. */
export function addressOf(key) {
  const [run, position] = key.split("/");
  return position === undefined ? `/runs/${run}/view/` : `/runs/${run}/artifacts/${position}/view/`;
}

/** The links of the page's results, each result once; those of a closed stack too. */
export function listed() {
  const links = new Map();
  for (const link of document.querySelectorAll("a[data-view], a[data-view-listed]")) {
    const key = link.dataset.view ?? link.dataset.viewListed;
    if (!links.has(key) && !link.closest("[hidden], dialog")) links.set(key, link);
  }
  return links;
}

/** The small picture that a link shows, if it has been loaded. */
export function stillOf(link) {
  const picture = link?.querySelector("img") ?? link?.parentElement?.querySelector("img");
  return picture?.complete && picture.naturalWidth ? picture.currentSrc : "";
}

const moreLink = () => document.querySelector(".wall-more a[hx-get]");

/** Whether the page has more results than it lists now. */
export const hasMore = () => Boolean(moreLink());

/** Lets the page load its next results when one comes near the end of those it has. */
export function loadMoreNear(position, count) {
  if (count - position <= MORE_WITHIN) moreLink()?.click();
}

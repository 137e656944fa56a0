/*
 * The results that a page lists, in its order, for the viewer. Links that open the viewer have the
 * result's key in `data-view`; links that are only in the list have it in `data-view-listed`.
 */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/\d{1,6})?$/;
const MORE_WITHIN = 4; // results before the end that cause the next ones to load

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

/** Makes the page load more results near the end of its list. */
export function loadMoreNear(position, count) {
  if (count - position <= MORE_WITHIN) moreLink()?.click();
}

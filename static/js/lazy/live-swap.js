/*
 * Swaps changed markup of runs into the page: the elements that the page contains, their pictures,
 * and the state of each run's own element, which is not swapped.
 */
const PICTURE_HOST = "vitrine-pictures-from"; // in localStorage: the latest pictures' origin
const EAGER_PICTURE = /<img src="(?!data:)([^"]+)"(?![^>]* loading="lazy")/g;

/** The elements of a response as [id, markup]: one tab parses it for all. */
export const elementsOf = (markup) =>
  [...parse(markup)].map(({ id, outerHTML }) => [id, outerHTML]);

/** Swaps in the elements that this page contains; a response may be for several tabs. */
export function swap(target, elements) {
  const markup = elements
    .filter(([id]) => document.getElementById(id))
    .map(([id, text]) => keepGroup(text, document.getElementById(id)))
    .join("");
  preloadPictures(markup);
  if (markup) htmx.swap(target, markup, { swapStyle: "none" });
}
/** Keeps a run in progress in the group of the replaced element. */
function keepGroup(markup, { dataset }) {
  if (!dataset.watch || !JSON.parse(dataset.watch).group) return markup;
  const [element] = parse(markup);
  if (element.dataset.watch) element.dataset.watch = dataset.watch;
  return element.outerHTML;
}
function parse(markup) {
  return Object.assign(document.createElement("template"), { innerHTML: markup }).content.children;
}

/** Copies each swapped status to its run's own element; follows an open log to its end. */
export function copyStatuses() {
  for (const status of document.querySelectorAll("[data-run-status]")) {
    const { dataset } = status;
    const run = status.closest("[data-run-id]");
    if (!run || run.dataset.version === dataset.version) continue;
    run.dataset.version = dataset.version;
    run.dataset.runState = dataset.runStatus;
    if (dataset.final) delete run.dataset.watch;
    const log = document.getElementById(`${run.id}-log`)?.closest("[open]");
    const isOver = dataset.final && dataset.runStatus !== "failed";
    if (isOver) log?.removeAttribute("open");
    else if (log) scrollToEnd(log.querySelector("ol"));
  }
}
/** Scrolls in the next frame: measuring now would lay out the page during a swap. */
const scrollToEnd = (list) => requestAnimationFrame(() => (list.scrollTop = list.scrollHeight));

/** Requests large pictures before the swap, which takes about as long as their download. */
function preloadPictures(markup) {
  for (const [, address] of markup.matchAll(EAGER_PICTURE)) {
    const link = Object.assign(document.createElement("link"), {
      rel: "preload",
      as: "image",
      referrerPolicy: "no-referrer",
      href: address.replaceAll("&amp;", "&"),
    });
    link.onload = link.onerror = () => link.remove();
    document.head.append(link);
    const { origin } = new URL(link.href);
    if (![location.origin, localStorage.getItem(PICTURE_HOST)].includes(origin))
      localStorage.setItem(PICTURE_HOST, origin);
  }
}
/**
 * Connects to the host of the latest picture while the next one is generated: over a distant network
 * connecting takes as long as the picture. Browsers keep unused connections for some seconds.
 */
export function preconnect() {
  const href = localStorage.getItem(PICTURE_HOST);
  if (!href) return;
  document.head.querySelector("link[rel='preconnect']")?.remove();
  document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href }));
}

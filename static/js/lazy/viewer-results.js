/* Fetches the fragments of results, each once while it is near, and reports failures. */
import { parsed } from "./server.js";
import { addressOf } from "./viewer-list.js";

const MOST_KEPT = 24;
const fetched = new Map(); // promises of documents, by key
const ahead = new Set(); // keys of those that nobody has seen yet

const REASONS = {
  403: "You may not see this result.",
  404: "This result is gone, or it is not yours to see. The arrow keys lead on.",
};

/** A failure with a sentence for the person; `mayTryAgain` if that can help. */
export class NotShown extends Error {
  constructor(sentence, mayTryAgain) {
    super(sentence);
    this.mayTryAgain = mayTryAgain;
  }
}

/** The element of a result; rejects with NotShown. The server learns that it is seen. */
export async function result(key) {
  const page = await (fetched.get(key) ?? begin(key));
  if (ahead.delete(key)) fetch(addressOf(key), { method: "HEAD" }).catch(() => {});
  return document.importNode(page.querySelector(".viewer-result"), true);
}

/** The part of a result's page that lays it over another one; null if they cannot be compared. */
export async function comparison(key, other) {
  const page = await get(`${addressOf(key)}?with=${other}`);
  return page.querySelector("template[data-before-after]");
}

/** Whether a result has been requested already. */
export const isFetched = (key) => fetched.has(key);

/** Forgets a result that has changed. */
export const forget = (key) => fetched.delete(key);

/** Fetches a result and its picture in advance. */
export function prefetch(key) {
  if (fetched.has(key)) return;
  ahead.add(key);
  begin(key, { Purpose: "prefetch" }).then(
    (page) => {
      const picture = page.querySelector("img.viewer-picture");
      if (picture) new Image().src = picture.getAttribute("src");
    },
    () => {}, // the failure is reported when it is shown
  );
}

function begin(key, headers) {
  const page = get(addressOf(key), headers);
  fetched.set(key, page);
  page.catch(() => fetched.delete(key));
  for (const oldest of fetched.keys()) {
    if (fetched.size <= MOST_KEPT) break;
    fetched.delete(oldest);
  }
  return page;
}

async function get(address, headers) {
  let answer;
  let text;
  try {
    answer = await fetch(address, { headers: { "HX-Request": "true", ...headers } });
    text = await answer.text();
  } catch {
    throw new NotShown("The server does not answer. What is in this page stays.", true);
  }
  if (answer.redirected || answer.status === 401)
    throw new NotShown("You are logged out. Log in in another tab, then try again.", true);
  if (!answer.ok)
    throw new NotShown(
      REASONS[answer.status] ?? "The server could not show this result.",
      answer.status >= 429,
    );
  return parsed(text);
}

/*
 * The JSON of long polls; `runs/live/wire.py` describes it and is the server's side.
 *
 * A watch is one run in an element's view: {run, version, view, token}, and {group} if the token
 * belongs to a group of runs. An element has view, token and group as JSON in `data-watch`.
 */
const ADDRESS = "/runs/live/";
const MAX_RUNS = 50; // watched by one tab at a time, without those of groups
const DIGITS = 8; // of a run's key, enough within its group
const TIMEOUT_MS = 20000; // after sleep a laptop may hold a dead connection
export const Status = { OK: 200, NOTHING_NEW: 204, STOPPED: 286, BAD: 400, LOGGED_OUT: 401 };

/** The watch of an element; the tray has its own attribute for a run's id. */
const watchOf = ({ dataset }) => ({
  run: dataset.runId ?? dataset.trayId,
  version: dataset.version,
  ...JSON.parse(dataset.watch),
});
/** All watches of groups, and the first `MAX_RUNS` others. */
export function watchesOfPage() {
  const all = [...document.querySelectorAll("[data-watch]")].map(watchOf);
  const { alone = [], grouped = [] } = Object.groupBy(all, ({ group }) =>
    group ? "grouped" : "alone",
  );
  return [...alone.slice(0, MAX_RUNS), ...grouped];
}
/** The run and the view of a watch, without its version and token. */
export const keyOf = ({ run, view }) => `${run} ${view}`;

/** Each run and view once, in the oldest version of all. */
export function oldest(watches) {
  const byKey = new Map();
  for (const watch of watches) {
    const other = byKey.get(keyOf(watch));
    if (!other || Number(watch.version) < Number(other.version)) byKey.set(keyOf(watch), watch);
  }
  return [...byKey.values()];
}

function encode(watches) {
  const runs = [];
  const groups = new Map();
  for (const { run, version, view, token, group } of watches) {
    if (!group) runs.push({ run, version, view, token });
    else {
      const watched = groups.get(token) ?? { group, view, token, runs: {} };
      watched.runs[run.slice(0, DIGITS)] = version;
      groups.set(token, watched);
    }
  }
  return JSON.stringify({ runs, groups: [...groups.values()] });
}

/**
 * Polls for these watches; the server holds the response until something is newer if `isHeld`.
 * → {status}, which is 0 without a response, and if there is news {markup, versions, renewed}.
 */
export async function poll(watches, isHeld, signal) {
  const headers = { "content-type": "application/json" };
  const body = encode(watches);
  const address = isHeld ? `${ADDRESS}?hold=1` : ADDRESS;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const response = await fetch(address, { method: "POST", headers, body, signal: ended });
    const news = response.status === Status.OK ? await response.json() : {};
    return { status: response.status, ...news };
  } catch {
    return { status: 0 };
  }
}

/** The watch in the version of `versions`, if its run and view are among them. */
export function withVersion(watch, versions) {
  const newer = versions.find((entry) => keyOf(entry) === keyOf(watch));
  return newer ? { ...watch, version: newer.version } : watch;
}

/** The watch with its new token, if it is among `renewed`. */
export function withToken(watch, renewed) {
  const isSame = ({ run, group }) => (group ? group === watch.group : run === watch.run);
  const fresh = renewed.find((entry) => entry.view === watch.view && isSame(entry));
  return fresh ? { ...watch, token: fresh.token } : watch;
}

/** Replaces the tokens of this page's elements: a page may be open for days. */
export function renewTokens(renewed) {
  for (const element of document.querySelectorAll("[data-watch]")) {
    const watch = watchOf(element);
    const { view, token, group } = withToken(watch, renewed);
    if (token !== watch.token) element.dataset.watch = JSON.stringify({ view, token, group });
  }
}

/*
 * The runs that the tray counts, in `localStorage`: the same for all tabs of a browser. Counts are
 * computed from it alone, without a request.
 */
export const KEY = "vitrine-tray"; // {since, seen: [run], runs: {run: [version, word]}}; unset: no runs
const MOST_SEEN = 500;
const WORDS = { succeeded: "done", failed: "failed", cancelled: "", unconfirmed: "unclear" };
export const ORDER = ["running", "done", "failed", "unclear"];

export const stored = () => ({
  since: "", // by the server's clock: runs that ended before are not counted
  seen: [],
  runs: {},
  ...JSON.parse(localStorage.getItem(KEY) ?? "null"),
});
export const wordOf = (state) => WORDS[state] ?? "running";

/** Changes the runs that all tabs share, and returns them. */
export function change(act) {
  const now = stored();
  act(now);
  now.seen = now.seen.slice(-MOST_SEEN);
  if (!news(now).length) localStorage.removeItem(KEY);
  else if (localStorage.getItem(KEY) !== JSON.stringify(now))
    localStorage.setItem(KEY, JSON.stringify(now)); // notifies the other tabs
  return now;
}
/** Whether a run is counted: in progress, or ended and not seen yet; not if cancelled. */
export const isNews = ({ seen }, id, word) => word && (word === "running" || !seen.includes(id));
export const news = (now) =>
  Object.entries(now.runs).filter(([id, [, word]]) => isNews(now, id, word));
export const counts = (now) => Object.groupBy(news(now), ([, [, word]]) => word);
/** "2 running, 1 done". */
export const inWords = (counted) =>
  ORDER.filter((word) => counted[word])
    .map((word) => `${counted[word].length} ${word}`)
    .join(", ");

/** Records a run's state unless a newer version of it is known. */
export function note(now, id, version, state) {
  const [newest, word] = now.runs[id] ?? [-1];
  if (Number(version) > newest && wordOf(state) !== word)
    now.runs[id] = [Number(version), wordOf(state)];
}

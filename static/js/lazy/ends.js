/*
 * The texts that announce ended runs, in toasts and notifications. Loaded for the first of them.
 */
const WORDS = { succeeded: "done", failed: "failed", cancelled: "cancelled" };

/** States → "Run done", "3 runs done, 1 failed". */
export function together(states) {
  const ends = states.map((state) => WORDS[state] ?? "ended");
  if (ends.length === 1) return `Run ${ends[0]}`;
  const counts = [...new Set(ends)].map((end) => [ends.filter((one) => one === end).length, end]);
  return counts
    .map(([count, end], index) => `${count}${index ? "" : count > 1 ? " runs" : " run"} ${end}`)
    .join(", ");
}

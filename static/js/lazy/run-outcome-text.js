/*
 * The texts that announce ended runs, in toasts and notifications. Loaded for the first of them.
 */
const WORDS = { succeeded: "done", failed: "failed", cancelled: "cancelled" };

/** The states of ended runs as a text: "Run done", "3 runs done, 1 failed". */
export function outcomeText(states) {
  const outcomes = states.map((state) => WORDS[state] ?? "ended");
  if (outcomes.length === 1) return `Run ${outcomes[0]}`;
  const counts = Object.entries(Object.groupBy(outcomes, (outcome) => outcome));
  return counts
    .map(([outcome, { length }], index) => {
      const noun = index ? "" : length > 1 ? " runs" : " run";
      return `${length}${noun} ${outcome}`;
    })
    .join(", ");
}

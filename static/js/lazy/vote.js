/**
 * Keys of a ballot: ← or 1 and → or 2 choose a side, 0 or the space bar neither. The next ballot
 * gets the focus.
 */
const CHOICES = { ArrowLeft: "1", 1: "1", ArrowRight: "2", 2: "2", 0: "0", " ": "0" };
const OWN_KEYS = "input, textarea, select, video, audio"; // arrows seek in a film
const PRESSED_BY_SPACE = "button, a, summary";
addEventListener("keydown", (event) => {
  const isPlain = !event.metaKey && !event.ctrlKey && !event.altKey && !event.repeat;
  const value = CHOICES[event.key];
  if (!isPlain || !value || event.target.closest?.(OWN_KEYS)) return;
  if (event.key === " " && event.target.closest?.(PRESSED_BY_SPACE)) return;
  const button = document.querySelector(`#ballot [name="choice"][value="${value}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const ballot = document.getElementById("ballot");
  if (ballot && (target === ballot || target.id === "ballot")) ballot.focus();
});

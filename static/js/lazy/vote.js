/** Keys of a ballot: 1 and 2 choose a side, 0 neither. The next ballot gets the focus. */
addEventListener("keydown", (event) => {
  const isPlain = !event.metaKey && !event.ctrlKey && !event.altKey && !event.repeat;
  if (!isPlain || event.target.closest?.("input, textarea, select")) return;
  const button = document.querySelector(`#ballot [name="choice"][value="${event.key}"]`);
  if (!/^[012]$/.test(event.key) || !button || button.disabled) return;
  event.preventDefault();
  button.click();
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const ballot = document.getElementById("ballot");
  if (ballot && (target === ballot || target.id === "ballot")) ballot.focus();
});

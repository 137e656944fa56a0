/*
 * Normalizes keys for all handlers of a page: this listener runs before all others.
 * A key used by an input method, such as Return that confirms a composition, reaches no handler;
 * Safari's has the number 229 and no `isComposing`, because the composition has just ended.
 * Commands and keys outside of texts get the letter or digit of their physical place, in lower
 * case, on layouts without Latin letters or whose digits need Shift, and with Caps Lock.
 */
const TEXTS = "textarea, select, input:not([type='checkbox'], [type='radio'], [type='range'])";
const SIGNS = /^[-+=[\]/?]$/; // signs that are shortcuts themselves
function keyOf({ key, code, shiftKey }) {
  if (/^[A-Z]$/.test(key)) return shiftKey ? key : key.toLowerCase();
  const [, isLetter, place] = /^(?:(Key)|Digit)(\w)$/.exec(code) ?? [];
  const isForeign = isLetter ? /[^\0-~]/.test(key) : !shiftKey && !SIGNS.test(key);
  if (!place || !isForeign) return key;
  return shiftKey ? place : place.toLowerCase();
}
addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing || event.keyCode === 229) return event.stopImmediatePropagation();
    const isCommand = event.ctrlKey || event.metaKey;
    const isText = event.target.closest?.(`${TEXTS}, [contenteditable]`);
    if (event.key && (isCommand || !isText))
      Object.defineProperty(event, "key", { value: keyOf(event) });
  },
  { capture: true },
);

/* The wheel scrolls the page; over a number with the focus, browsers would change its value. */
document.addEventListener(
  "wheel",
  ({ target }) => {
    if (target.type === "number" && target === document.activeElement) target.blur();
  },
  { capture: true, passive: true },
);

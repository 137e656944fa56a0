/*
 * Keys, as every handler of a page gets them: this listener comes before all others.
 * A key that an input method takes (Return, which confirms a composition) reaches none of them;
 * Safari's has the number 229 and no `isComposing`, because the composition has just ended.
 * Commands and keys outside of texts have the letter or digit of their place, in lower case, on a
 * layout without Latin letters, on one whose digits need Shift, and with Caps Lock.
 */
const TEXTS = "textarea, select, input:not([type='checkbox'], [type='radio'], [type='range'])";
const SIGNS = /^[-+=[\]/?]$/; // which have meanings of their own
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

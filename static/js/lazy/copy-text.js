/**
 * Copies a text; returns whether it succeeded. Without a secure context (plain HTTP) browsers have
 * no `navigator.clipboard`, but copy what is selected.
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}
function copySelected(text) {
  const before = document.activeElement;
  const area = Object.assign(document.createElement("textarea"), { value: text });
  area.className = "visually-hidden";
  // outside an open dialog nothing can be selected
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return isCopied;
}

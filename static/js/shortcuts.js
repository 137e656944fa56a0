/**
 * `/` focuses the search box unless a text control has the focus, ⌘K or Ctrl+K opens the command
 * palette, Escape leaves the box.
 */
/* Focuses the first field of a page opened by the palette: the search box if it is the page's. */
const begin = () => {
  const fields = document.querySelectorAll(
    ".find input[form], main :is(textarea, select, input:not([type='hidden']))",
  );
  const first = [...fields].find((field) => field.checkVisibility?.({ visibilityProperty: true }));
  if (!document.querySelector("[autofocus]")) first?.focus({ preventScroll: true });
};
if (sessionStorage.getItem("begin") !== null) {
  sessionStorage.removeItem("begin");
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
}
/**
 * Opens the command palette at once and empty. It takes every key from then on: what is typed
 * before its list has arrived would otherwise press keys of the page, such as V in the viewer.
 */
const jump = async (address = "/jump/?") => {
  const shell = document.getElementById("palette"); // guests have none
  if (!shell || document.querySelector("dialog[open]:not(.viewer)")) return;
  const shown = document.importNode(shell.content, true).firstElementChild;
  shown.addEventListener("close", () => shown.remove());
  // The second press of a double click lands beside it: the focus stays in its field.
  shown.addEventListener("mousedown", (event) => event.target === shown && event.preventDefault());
  document.body.append(shown);
  shown.showModal();
  try {
    const [{ fill }, listAddress] = await Promise.all([
      import("./lazy/command-palette.js"),
      address,
    ]);
    if (listAddress) fill(shown, listAddress);
    else shown.close();
  } catch ({ sentence }) {
    shown.close();
    const text = sentence ?? "The server does not answer. What is in this page stays; try again.";
    dispatchEvent(new CustomEvent("toast", { detail: { text } }));
  }
};
/*
 * Keys of one page, such as R for its Remix button (`data-shortcut="r"`); `?` lists them all.
 * `vitrine-keys` turns them off.
 */
const KEYS = /^([a-z?]|Arrow(Left|Right)| )$/;
addEventListener("keydown", (event) => {
  const { key, target, defaultPrevented, repeat, metaKey, ctrlKey, altKey } = event;
  if (!KEYS.test(key) || defaultPrevented || repeat || metaKey || ctrlKey || altKey) return;
  if (target.closest?.("input, textarea, select, [contenteditable], video, audio, dialog")) return;
  if (key !== "?" && localStorage.getItem("vitrine-keys") === "off") return;
  if (document.querySelector("dialog[open]")) return;
  if (/[a-z]/.test(key) && key.length === 1 && !document.querySelector(`[data-shortcut="${key}"]`))
    return;
  if (key === " ") {
    if (
      target.closest?.("button, a, summary") ||
      !document.querySelector(".artifact video, .artifact audio")
    )
      return;
    event.preventDefault(); // it would scroll
  }
  import("./lazy/keys.js").then(({ press }) => press(key, target));
});
addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-keys]")) import("./lazy/keys.js").then(({ press }) => press("?"));
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  const isPlain = !event.metaKey && !event.ctrlKey && !event.altKey;
  if (event.key === "/" && !isTyping && isPlain) {
    event.preventDefault();
    document.querySelector("[data-shortcut='/']")?.focus();
  } else if (
    event.key === "k" &&
    (event.metaKey || event.ctrlKey) &&
    !event.altKey &&
    !event.shiftKey &&
    document.querySelector("[data-shortcut='/']")
  ) {
    event.preventDefault();
    jump();
  } else if (event.key === "Escape" && event.target.dataset?.shortcut === "/") {
    event.target.blur();
  }
});
const listOf = (link) => `${link.pathname}${link.search || "?"}${link.search && "&"}dialog`;
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-jump]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  jump(listOf(link));
});
/* Forms that make what is then used: the palette is open at once, so a second press does nothing. */
addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (!target.matches("form[data-jump]")) return;
  event.preventDefault();
  jump(import("./lazy/film-frames.js").then(({ take }) => take(target, submitter)).then(listOf));
});
/* The detail is a promise of the link whose targets are listed: the viewer may still load it. */
addEventListener("jump", ({ detail }) => jump(detail.then((link) => link && listOf(link))));

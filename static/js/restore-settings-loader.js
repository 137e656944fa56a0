/*
 * Loads the script that restores a run's settings from a file: at the first drag, pasted file or
 * "Open a run file …".
 */
const load = () => import("./lazy/restore-settings.js");
document.addEventListener(
  "dragenter",
  (event) => event.dataTransfer && load().then(({ enter }) => enter(event)),
  { once: true },
);
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (
    !files.length ||
    event.defaultPrevented ||
    event.clipboardData.types.includes("text/plain") ||
    event.target.closest?.("media-field, dialog")
  )
    return;
  event.preventDefault();
  load().then(({ paste }) => paste(files));
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-open-run]") || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  document.getElementById("presets")?.hidePopover?.();
  load().then(({ choose }) => choose());
});

/* What a drop of a picture or a run file does, a pasted file, and "Open a run file …": the script comes with the first of them. */
const come = () => import("./lazy/restoring.js");
document.addEventListener("dragenter", (event) => event.dataTransfer && come().then(({ enter }) => enter(event)), { once: true });
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || event.defaultPrevented || event.clipboardData.types.includes("text/plain") || event.target.closest?.("media-field, dialog")) return;
  event.preventDefault();
  come().then(({ paste }) => paste(files));
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-open-run]") || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  document.getElementById("presets")?.hidePopover?.();
  come().then(({ choose }) => choose());
});

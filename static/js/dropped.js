/* What a drop of a picture or a run file does, and "Open a run file …": the script comes with the first drag or press. */
const come = () => import("./lazy/restoring.js");
document.addEventListener("dragenter", (event) => event.dataTransfer && come().then(({ enter }) => enter(event)), { once: true });
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-open-run]") || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  document.getElementById("presets")?.hidePopover?.();
  come().then(({ choose }) => choose());
});

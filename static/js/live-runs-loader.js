/**
 * Loads the script of <live-runs> on pages with a run to watch; on pages that can start one, at the
 * first focus in the form.
 */
const load = () => import("./lazy/live-runs.js");
const loadIfWatched = () => document.querySelector("[data-watch]") && load();
for (const name of ["DOMContentLoaded", "htmx:load", "htmx:afterSettle", "tray:shown"])
  document.addEventListener(name, loadIfWatched);
for (const name of ["focusin", "pointerdown"])
  document.addEventListener(name, ({ target }) => target.form?.id === "playground-form" && load(), {
    passive: true,
  });

/**
 * Loads the script of <live-runs> for pages that have a run to watch; where one can be started, at
 * the first focus in the form.
 */
const come = () => import("./lazy/live-runs.js");
const look = () => document.querySelector("[data-watch]") && come();
for (const name of ["DOMContentLoaded", "htmx:load", "htmx:afterSettle", "tray:shown"])
  document.addEventListener(name, look);
for (const name of ["focusin", "pointerdown"])
  document.addEventListener(name, ({ target }) => target.form?.id === "playground-form" && come(), {
    passive: true,
  });

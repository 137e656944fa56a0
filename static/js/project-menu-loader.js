/** Loads the list of projects when the header's menu is opened. */
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.open || !target.matches("[data-menu]")) return;
    import("./lazy/project-menu.js")
      .then(({ show }) => show(target))
      .catch(() =>
        dispatchEvent(
          new CustomEvent("toast", {
            detail: { text: "The projects could not be loaded. Open the menu again." },
          }),
        ),
      );
  },
  { capture: true },
);

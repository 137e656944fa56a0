/** `/` goes to the search box from anywhere but a text; Escape leaves it. */
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.metaKey && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    document.querySelector("[data-shortcut='/']")?.focus();
  } else if (event.key === "Escape" && event.target.dataset?.shortcut === "/") {
    event.target.blur();
  }
});

/** Every star of an endpoint turns at once when one is pressed, and turns back when the server refuses. */
const turn = (address, isStarred) => {
  for (const star of document.querySelectorAll(".star")) {
    if (star.getAttribute("formaction") !== address) continue;
    star.setAttribute("aria-pressed", isStarred);
    star.value = isStarred ? "0" : "1";
  }
};
const wantsStar = (event) => event.detail.requestConfig?.parameters?.starred === "1";
const isAboutStar = (event) => event.detail.requestConfig?.path?.startsWith("/favourites/");
document.addEventListener("htmx:beforeSend", (event) => {
  if (isAboutStar(event)) turn(event.detail.requestConfig.path, wantsStar(event));
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isAboutStar(event)) return;
  const { elt, successful } = event.detail;
  if (!successful) turn(event.detail.requestConfig.path, !wantsStar(event));
  else if (elt.matches(".undo")) elt.closest("toast-note").remove();
});

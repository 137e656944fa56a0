/* One line at the page's corner, announced politely; <toast-note> takes itself away. */
function toast(text) {
  const note = document.createElement("toast-note");
  note.textContent = text;
  document.getElementById("toasts").append(note);
}
addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 403 || status === 401) toast("You are logged out. Log in in another tab, then try again here: what you typed is still in this page.");
  else if (!event.target.closest("live-runs")) toast(`The server answered ${status}. Nothing was changed; try again.`);
});
document.addEventListener("htmx:sendError", (event) => {
  if (!event.target.closest("live-runs")) toast("The server does not answer. What is in this page stays; try again.");
});
/* What a button of a note did is done: the answer brings a note of its own. */
document.addEventListener("htmx:afterRequest", ({ detail: { successful, elt } }) => {
  if (successful) elt.closest?.("toast-note")?.remove();
});
document.addEventListener("run:finished", (event) => {
  toast({ succeeded: "Run done", failed: "Run failed", cancelled: "Run cancelled" }[event.detail.state] ?? "Run ended");
});

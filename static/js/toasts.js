/* One line at the page's corner, announced politely; <toast-note> takes itself away. */
function toast(text, link) {
  const shown = [...document.querySelectorAll("#toasts > toast-note")].find((one) => one.firstChild.textContent === text);
  if (shown) {
    shown.wait(); // said again, it stays for longer
    return shown;
  }
  const note = document.createElement("toast-note");
  note.append(text, ...(link ? [" ", link] : []));
  document.getElementById("toasts").append(note);
  return note;
}
const logIn = () => document.getElementById("log-in").content.cloneNode(true);
addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value));
document.addEventListener("htmx:responseError", (event) => {
  if (event.target.closest("live-runs")) return; // which says by itself what ails it
  const status = event.detail.xhr.status;
  if (status === 403 || status === 401) toast("You are logged out. What you typed is still in this page: log in, then try again here.", logIn());
  else toast(`The server answered ${status}. Nothing was changed; try again.`);
});
document.addEventListener("htmx:sendError", (event) => {
  if (!event.target.closest("live-runs")) toast("The server does not answer. What is in this page stays; try again.");
});
/* What a button of a note did is done: the answer brings a note of its own. */
document.addEventListener("htmx:afterRequest", ({ detail: { successful, elt } }) => {
  if (successful) elt.closest?.("toast-note")?.remove();
});

/* Runs that ended are told in one note together, but for those whose end is before somebody's eyes. */
const SEEN_PX = 80;
const SCROLLED_MS = 1000; // a smooth scroll takes less
let note;
let ended = [];
document.addEventListener("run:finished", ({ target, detail: { state } }) => {
  if (isSeen(target)) return;
  // One that is shown large and ended at once is still being scrolled to.
  if (document.hidden || !target.matches(".stage-run")) tell(target, state);
  else setTimeout(() => isSeen(target) || tell(target, state), SCROLLED_MS);
});
async function tell(target, state) {
  const { together } = await import("./lazy/ends.js");
  if (!note?.isConnected) ended = [];
  ended.push(state);
  // Isolated, so that a title that is read from right to left stays within its half.
  const title = ended.length === 1 && target.dataset.title ? `: \u2068${target.dataset.title}\u2069` : "";
  const words = together(ended) + title;
  if (!note?.isConnected) note = toast(words);
  else {
    note.textContent = words;
    note.wait();
  }
}
function isSeen(run) {
  if (document.hidden || !run.matches(".stage-run")) return false;
  const { top, bottom } = run.getBoundingClientRect();
  return Boolean(run.closest(".run-page")) || Math.min(bottom, innerHeight) - Math.max(top, 0) > SEEN_PX;
}

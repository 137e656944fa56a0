/* Toasts in the page's corner, announced politely; <toast-note> removes itself. */
function toast(text, link) {
  const shown = [...document.querySelectorAll("#toasts > toast-note")].find(
    (other) => other.firstChild.textContent === text,
  );
  if (shown) {
    shown.wait(); // repeated: restart its timer
    return shown;
  }
  const note = document.createElement("toast-note");
  note.append(text, ...(link ? [" ", link] : []));
  document.getElementById("toasts").append(note);
  return note;
}
const logIn = () => document.getElementById("log-in").content.cloneNode(true);
addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value));
/* Answers with an error are rare; without the script that explains them, they have their number. */
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) =>
  import("./lazy/response-errors.js").then(
    ({ explain }) => explain(xhr, toast, hasPlace),
    () => toast(`The server answered ${xhr.status}. Try again.`),
  ),
);
/* Whether a refusal has a place in the page, where it is swapped in without losing typed text. */
const hasPlace = (markup) => /data-refused/.test(markup) && /hx-swap-oob/.test(markup);
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { status, responseText } = detail.xhr;
  if ((status === 402 || status === 403) && hasPlace(responseText)) detail.shouldSwap = true;
});
document.addEventListener("htmx:oobAfterSwap", ({ target }) =>
  target.querySelector?.("[data-refused]")?.scrollIntoView({ block: "nearest" }),
);
document.addEventListener("htmx:sendError", () =>
  toast("The server does not answer. What is in this page stays; try again."),
);
/* One notice while logged out, whether a poll, a draft or a button has detected it. */
const LOGGED_OUT =
  "You are logged out. Runs go on, and what you typed is still in this page: " +
  "log in, then go on here.";
function loggedOut(is) {
  const line = document.querySelector("#toasts [data-logged-out]");
  if (!is || line) return is || line?.remove();
  const fresh = document.createElement("p");
  fresh.dataset.loggedOut = "";
  fresh.append(LOGGED_OUT, " ", logIn());
  document.getElementById("toasts").append(fresh);
}
addEventListener("logged-out", ({ detail }) => loggedOut(detail));
document.addEventListener(
  "htmx:afterRequest",
  ({ detail }) => detail.successful && loggedOut(false),
);
/* Removes a toast after its button was used: the response has its own toast. */
document.addEventListener("htmx:afterRequest", ({ detail: { successful, elt } }) => {
  if (successful) elt.closest?.("toast-note")?.remove();
});

/*
 * Announces ended runs in one toast, except those that are visible.
 */
const SHOWN = ".stage-run, .try-runs > li, .run-tile, .answered"; // with the result, not just a line
const SEEN_PX = 80;
const SCROLLED_MS = 1000; // longer than a smooth scroll
let note;
let ended = [];
document.addEventListener("run:finished", ({ target, detail: { state } }) => {
  if (document.hidden || !target.matches(SHOWN)) return tell(target, state);
  // In the next frame: measuring now would lay out the page in the middle of a swap.
  requestAnimationFrame(() => {
    if (isSeen(target)) return;
    // The page may still be scrolling to a run that ended at once.
    setTimeout(() => isSeen(target) || tell(target, state), SCROLLED_MS);
  });
});
async function tell(target, state) {
  const { outcomeText } = await import("./lazy/run-outcome-text.js");
  if (!note?.isConnected) ended = [];
  ended.push(state);
  // Isolated, so that a right-to-left title does not reorder the rest.
  const title =
    ended.length === 1 && target.dataset.title ? `: \u2068${target.dataset.title}\u2069` : "";
  const text = outcomeText(ended) + title;
  if (!note?.isConnected) note = toast(text);
  else {
    note.textContent = text;
    note.wait();
  }
}
function isSeen(run) {
  if (document.hidden) return false;
  const { top, bottom } = run.getBoundingClientRect();
  return (
    Boolean(run.closest(".run-page")) || Math.min(bottom, innerHeight) - Math.max(top, 0) > SEEN_PX
  );
}

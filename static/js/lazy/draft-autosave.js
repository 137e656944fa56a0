/*
 * Saves a form with data-draft-url on the server: after each pause in typing, periodically during
 * it, and before the page is left. One save at a time; a failed save is retried, and after some
 * seconds the page shows a notice. Each tab has a draft of its own (playground/form/drafts.py).
 * Loaded at the first focus.
 */
const PAUSE_MS = 500;
const LONGEST_MS = 4000;
const RETRY_MS = 2000;
const SILENT_MS = 5000;
const MEASURED_AFTER_MS = 800; // a worker measures an uploaded file; pauses between requests grow:
const MEASURED_GROWTH = 1.3;
const MEASURED_EVERY_MS = 15000;
const MOST_ON_LEAVING = 60000; // bytes; browsers reject larger keepalive requests
const SOURCES = ["input", "preset", "run", "saved", "example", "prompt", "series"];
const AWAY = "Not saved yet: the server does not answer. It is tried again automatically.";
/*
 * A field may be named "id" or "dataset" and shadow a form's property, so only attributes are safe.
 */
const form = () => document.querySelector("form[data-draft-url]");
const stateInput = (name) => document.querySelector(`#draft-state [name="~${name}"]`);
let timer, tooLong, saving, failingSince;
let isPending = false;
let measuredAfter = MEASURED_AFTER_MS;

/** Called on input. */
export function touch() {
  isPending = true;
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE_MS);
  tooLong ??= setTimeout(save, LONGEST_MS);
}
async function save() {
  await saving;
  clearTimeout(timer);
  clearTimeout(tooLong);
  tooLong = undefined;
  if (!isPending || !form()) return;
  isPending = false;
  saving = send();
  await saving;
  saving = undefined;
}
function typed() {
  const data = new FormData(form());
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}
async function send() {
  let answer;
  try {
    answer = await fetch(form().getAttribute("data-draft-url"), {
      method: "POST",
      body: typed(),
      redirect: "manual",
    });
  } catch {
    return again(AWAY);
  }
  const isLoggedOut = answer.type === "opaqueredirect" || answer.status === 403;
  dispatchEvent(new CustomEvent("logged-out", { detail: isLoggedOut }));
  if (isLoggedOut) return again("");
  if (answer.status >= 500 || answer.status === 429) return again(AWAY);
  failingSince = undefined;
  const saved = await answer.json().catch(() => ({}));
  say(saved.error ?? "");
  if (saved.version) taken(saved.version);
  if (saved.cost) price(saved.cost);
  if (saved.cost?.is_measuring) askAgain();
  else measuredAfter = MEASURED_AFTER_MS;
}
/** Saves again later, to get the cost: a busy worker may take minutes to measure a file. */
function askAgain() {
  isPending = true;
  clearTimeout(timer);
  timer = setTimeout(save, measuredAfter);
  measuredAfter = Math.min(measuredAfter * MEASURED_GROWTH, MEASURED_EVERY_MS);
}
/** Shows what a run of the form will cost, and how that is computed. */
function price({ words, is_known: isKnown, head, lines, named }) {
  const [cost, basis] = ["run-cost", "run-basis"].map((id) => document.getElementById(id));
  if (!cost || !basis) return;
  cost.textContent = words;
  basis.hidden = !head;
  cost.toggleAttribute("data-unknown", !isKnown);
  basis.querySelector("[data-head]").textContent = head;
  list(basis.querySelector("[data-lines]"), lines);
  list(document.querySelector("#run-named > ul"), named);
}
function list(place, lines) {
  const now = [...place.children].map(({ textContent }) => textContent);
  if (now.join("\n") === lines.join("\n")) return; // announced once
  const items = lines.map((textContent) =>
    Object.assign(document.createElement("li"), { textContent, dir: "auto" }),
  );
  place.replaceChildren(...items);
}
function taken(version) {
  if (stateInput("version")) stateInput("version").value = version;
  stateInput("filled")?.remove();
  const address = new URL(location);
  for (const name of SOURCES) address.searchParams.delete(name);
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}
function again(text) {
  isPending = true;
  failingSince ??= Date.now();
  if (Date.now() - failingSince >= SILENT_MS || !text) say(text);
  timer = setTimeout(save, RETRY_MS);
}
function say(text) {
  const note = document.getElementById("draft-note");
  if (!note || note.textContent === text) return;
  note.textContent = text;
  note.hidden = !text;
}
/*
 * The server also saves the contents of a submitted form; later input is saved afterwards.
 */
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt === form()) isPending = false;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt !== form()) return;
  if (!detail.successful) touch();
});
document.addEventListener("visibilitychange", () => document.hidden && save());
addEventListener("online", () => save());
addEventListener("pagehide", () => {
  if (!isPending || !form()) return;
  const body = typed();
  const size = [...body].reduce((sum, [name, text]) => sum + name.length + text.length + 100, 0);
  fetch(form().getAttribute("data-draft-url"), {
    method: "POST",
    body,
    keepalive: size < MOST_ON_LEAVING,
  }).catch(() => {});
});
addEventListener("beforeunload", (event) => isPending && failingSince && event.preventDefault());
document.addEventListener("click", async (event) => {
  /* A tab of the model page shows the form's content, so it waits for the draft. */
  const link = event.target.closest?.(".tabs a");
  if (!link || !isPending || event.metaKey || event.ctrlKey || event.button) return;
  event.preventDefault();
  await save();
  location.href = link.href;
});

/*
 * A picture that was made here, a run file, or a run's thumbnail, dropped anywhere but on a media field:
 * its settings come back. Loaded when something is first dragged over a page.
 */
const HASHED_HERE = 64 << 20; // bytes; what is larger is sent, and hashed by the server
const FIELDS = "media-field, form-rows, dialog, [contenteditable]";
const RUN = /\/runs\/[0-9a-f-]{36}\//;
const ADDRESS = "/restorations/";
let hint, depth = 0;

const isOurs = ({ dataTransfer, target }) =>
  !target.closest?.(FIELDS) && (dataTransfer.types.includes("Files") || (dataTransfer.types.includes("text/uri-list") && !target.closest?.("input, textarea")));

export function enter(event) {
  depth += 1;
  if (!isOurs(event) && !hint) return;
  hint ??= Object.assign(document.createElement("p"), { className: "drop-hint", textContent: "Drop a picture made here, or a run file, and its settings come back" });
  hint.setAttribute("role", "status");
  document.body.append(hint);
}
function leave() {
  depth = Math.max(0, depth - 1);
  if (!depth) hint?.remove();
}
function over(event) {
  const ours = isOurs(event);
  hint?.toggleAttribute("hidden", !ours);
  if (!ours) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
}
function drop(event) {
  depth = 0;
  hint?.remove();
  if (!isOurs(event)) return;
  event.preventDefault();
  const link = event.dataTransfer.getData("text/uri-list").split(/[\r\n]+/).find((line) => RUN.test(line) && line.startsWith(location.origin));
  const file = event.dataTransfer.files[0];
  if (link) ask({ address: link });
  else if (file) restore(file);
}
/** Finds a file's settings: by its SHA-256, or sent whole where that cannot be taken here. */
export async function restore(file) {
  const isRunFile = file.type === "application/json" || file.name.endsWith(".json");
  if (isRunFile || file.size > HASHED_HERE || !crypto.subtle) return ask({ file });
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return ask({ digest: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") });
}
async function ask(what) {
  const body = new FormData();
  for (const [name, value] of Object.entries(what)) body.append(name, value);
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  const options = { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token }, redirect: "manual" };
  const answer = await fetch(ADDRESS, options).catch(() => null);
  if (!answer) return say("The server does not answer. Nothing was changed; try again.");
  if (answer.type === "opaqueredirect" || answer.status === 403) return say("You are logged out. Log in in another tab, then try again here.");
  const told = await answer.json().catch(() => ({ error: `The server answered ${answer.status}. Nothing was changed; try again.` }));
  if (told.error) return say(told.error);
  if (!document.querySelector(`form[data-endpoint-id="${CSS.escape(told.endpoint_id)}"]`)) return say(told.words.replace("are back", `are for ${told.name}`), told);
  document.dispatchEvent(new CustomEvent("form:fill", { detail: { fill: told.fill } })); // the form itself says what came back
}
function say(words, found) {
  const note = document.createElement("toast-note");
  note.textContent = `${words} `;
  if (found) note.append(Object.assign(document.createElement("a"), { href: found.address, textContent: "Open it there" }));
  document.getElementById("toasts").append(note);
}
export function choose() {
  const input = Object.assign(document.createElement("input"), { type: "file" });
  input.addEventListener("change", () => input.files[0] && restore(input.files[0]));
  input.click();
}
for (const [name, act] of Object.entries({ dragenter: enter, dragleave: leave, dragover: over, drop })) document.addEventListener(name, act);
document.addEventListener("dragend", () => ((depth = 0), hint?.remove()));

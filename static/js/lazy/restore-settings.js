/*
 * Restores a run's settings from a picture made here, a run file or a run's thumbnail that is
 * dropped anywhere but on a media field. Any other dropped or pasted file goes to a field that
 * takes its kind. On the page of a data set all files go into it. Loaded at the first drag over the
 * page or pasted file.
 */
const HASHED_HERE = 64 << 20; // bytes; larger files are sent and hashed by the server
const FIELDS = "media-field, form-rows, dialog, [contenteditable], input[type=file]";
const RUN = /\/runs\/[0-9a-f-]{36}\//;
const ADDRESS = "/restorations/";
const COOKIE = new RegExp(`(?:^|; )vitrine_csrf_${document.documentElement.dataset.port}=([^;]+)`);
let hint,
  depth = 0;

const DATASET = "dataset-files:defined";
const WORDS = "Drop a picture made here, or a run file, and its settings come back";
const DATASET_WORDS = "Drop the files anywhere: they go into the data set";

const isOurs = ({ dataTransfer, target }) =>
  !target.closest?.(FIELDS) &&
  (dataTransfer.types.includes("Files") ||
    (dataTransfer.types.includes("text/uri-list") && !target.closest?.("input, textarea")));

export function enter(event) {
  depth += 1;
  if (!isOurs(event) && !hint) return;
  hint ??= Object.assign(document.createElement("p"), {
    className: "drop-hint",
    textContent: document.querySelector(DATASET) ? DATASET_WORDS : WORDS,
  });
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
  const link = event.dataTransfer
    .getData("text/uri-list")
    .split(/[\r\n]+/)
    .find((line) => RUN.test(line) && line.startsWith(location.origin));
  const files = [...event.dataTransfer.files];
  const dataset = document.querySelector(DATASET);
  if (dataset && files.length) return dataset.take(files);
  const field = files.length ? taker(files, event.target.closest(".field")) : null;
  if (field?.closest(".field").contains(event.target)) ready().then(() => give(field, files));
  else if (link) ask({ address: link });
  else if (files.length) restore(files[0], field && (() => paste(files)));
}
/** Files dropped or pasted outside a media field. */
export async function paste(files) {
  const dataset = document.querySelector(DATASET);
  if (dataset) return dataset.take(files);
  await ready(); // choose the field afterwards: one may have been filled meanwhile
  const field = taker(files);
  if (field) give(field, files);
}
/**
 * The field for such files: `own` if it takes them, else the first visible one with room.
 */
function taker(files, own) {
  const isFor = (kind) =>
    kind === "file" || files.every((file) => file.type.startsWith(`${kind}/`));
  const inSight = [
    ...document.querySelectorAll(
      "form[data-endpoint-id] media-field[upload-url], " +
        "form[data-endpoint-id] form-rows:has(> .rows-foot [name$='~files'])",
    ),
  ].filter((field) => field.checkVisibility());
  const fitting = inSight.filter((field) =>
    isFor(
      field.dataset.media ??
        (field.querySelector("[name$='~files']").accept.split("/")[0] || "file"),
    ),
  );
  const hasRoom = (field) =>
    !("mask" in field.dataset) &&
    (field.localName === "form-rows" ||
      (files.length === 1 && !field.dataset.state && !field.querySelector("[type='text']").value));
  return fitting.find((field) => own && field.closest(".field") === own) ?? fitting.find(hasRoom);
}
const ready = () => Promise.all([import("./form-media.js"), import("./form-rows.js")]);
function give(field, files) {
  if (field.localName === "form-rows") field.take(files);
  else
    field.upload(
      files[0],
      files.length > 1 ? `Only ${files[0].name} was taken: this field holds one file.` : "",
    );
  field.scrollIntoView({ block: "nearest" });
}
/** Finds a file's settings by its SHA-256; sends the whole file if it cannot be hashed here. */
export async function restore(file, otherwise) {
  const isRunFile = file.type === "application/json" || file.name.endsWith(".json");
  if (otherwise && !isRunFile && file.size > HASHED_HERE) return otherwise();
  if (isRunFile || file.size > HASHED_HERE || !crypto.subtle) return ask({ file });
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return ask(
    { digest: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") },
    otherwise,
  );
}
async function ask(what, otherwise) {
  const body = new FormData();
  for (const [name, value] of Object.entries(what)) body.append(name, value);
  const token = document.cookie.match(COOKIE)?.[1] ?? "";
  const options = {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": token },
    redirect: "manual",
  };
  const answer = await fetch(ADDRESS, options).catch(() => null);
  if (!answer) return say("The server does not answer. Nothing was changed; try again.");
  if (answer.type === "opaqueredirect" || answer.status === 403)
    return say("You are logged out. Log in in another tab, then try again here.");
  const restored = await answer.json().catch(() => ({
    error: `The server answered ${answer.status}. Nothing was changed; try again.`,
  }));
  if (restored.error) return otherwise ? otherwise() : say(restored.error);
  if (!document.querySelector(`form[data-endpoint-id="${CSS.escape(restored.endpoint_id)}"]`))
    return say(restored.words.replace("are back", `are for ${restored.name}`), restored);
  // the form shows what was restored
  document.dispatchEvent(new CustomEvent("form:fill", { detail: { fill: restored.fill } }));
}
function say(text, restored) {
  const note = document.createElement("toast-note");
  note.textContent = `${text} `;
  if (restored)
    note.append(
      Object.assign(document.createElement("a"), {
        href: restored.address,
        textContent: "Open it there",
      }),
    );
  document.getElementById("toasts").append(note);
}
export function choose() {
  const input = Object.assign(document.createElement("input"), { type: "file" });
  input.addEventListener("change", () => input.files[0] && restore(input.files[0]));
  input.click();
}
for (const [name, act] of Object.entries({
  dragenter: enter,
  dragleave: leave,
  dragover: over,
  drop,
}))
  document.addEventListener(name, act);
document.addEventListener("dragend", () => ((depth = 0), hint?.remove()));

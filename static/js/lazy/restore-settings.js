/*
 * Shows the origin of a file pasted, or dropped outside media fields, and the actions for it: a
 * file made here, a recipe, a ZIP with recipes, or a run's thumbnail. On the page of its model, the
 * settings are restored at once. Other files go to a field that takes their kind, or else are
 * offered as inputs. The page of a series takes all files. Loaded at the first drag over the page
 * or pasted file.
 */
import { csrfToken, digestOf } from "./server.js";
const HASHED_HERE = 64 << 20; // bytes; larger files are sent and hashed by the server
const ZIP_TAIL = 16 << 20; // bytes sent of a larger ZIP: its recipes are at its end
const SEARCHED = 1 << 20; // bytes at both ends of a picture to search for the keyword
// The keyword of a recipe within a picture; one without it need not be sent to the server.
const KEYWORD = "vitrine\0";
const FIELDS = "media-field, form-rows, dialog, [contenteditable], input[type=file]";
const RUN = /\/runs\/[0-9a-f-]{36}\//;
const ADDRESS = "/restorations/";
let hint,
  depth = 0;

const TAKES_ALL = "form[data-takes-files]";
const WORDS = "Drop a file: its settings come back if it was made here, else use it as an input";
const SERIES_WORDS = "Drop the files anywhere: they go into the series";

const isOurs = ({ dataTransfer, target }) =>
  !target.closest?.(FIELDS) &&
  (dataTransfer.types.includes("Files") ||
    (dataTransfer.types.includes("text/uri-list") && !target.closest?.("input, textarea")));

export function enter(event) {
  depth += 1;
  if (!isOurs(event) && !hint) return;
  hint ??= Object.assign(document.createElement("p"), {
    className: "drop-hint",
    textContent: document.querySelector(TAKES_ALL) ? SERIES_WORDS : WORDS,
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
  const taking = document.querySelector(TAKES_ALL);
  if (taking && files.length) return send(taking, files);
  const field = files.length ? taker(files, event.target.closest(".field")) : null;
  if (field?.closest(".field").contains(event.target)) ready().then(() => give(field, files));
  else if (link) ask({ address: link }).then((answer) => show(answer));
  else if (files.length) restore(files[0], field && (() => paste(files)));
}
function send(form, files) {
  const taken = new DataTransfer();
  for (const file of files) taken.items.add(file);
  form.querySelector("[type='file']").files = taken.files;
  form.requestSubmit();
}
/** Files dropped or pasted outside a media field. */
export async function paste(files) {
  const taking = document.querySelector(TAKES_ALL);
  if (taking) return send(taking, files);
  await ready(); // choose the field afterwards: one may have been filled meanwhile
  const field = taker(files);
  if (field) give(field, files);
  else if (files.length) {
    await restore(files[0]);
    // Pasting was done by key, so the next key can choose.
    document.querySelector("toast-note[data-file] > :is(a, button)")?.focus();
  }
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
/**
 * Finds a file's settings: by its SHA-256 first; the file itself is sent if it cannot be hashed
 * here, or may be or carry a recipe.
 */
export async function restore(file, otherwise) {
  const isZip = file.name.toLowerCase().endsWith(".zip");
  const isRecipe = isZip || file.type === "application/json" || file.name.endsWith(".json");
  if (otherwise && !isRecipe && file.size > HASHED_HERE) return otherwise();
  const isHashed = file.size <= HASHED_HERE && crypto.subtle;
  const sent = isZip && file.size > ZIP_TAIL ? file.slice(-ZIP_TAIL) : file;
  const whole = { file: new File([sent], file.name) };
  if (!isHashed) return show(await ask(whole), file, otherwise);
  const bytes = await file.arrayBuffer();
  const digest = await digestOf(bytes);
  const answer = await ask({ digest, name: file.name, type: file.type });
  const isKnown = !answer.error && !answer.is_weak;
  const mayCarry = isRecipe || carriesRecipe(bytes);
  if (isKnown || answer.isFailure || !mayCarry) return show(answer, file, otherwise);
  return show(await ask(whole), file, isZip || !isRecipe ? otherwise : null);
}
function carriesRecipe(bytes) {
  const ends = [bytes.slice(0, SEARCHED), bytes.slice(-SEARCHED)];
  return ends.some((end) => new TextDecoder("latin1").decode(end).includes(KEYWORD));
}
/** Returns the server's answer: words or an `error`, and actions. */
async function ask(what, address = ADDRESS) {
  const body = new FormData();
  for (const [name, value] of Object.entries(what)) body.append(name, value);
  const options = {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    redirect: "manual",
  };
  const answer = await fetch(address, options).catch(() => null);
  const isFailure = true;
  if (!answer)
    return { isFailure, error: "The server does not answer. Nothing was changed; try again." };
  if (answer.type === "opaqueredirect" || answer.status === 403)
    return { isFailure, error: "You are logged out. Log in in another tab, then try again here." };
  return answer.json().catch(() => ({
    isFailure,
    error: `The server answered ${answer.status}. Nothing was changed; try again.`,
  }));
}
/** Fills the form from an answer, or shows its offers; `otherwise` handles a file of no run. */
function show(answer, file, otherwise) {
  if (otherwise && (answer.error || answer.is_weak) && !answer.isFailure) return otherwise();
  const form =
    answer.fill &&
    document.querySelector(`form[data-endpoint-id="${CSS.escape(answer.endpoint_id)}"]`);
  if (!form) return say(answer.error ?? answer.words, answer.acts, file);
  // the form shows what was restored
  document.dispatchEvent(new CustomEvent("form:fill", { detail: { fill: answer.fill } }));
}
/** Shows words and actions until one is chosen; only one file's toast at a time. */
function say(text, acts = [], file) {
  document.querySelector("toast-note[data-file]")?.remove();
  const note = document.createElement("toast-note");
  note.dataset.file = "";
  note.append(`${text} `, ...acts.map((act) => control(act, file)));
  document.getElementById("toasts").append(note);
  if (acts.length) note.stay();
}
/** A link, or a button that sends the file and opens the resulting page. */
function control({ label, address, sends }, file) {
  if (!sends) return Object.assign(document.createElement("a"), { href: address, text: label });
  const button = Object.assign(document.createElement("button"), { textContent: label });
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = "Uploading …";
    const answer = await ask({ file }, address);
    if (answer.error) say(answer.error);
    else location.assign(answer.uses);
  });
  return button;
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

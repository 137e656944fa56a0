/*
 * The upload of a media field's file, or the packing of one: check, progress bar, retry.
 */
import { figures, refusal } from "./media-files.js";
import { linkTo, pack, send } from "./media-upload.js";
import { button, draw } from "./media-view.js";

/** Uploads `file` for `field` and sets its URL as the value; `remark` is shown beside it. */
export function upload(field, file, remark) {
  field.again = () => upload(field, file, remark);
  const src = URL.createObjectURL(file);
  const held = { name: file.name, size_bytes: file.size, remark, src };
  return fill(field, held, async (options) => {
    const refused = await refusal(file, field.kind, figures(field.dataset.limits));
    if (refused) throw Object.assign(new Error(refused), { isFinal: true });
    return send(file, { ...options, kind: field.kind, onProgress: progress(field) });
  });
}

/** Packs `chosen`, pairs of a form, into a ZIP on the server, and sets its URL as the value. */
export function packInto(field, name, chosen) {
  field.again = () => packInto(field, name, chosen);
  return fill(field, { name, src: "" }, (options) =>
    pack(name, chosen, { ...options, onProgress: progress(field) }),
  );
}

/* Shows `held` in the field while `store` stores it. */
async function fill(field, held, store) {
  field.cancel();
  const { signal } = (field.sending = new AbortController());
  field.held = held;
  field.dataset.state = "busy";
  draw(field);
  try {
    const stored = await store({ field, form: field.closest("form"), signal });
    if (signal.aborted) return;
    const { url: address, name, report, size_bytes } = stored;
    Object.assign(held, { address, name, report, size_bytes, src: held.src || address });
    field.settle();
    field.put(address, held);
  } catch (error) {
    if (signal.aborted) return;
    field.settle("failed");
    field.say(error.message, "bad");
    linkTo(field.note, error);
    if (!error.isFinal) field.querySelector(".media-tools").prepend(button("again", "Try again"));
  }
  field.tellSettled();
}

/*
 * Shows the progress bar and returns its update function; after the last byte the server is still
 * working.
 */
function progress(field) {
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `Upload of ${field.named}`);
  field.note.after(bar);
  field.querySelector(".media-tools").prepend(button("cancel", "Cancel"));
  return (part) => (part < 1 ? (bar.value = part) : bar.removeAttribute("value"));
}

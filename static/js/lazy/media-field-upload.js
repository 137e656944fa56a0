/*
 * The upload of a media field's file: check, progress bar, retry after a failure.
 */
import { figures, refusal } from "./media-files.js";
import { send } from "./media-upload.js";
import { button, draw } from "./media-view.js";

/** Uploads `file` for `field` and sets its URL as the value; `remark` is shown beside it. */
export async function upload(field, file, remark) {
  field.cancel();
  const { signal } = (field.sending = new AbortController());
  field.held = {
    name: file.name,
    size_bytes: file.size,
    file,
    remark,
    src: URL.createObjectURL(file),
  };
  field.dataset.state = "busy";
  draw(field);
  try {
    const refused = await refusal(file, field.kind, figures(field.dataset.limits));
    if (refused) throw Object.assign(new Error(refused), { isFinal: true });
    const stored = await send(file, {
      field,
      kind: field.kind,
      form: field.closest("form"),
      signal,
      onProgress: progress(field),
    });
    if (signal.aborted) return;
    Object.assign(field.held, { name: stored.name, address: stored.url, file: null });
    field.settle();
    field.put(stored.url, field.held);
  } catch (error) {
    if (signal.aborted) return;
    field.settle("failed");
    field.say(error.message, "bad");
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

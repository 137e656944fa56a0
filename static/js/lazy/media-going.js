/* A media field's file on its way: looked at, sent with a bar that moves, tried again when it did not arrive. */
import { figures, refusal } from "./media-files.js";
import { send } from "./media-upload.js";
import { button, draw } from "./media-view.js";

/** Sends `file` up for `field`, whose value its address becomes; `remark` is said beside it. */
export async function upload(field, file, remark) {
  field.cancel();
  const { signal } = (field.sending = new AbortController());
  field.held = { name: file.name, size_bytes: file.size, file, remark, src: URL.createObjectURL(file) };
  field.dataset.state = "busy";
  draw(field);
  try {
    const refused = await refusal(file, field.kind, figures(field.dataset.limits));
    if (refused) throw Object.assign(new Error(refused), { isFinal: true });
    const told = await send(file, { url: field.getAttribute("upload-url"), kind: field.kind, form: field.closest("form"), signal, onProgress: progress(field) });
    if (signal.aborted) return;
    Object.assign(field.held, { name: told.name, address: told.url, file: null });
    field.settle();
    field.put(told.url, field.held);
  } catch (error) {
    if (signal.aborted) return;
    field.settle("failed");
    field.say(error.message, "bad");
    if (!error.isFinal) field.querySelector(".media-tools").prepend(button("again", "Try again"));
  }
  field.tellSettled();
}

/* Draws the bar, and returns the function that moves it; when all is sent the server is still at work. */
function progress(field) {
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `Upload of ${field.named}`);
  field.note.after(bar);
  field.querySelector(".media-tools").prepend(button("cancel", "Cancel"));
  return (part) => (part < 1 ? (bar.value = part) : bar.removeAttribute("value"));
}

/**
 * <plan-files data-number="0">: the pictures, films and sounds of a row, in order. Dropped, pasted
 * and chosen files are uploaded at once; others come from results and series. Each file is a
 * hidden control with its address.
 */
import { refusal } from "./media-files.js";
import { linkTo, send } from "./media-upload.js";
import { dragged, pastedAddress } from "./media-view.js";

const KINDS = ["image", "video", "audio"];
const MENTION = /^@(?:me\/)?\p{L}[\p{L}\p{M}\p{N}_-]*$/u;
const ADDRESS = /^(?:https?:\/\/|\/(?:uploads|runs)\/|data:)\S+$/;

class PlanFiles extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".plan-file-list");
    this.note = this.querySelector(".plan-files-note");
    this.text = this.querySelector("input[type='text']");
    for (const name of ["change", "click", "drop", "dragover", "dragleave", "input", "keydown"])
      this.addEventListener(name, this);
    this.addEventListener("paste", this);
    const chooser = this.querySelector("input[type='file']");
    if (chooser.files.length) this.change({ target: chooser }); // chosen before this was loaded
  }
  handleEvent(event) {
    this[event.type](event);
  }
  get isBusy() {
    return !!this.querySelector("[data-busy]");
  }
  get isEmpty() {
    return !this.list.children.length;
  }
  change({ target }) {
    if (target.type === "file") {
      const files = [...target.files];
      target.value = "";
      return this.take(files);
    }
    if (target === this.text) return this.takeText();
  }
  input({ target, inputType }) {
    // A name chosen from the list ends in a space.
    if (target === this.text && inputType !== "deleteContentBackward" && /\s$/.test(target.value))
      this.takeText();
  }
  keydown(event) {
    if (event.key !== "Enter" || event.target !== this.text) return;
    event.preventDefault();
    event.stopPropagation();
    this.takeText();
  }
  async click({ target }) {
    const button = target.closest("button");
    if (button?.value.startsWith("remove-file:")) return; // <plan-rows> removes and restores it
    if (button?.dataset.give !== "results") return;
    const { open } = await import("./media-picker.js");
    try {
      await open(this);
    } catch {
      this.say("The server does not answer. Try again.", "bad");
    }
  }
  paste(event) {
    const { clipboardData: data } = event;
    if (!data.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    const address = pastedAddress(data);
    if (!address) return this.take([...data.files]);
    this.text.value = address;
    this.takeText();
  }
  dragover(event) {
    if (!/Files|text\/uri-list/.test(event.dataTransfer.types.join())) return;
    event.preventDefault();
    event.stopPropagation();
    this.dataset.over = "";
  }
  dragleave(event) {
    if (!this.contains(event.relatedTarget)) delete this.dataset.over;
  }
  drop(event) {
    delete this.dataset.over;
    event.preventDefault();
    event.stopPropagation();
    this.takeDropped(event.dataTransfer);
  }
  /** Takes dropped data: the address of one of our files, other files, or a link. */
  takeDropped(data) {
    const ours = dragged(data);
    const link = data.getData("text/uri-list").split("\n")[0].trim();
    if (ours) return this.add({ address: ours, name: "Past result", src: ours, kind: "image" });
    if (data.files.length) return this.take([...data.files]);
    if (link) this.add({ address: link, name: link.split("/").pop() || link });
  }
  takeText() {
    const value = this.text.value.trim();
    if (!value) return;
    if (!MENTION.test(value) && !ADDRESS.test(value))
      return this.say(
        `“${value}” is neither the address of a file nor a name such as @bottle.`,
        "bad",
      );
    this.text.value = "";
    const name = MENTION.test(value) ? value : decodeURI(value.split(/[?#]/)[0]).split("/").pop();
    this.add({ address: value, name: name || value, kind: "image" });
  }
  /** Called by the picker of past results with the chosen one. */
  put(address, { name }) {
    this.add({ address, name, src: address, kind: "image" });
  }
  take(files) {
    return Promise.all(files.map((file) => this.upload(file)));
  }
  /** Adds a file to the list; returns its entry. `src` is the address of a picture of it. */
  add({ address, name, src = "", kind = "image" }) {
    const blank = this.closest("plan-rows").querySelector("template[data-blank='file']");
    const entry = document.importNode(blank.content, true).firstElementChild;
    entry.dataset.kind = kind;
    const control = entry.querySelector("input");
    Object.assign(control, { name: `row.${this.dataset.number}.file`, value: address });
    control.disabled = !address;
    entry.querySelector(".plan-file-name").title = name;
    entry.querySelector("bdi").textContent = name;
    entry.querySelector("button").setAttribute("aria-label", `Remove ${name}`);
    draw(entry, kind, src);
    this.list.append(entry);
    if (address) this.tell(`${name} added`);
    return entry;
  }
  async upload(file) {
    const kind = KINDS.find((word) => file.type.startsWith(`${word}/`)) ?? "";
    const src = kind === "image" ? URL.createObjectURL(file) : "";
    const entry = this.add({ address: "", name: file.name, src, kind: kind || "file" });
    const progress = Object.assign(document.createElement("progress"), { value: 0 });
    progress.setAttribute("aria-label", `Upload of ${file.name}`);
    entry.append(progress);
    entry.dataset.busy = "";
    const ending = new AbortController();
    entry.addEventListener("plan:removed", () => ending.abort());
    try {
      const why = await refusal(file, kind || "file", {});
      if (why || !kind) throw new Error(why || `${file.name} is not a picture, film or sound.`);
      const { signal } = ending;
      const stored = await send(file, {
        field: this,
        kind,
        form: this.closest("form"),
        signal,
        onProgress: (part) => (progress.value = part),
      });
      const control = entry.querySelector("input");
      control.value = stored.url;
      control.disabled = false;
      this.tell(`${file.name} added`);
    } catch (error) {
      entry.remove();
      if (!ending.signal.aborted) {
        this.say(error.message, "bad");
        linkTo(this.note, error);
      }
    }
    delete entry.dataset.busy;
    progress.remove();
    this.dispatchEvent(new Event("plan:settled", { bubbles: true }));
  }
  say(text, tone = "") {
    this.note.textContent = text;
    this.note.dataset.tone = tone;
  }
  tell(text) {
    this.say("");
    const status = this.closest("plan-rows");
    status.announce?.(text);
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const ICONS = { image: "image", video: "play", audio: "wave" };

/* Shows the picture at `src`; the kind's icon until it is loaded, or without one. */
function draw(entry, kind, src) {
  const still = entry.querySelector(".plan-still");
  const icons = document.querySelector("plan-rows template[data-icons]").content;
  const icon = icons.querySelector(`[data-icon="${ICONS[kind] ?? "file"}"]`);
  still.replaceChildren(document.importNode(icon, true));
  if (!src) return;
  const picture = Object.assign(new Image(), { alt: "", src });
  picture.addEventListener("load", () => still.replaceChildren(picture));
}

/* Run waits for uploads in progress. */
let held;
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const busy = form.querySelector("plan-files [data-busy] bdi");
    if (!busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = { form, submitter: event.submitter };
    const text = `This goes on as soon as ${busy.textContent} is uploaded.`;
    dispatchEvent(new CustomEvent("toast", { detail: { text } }));
  },
  { capture: true },
);
document.addEventListener("plan:settled", () => {
  if (!held || held.form.querySelector("plan-files [data-busy]")) return;
  const { form, submitter } = held;
  held = undefined;
  if (!form.querySelector(".plan-files-note[data-tone='bad']")) form.requestSubmit(submitter);
});
customElements.define("plan-files", PlanFiles);

/**
 * <media-field data-media="image" data-limits="min_width:512" upload-url="/uploads/">: uploads a
 * dropped, pasted or chosen file at once, or takes an earlier result or a recording; the text
 * control holds its URL. `data-state` is busy during an upload and failed after an error;
 * "media:settled" is fired when it ends.
 */
import "./media-submit-guard.js";
import { upload } from "./media-field-upload.js";
import { OURS, dragged, draw, mayShow, pastedAddress, path } from "./media-view.js";

const TOOLS = {
  picker: () => import("./media-picker.js"),
  mask: () => import("./media-mask.js"),
  recorder: () => import("./media-recorder.js"),
};

class MediaField extends HTMLElement {
  connectedCallback() {
    if (this.text) return; // the element was moved in the page
    this.text = this.querySelector("input[type='text']");
    this.view = this.querySelector(".media-view");
    this.note = this.querySelector(".media-note");
    this.kind = this.dataset.media;
    for (const name of ["input", "change", "click", "paste", "dragover", "dragleave", "drop"])
      this.addEventListener(name, this);
    if ("mask" in this.dataset)
      this.closest("form-fields")?.addEventListener("input", () => this.offer());
    // recording requires a secure context
    if (!navigator.mediaDevices) this.querySelector("[data-tool='recorder']")?.remove();
    this.settle(); // a duplicated row has the state of its original
    if (/^@\p{L}/u.test(this.address)) this.refer();
    this.show();
    const chooser = this.querySelector("input[type='file']");
    if (chooser) this.change({ target: chooser }); // chosen before this script was loaded
  }
  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.cancel();
      document.dispatchEvent(new Event("media:settled"));
    });
  }
  handleEvent(event) {
    this[event.type](event);
  }
  get address() {
    return this.text.value.trim();
  }
  get isEmpty() {
    return !this.address && !this.dataset.state;
  }
  get named() {
    return this.held?.name ?? "a file";
  }
  /** The URL of a preview; empty during an upload. */
  get shown() {
    const src = this.held?.src ?? this.address;
    return src && !this.dataset.state && mayShow(this, src) ? src : "";
  }
  input({ target }) {
    if (target !== this.text || this.isPutting) return;
    this.cancel();
    this.show();
  }
  change({ target }) {
    if (target.type !== "file" || !target.files.length || !this.hasAttribute("upload-url")) return;
    this.upload(target.files[0]);
    target.value = "";
  }
  async click(event) {
    const pressed = event.target.closest("button");
    const tool = pressed?.dataset.tool;
    if (tool === "again") this.again();
    if (tool === "cancel" || pressed?.matches(".media-clear")) {
      this.put("");
      this.text.focus();
    }
    if (!TOOLS[tool]) return;
    event.preventDefault(); // without script, the button sends the form
    try {
      await (await TOOLS[tool]()).open(this);
    } catch (error) {
      this.say(
        error instanceof TypeError ? "The server does not answer. Try again." : error.message,
        "bad",
      );
    }
  }
  paste(event) {
    const { clipboardData: data, target } = event;
    const address = pastedAddress(data);
    if (!address && data.files.length) this.take(event, data);
    if (!address || (target === this.text && !data.files.length)) return;
    event.preventDefault();
    this.put(address);
  }
  dragover(event) {
    if (!/Files|text\/uri-list/.test(event.dataTransfer.types.join())) return;
    event.preventDefault();
    this.dataset.over = "";
  }
  dragleave(event) {
    if (!this.contains(event.relatedTarget)) delete this.dataset.over;
  }
  drop(event) {
    delete this.dataset.over;
    const isForRows =
      event.dataTransfer.files.length > 1 &&
      this.closest("form-rows")?.querySelector("[name$='~files']");
    if (!isForRows) this.take(event, event.dataTransfer);
  }
  /*
   * Prefers our own URL to the bytes: a stored file need not be uploaded. Dragging a linked picture
   * gives its link.
   */
  take(event, data) {
    const link = data.getData("text/uri-list").split("\n")[0].trim();
    const ours = dragged(data);
    const [file, ...more] = this.hasAttribute("upload-url") ? data.files : [];
    if (!ours && !file && !link) return;
    event.preventDefault();
    if (ours || !file) this.put(ours || link);
    else
      this.upload(
        file,
        more.length ? `Only ${file.name} was taken: this field holds one file.` : "",
      );
  }
  /** Uploads a file and takes its URL; `remark` is shown beside it. */
  upload(file, remark = "") {
    return upload(this, file, remark);
  }
  settle(state = "") {
    if (state) this.dataset.state = state;
    else delete this.dataset.state;
    for (const tool of this.querySelectorAll("progress, [data-tool='cancel'], [data-tool='again']"))
      tool.remove();
  }
  tellSettled() {
    this.dispatchEvent(new Event("media:settled", { bubbles: true }));
    this.offer();
  }
  cancel() {
    const wasAtIt = this.dataset.state;
    this.sending?.abort();
    if (this.held?.src.startsWith("blob:")) URL.revokeObjectURL(this.held.src);
    this.held = null;
    this.settle();
    if (wasAtIt) this.tellSettled();
  }
  /**
   * Sets `address` as the value, as if typed; `held` describes the file if known.
   */
  put(address, held = null) {
    if (held !== this.held) this.cancel();
    this.held = held;
    this.text.value = address;
    this.show();
    this.isPutting = true;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.isPutting = false;
  }
  /* The label of the value: a stored file's name, else the URL. */
  show() {
    const ours = path(this.address);
    if (OURS.test(ours)) {
      this.text.value = ours;
      const name = ours.startsWith("/uploads/")
        ? decodeURIComponent(ours.split("/").pop())
        : this.origin(ours);
      if (this.held?.address !== ours) this.held = { name, address: ours, src: ours };
    }
    draw(this);
    this.offer();
  }
  /** Takes the name of a series as the value, with its cover from the server. */
  refer() {
    const { address } = this;
    const cover = new URL("cover/", new URL(this.dataset.mentions, location.href));
    cover.searchParams.set("name", address);
    this.held = { name: address, address, src: cover.pathname + cover.search };
  }
  /** The name of a past result: the model that made it, if the server has provided it. */
  origin(address) {
    const [result, ...name] = (this.dataset.origin ?? "").split(" ");
    return result === address ? `Result of ${name.join(" ")}` : "Past result";
  }
  say(text, tone) {
    if (this.note.textContent !== text) this.note.textContent = text; // announced once
    this.note.dataset.tone = tone;
  }
  /* Offers painting only if the mask's picture, in another field, is shown. */
  offer() {
    const paint = this.querySelector("[data-tool='mask']");
    if (paint) paint.hidden = !this.picture?.shown;
  }
  /** The field of the mask's picture: `image_url`, `image`, else the first beside it. */
  get picture() {
    const inside = this.text.name.slice(0, this.text.name.lastIndexOf(".") + 1);
    const beside = [
      ...(this.closest("form-fields")?.querySelectorAll(
        "media-field[data-media='image']:not([data-mask])",
      ) ?? []),
    ];
    const near = beside.filter((field) => field.shown && field.text.name.startsWith(inside));
    return (
      ["image_url", "image"]
        .map((name) => near.find((field) => field.text.name === inside + name))
        .find(Boolean) ?? near[0]
    );
  }
}
customElements.define("media-field", MediaField);

/**
 * <media-field data-media="image" upload-url>: a file dropped, pasted or chosen goes to the server at once,
 * its address into the text control; what that address shows is seen beside it.
 */
class MediaField extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector("input[type='text']");
    this.view = this.querySelector(".media-view");
    this.note = this.querySelector(".media-note");
    this.icon ??= this.view.querySelector("svg")?.outerHTML ?? ""; // a copied row brings its picture
    this.said ??= this.note.textContent;
    for (const name of ["input", "change", "click", "paste", "dragover", "dragleave", "drop"]) this.addEventListener(name, this);
    this.show();
  }
  get isEmpty() {
    return !this.text.value && !this.isBusy;
  }
  handleEvent(event) {
    this[event.type](event);
  }
  input(event) {
    if (event.target === this.text) this.say(this.said), this.show();
  }
  change(event) {
    const [file] = event.target.files ?? [];
    if (!file || !this.hasAttribute("upload-url")) return;
    this.upload(file);
    event.target.value = "";
  }
  click(event) {
    if (!event.target.closest(".media-clear")) return;
    this.put("");
    this.text.focus();
  }
  paste(event) {
    this.take(event, event.clipboardData);
  }
  dragover(event) {
    if (!/Files|text\/uri-list/.test(event.dataTransfer.types.join())) return;
    event.preventDefault();
    this.dataset.over = "";
  }
  dragleave() {
    delete this.dataset.over;
  }
  drop(event) {
    delete this.dataset.over;
    const { files } = event.dataTransfer;
    if (files.length > 1 && this.closest("form-rows")?.querySelector("[name$='~files']")) return;
    const address = event.dataTransfer.getData("text/uri-list");
    if (!this.take(event, event.dataTransfer) && address) {
      event.preventDefault();
      this.put(address.split("\n")[0].trim());
    }
  }
  take(event, { files }) {
    if (!files.length || !this.hasAttribute("upload-url")) return false;
    event.preventDefault();
    this.upload(files[0]);
    return true;
  }
  async upload(file) {
    const kind = this.dataset.media;
    if (kind !== "file" && file.type && !file.type.startsWith(kind)) return this.say(`${file.name} is not ${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}.`, true);
    const body = new FormData();
    body.append("file", file);
    body.append("csrfmiddlewaretoken", this.closest("form").querySelector("[name='csrfmiddlewaretoken']")?.value ?? "");
    this.isBusy = true;
    this.say(`Uploading ${file.name} …`);
    try {
      const answer = await fetch(this.getAttribute("upload-url"), { method: "POST", body });
      const told = await answer.json();
      if (!told.url) throw new Error(told.error);
      this.put(told.url);
      this.say(`${told.name} · ${size(told.size_bytes)}`);
    } catch (error) {
      const isOurs = error.message && !(error instanceof TypeError) && !(error instanceof SyntaxError);
      this.say(isOurs ? error.message : `${file.name} could not be uploaded. Try again.`, true);
    } finally {
      this.isBusy = false;
    }
  }
  put(address) {
    this.text.value = address;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  say(text, isBad = false) {
    this.note.textContent = text;
    this.note.toggleAttribute("data-bad", isBad);
  }
  show() {
    const address = this.text.value.trim();
    this.querySelector(".media-clear").hidden = !address;
    this.view.innerHTML = this.icon;
    const tag = { image: "img", video: "video" }[this.dataset.media];
    if (!tag || !this.mayShow(address)) return;
    const shown = document.createElement(tag);
    Object.assign(shown, { alt: "", muted: true, preload: "metadata" });
    shown.addEventListener(tag === "img" ? "load" : "loadedmetadata", () => {
      if (this.text.value.trim() !== address) return;
      this.view.replaceChildren(shown);
      const pixels = `${shown.naturalWidth ?? shown.videoWidth} × ${shown.naturalHeight ?? shown.videoHeight}`;
      if (!this.note.textContent.includes(pixels)) this.say([this.note.textContent, pixels].filter(Boolean).join(" · "));
    });
    shown.src = address;
  }
  /** Only what the page's policy lets it load: ours, inline data, upstream's media hosts. */
  mayShow(address) {
    if (/^data:(image|video)\//.test(address)) return true;
    if (!URL.canParse(address, location.href) || !address) return false;
    const { origin } = new URL(address, location.href);
    const hosts = (this.closest("form-fields").getAttribute("shows") ?? "").split(" ").filter(Boolean);
    return origin === location.origin || hosts.some((host) => new RegExp(`^${host.replace(/[.]/g, "\\.").replace("*", "[^/]+")}$`).test(origin));
  }
}
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
customElements.define("media-field", MediaField);

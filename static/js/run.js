/** <elapsed-time since="ISO">: counts on its own, so that nothing has to be swapped for it. */
class ElapsedTime extends HTMLElement {
  connectedCallback() {
    this.draw();
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
  }
  /** Tenths are worth five drawings a second while a run is short; of a longer one the seconds are. */
  draw() {
    const seconds = Math.max(0, (Date.now() - Date.parse(this.getAttribute("since"))) / 1000);
    this.textContent = this.told(seconds);
    this.timer = setTimeout(() => this.draw(), seconds < 10 ? 200 : 1000 - (seconds % 1) * 1000);
  }
  /** As the server says it (`duration`). */
  told(seconds) {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.floor(seconds);
    if (whole < 60) return `${whole} s`;
    const [large, small, all] = whole < 3600 ? ["min", "s", whole] : ["h", "min", Math.floor(whole / 60)];
    return `${Math.floor(all / 60)} ${large} ${all % 60} ${small}`;
  }
}
customElements.define("elapsed-time", ElapsedTime);

/** <copy-button for="ID"> or <copy-button text="…">: copies, and says in its own label whether it could. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  async handleEvent() {
    const source = document.getElementById(this.getAttribute("for"));
    try {
      await navigator.clipboard.writeText(this.getAttribute("text") ?? source?.value ?? source?.textContent ?? "");
      this.tell("Copied");
    } catch {
      this.tell("Not copied: this browser copies on secure pages only");
    }
  }
  tell(words) {
    dispatchEvent(new CustomEvent("toast", { detail: { text: words } }));
    const label = [...this.querySelector("button").childNodes].find((node) => node.nodeType === 3 && node.textContent.trim());
    if (!label) return; // an icon alone
    this.label ??= label.textContent;
    label.textContent = words.split(":")[0];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (label.textContent = this.label), 1500);
  }
}
customElements.define("copy-button", CopyButton);

/** <mesh-view src label>: puts the viewer's sandboxed frame in place of its link, when asked to. */
class MeshView extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  handleEvent(event) {
    if (!event.target.closest("a") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.src = this.getAttribute("src");
    frame.title = this.getAttribute("label");
    frame.setAttribute("sandbox", "allow-scripts");
    this.replaceChildren(frame);
    frame.focus();
  }
}
customElements.define("mesh-view", MeshView);

/** <field-error for="ID" text="…">: says beside the form's field, too, what the model objected to. */
class FieldError extends HTMLElement {
  connectedCallback() {
    const control = document.getElementById(this.getAttribute("for"));
    const field = control?.closest("form[data-endpoint-id] .field");
    if (!field) return;
    this.note = document.createElement("p");
    this.note.className = "error";
    this.note.id = `${control.id}-refused`;
    this.note.textContent = this.getAttribute("text");
    field.append(this.note);
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") ?? ""} ${this.note.id}`.trim());
    // Who types there just now has not read it: it stays until they have done.
    field.addEventListener(field.contains(document.activeElement) ? "change" : "input", () => this.clear(control), { once: true });
    if (document.activeElement.matches("body, #run-button, .run-status .state")) control.focus(); // nobody is doing anything else
  }
  disconnectedCallback() {
    this.clear(document.getElementById(this.getAttribute("for")));
  }
  clear(control) {
    if (!this.note?.isConnected) return;
    this.note.remove();
    control?.removeAttribute("aria-invalid");
  }
}
customElements.define("field-error", FieldError);

/*
 * Who pressed Run sees the new run's state: on a narrow screen the stage is below the form, and beside a long form that
 * was scrolled to its end the stage's head is above.
 */
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "stage") return;
  // In the next frame: until then a browser keeps what stood below the stage where it was.
  requestAnimationFrame(() => {
    const isNarrow = matchMedia("(width < 56rem)").matches;
    const isBelow = target.getBoundingClientRect().top > innerHeight * (isNarrow ? 0.4 : 0.85);
    const seen = isBelow ? target : target.querySelector(".run-status");
    seen?.scrollIntoView({ behavior: "smooth", block: isBelow ? "start" : "nearest" });
    // The button that was pressed goes out of sight.
    if (isBelow && document.activeElement.id === "run-button") target.querySelector(".state")?.focus({ preventScroll: true });
  });
});

/**
 * <elapsed-time since="ISO" now="ISO">: shows the elapsed time and updates itself without swaps.
 * `now` is the server's time at rendering, because the computer's clock may be wrong.
 */
class ElapsedTime extends HTMLElement {
  /** How far this computer's clock is ahead: the least difference seen has the least delay in it. */
  static aheadMs = Infinity;
  /** The server's time, in milliseconds. */
  static now() {
    return Date.now() - ElapsedTime.aheadMs;
  }
  connectedCallback() {
    const differenceMs = Date.now() - Date.parse(this.getAttribute("now"));
    ElapsedTime.aheadMs = Math.min(ElapsedTime.aheadMs, differenceMs);
    this.draw();
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
  }
  /**
   * Five updates per second show tenths in a short run; a longer run shows seconds. All clocks of a
   * page update at the same moments, so that it is laid out once for all.
   */
  draw() {
    const seconds = Math.max(
      0,
      (ElapsedTime.now() - Date.parse(this.getAttribute("since"))) / 1000,
    );
    this.textContent = this.told(seconds);
    const stepMs = seconds < 10 ? 200 : 1000;
    this.timer = setTimeout(() => this.draw(), stepMs - (Date.now() % stepMs));
  }
  /** The server's `duration` format. */
  told(seconds) {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.floor(seconds);
    if (whole < 60) return `${whole} s`;
    const [large, small, all] =
      whole < 3600 ? ["min", "s", whole] : ["h", "min", Math.floor(whole / 60)];
    return `${Math.floor(all / 60)} ${large} ${all % 60} ${small}`;
  }
}
customElements.define("elapsed-time", ElapsedTime);

/**
 * <copy-button for="ID">, <copy-button text="…"> or <copy-button address="/…">: copies a text, or
 * the whole address of one of our pages, and shows the outcome in its label.
 */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  async handleEvent(event) {
    const address = this.getAttribute("address");
    if (address && (event.metaKey || event.ctrlKey || event.shiftKey)) return;
    if (address) event.preventDefault(); // it is a link
    const source = document.getElementById(this.getAttribute("for"));
    const { copyText } = await import("./lazy/copy-text.js");
    const isCopied = await copyText(
      (address && new URL(address, location.href).href) ??
        this.getAttribute("text") ??
        source?.value ??
        source?.textContent ??
        "",
    );
    this.tell(isCopied ? "Copied" : "Not copied: this browser does not permit it");
  }
  tell(text) {
    dispatchEvent(new CustomEvent("toast", { detail: { text } }));
    const label = [...this.querySelector("button, a").childNodes].find(
      (node) => node.nodeType === 3 && node.textContent.trim(),
    );
    if (!label) return; // an icon without a label
    this.label ??= label.textContent;
    label.textContent = text.split(":")[0];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (label.textContent = this.label), 1500);
  }
}
customElements.define("copy-button", CopyButton);

/**
 * <mesh-view src label>: replaces its link with the viewer's sandboxed frame when clicked, as soon
 * as the viewer is ready: the frame has no cookies and could not reload itself.
 */
class MeshView extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  handleEvent(event) {
    if (!event.target.closest("a") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.hadFocus = this.contains(document.activeElement);
    this.note = document.createElement("p");
    this.note.setAttribute("role", "status");
    this.note.textContent = "The 3D model is on its way.";
    this.replaceChildren(this.note);
    this.showWhenReady(this.getAttribute("src"));
  }
  async showWhenReady(src) {
    let status = await this.ask(src);
    while (this.isConnected && (status === 202 || !status)) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      status = await this.ask(src);
    }
    if (status >= 400) {
      this.note.textContent = "This 3D model cannot be shown here. Download it to look at it.";
      return;
    }
    const frame = document.createElement("iframe");
    frame.src = src;
    frame.title = this.getAttribute("label");
    frame.setAttribute("sandbox", "allow-scripts");
    this.replaceChildren(frame);
    if (this.hadFocus) frame.focus();
  }
  /** The status of the viewer's answer; 0 while offline. */
  async ask(src) {
    try {
      return (await fetch(src, { method: "HEAD" })).status;
    } catch {
      return 0;
    }
  }
}
customElements.define("mesh-view", MeshView);

/**
 * <field-error for="ID" text="…">: also shows the model's error beside the form's field.
 */
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
    control.setAttribute(
      "aria-describedby",
      `${control.getAttribute("aria-describedby") ?? ""} ${this.note.id}`.trim(),
    );
    // Someone is typing there and has not read the error: keep it until they finish.
    field.addEventListener(
      field.contains(document.activeElement) ? "change" : "input",
      () => this.clear(control),
      { once: true },
    );
    // nothing else has the focus
    if (document.activeElement.matches("body, #run-button, .run-status .state")) control.focus();
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
 * Scrolls to the new run's state after Run: on a narrow screen the stage is below the form, and
 * beside a long form its head may be above the viewport.
 */
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "stage") return;
  // In the next frame: until then scroll anchoring keeps the content below the stage in place.
  requestAnimationFrame(() => {
    const isNarrow = matchMedia("(width < 48rem)").matches;
    const isBelow = target.getBoundingClientRect().top > innerHeight * (isNarrow ? 0.15 : 0.85);
    const seen = isBelow ? target : target.querySelector(".run-status");
    // At once on a narrow screen: the next change of the run would stop a smooth scroll.
    const behavior = isBelow && isNarrow ? "instant" : "smooth";
    seen?.scrollIntoView({ behavior, block: isBelow ? "start" : "nearest" });
    // The pressed button scrolls out of view.
    if (isBelow && document.activeElement.id === "run-button")
      target.querySelector(".state")?.focus({ preventScroll: true });
  });
});

/*
 * Back and forward between results of one model only change the stage, so that typed text stays.
 * Handled before htmx, which would replace the whole page.
 */
addEventListener("popstate", (event) => {
  const form = document.getElementById("playground-form");
  const action = form?.getAttribute("action");
  if (!action || new URL(action, location.href).pathname !== location.pathname) return;
  if (!event.state?.htmx || !window.htmx) return;
  event.stopImmediatePropagation();
  htmx.ajax("GET", location.href, { target: "#stage", swap: "innerHTML show:none" });
});

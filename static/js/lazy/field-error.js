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

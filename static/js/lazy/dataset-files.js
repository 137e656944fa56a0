/**
 * <dataset-files>: the page of a data set takes files dropped or pasted anywhere. It saves edited
 * captions before it is reloaded, and sends only the changed ones among hundreds.
 */
class DatasetFiles extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
    this.addEventListener("formdata", this);
  }
  get input() {
    return this.querySelector("input[type='file']");
  }
  get texts() {
    return this.querySelector("form[data-texts]");
  }
  handleEvent(event) {
    if (event.type === "formdata") this.trim(event);
    else if (event.target === this.input.form) this.send(event);
  }
  /** Adds files to those in the input; for an existing data set, submits them. */
  take(files) {
    const all = new DataTransfer();
    for (const file of [...this.input.files, ...files]) all.items.add(file);
    this.input.files = all.files;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    if (this.texts) this.input.form.requestSubmit();
    else this.input.focus();
  }
  trim({ target, formData }) {
    if (target !== this.texts) return;
    for (const control of target.querySelectorAll("[name^='caption:'], [name^='rename:']"))
      if (control.value === control.defaultValue) formData.delete(control.name);
  }
  async send(event) {
    if (!this.texts || this.isSaved) return;
    event.preventDefault();
    const { submitter } = event;
    const body = new FormData(this.texts);
    this.isSaved = true;
    await fetch(this.texts.action, { method: "POST", body }).catch(() => undefined);
    this.input.form.requestSubmit(submitter);
    this.isSaved = false;
  }
}
customElements.define("dataset-files", DatasetFiles);

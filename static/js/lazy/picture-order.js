/**
 * <picture-order>: the pictures of a form's list are ordered by dragging; the order is posted when
 * one is dropped. Buttons beside each picture do the same without script.
 */
class PictureOrder extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.list = this.querySelector("ol");
    for (const row of this.list.children) row.draggable = true;
    for (const name of ["dragstart", "dragover", "drop", "dragend"])
      this.addEventListener(name, this);
  }
  handleEvent(event) {
    this[event.type](event);
  }
  get order() {
    return [...this.list.children].map((row) => row.querySelector("[name='picture']").value).join();
  }
  dragstart(event) {
    this.moved = event.target.closest("li");
    this.before = this.order;
    this.moved.dataset.dragging = "";
    event.dataTransfer.effectAllowed = "move";
  }
  dragover(event) {
    const over = event.target.closest("li");
    if (!this.moved) return;
    event.preventDefault();
    if (!over || over === this.moved) return;
    const rows = [...this.list.children];
    over[rows.indexOf(over) < rows.indexOf(this.moved) ? "before" : "after"](this.moved);
  }
  drop(event) {
    if (this.moved) event.preventDefault();
  }
  dragend() {
    delete this.moved.dataset.dragging;
    this.moved = undefined;
    if (this.order === this.before) return;
    const verb = Object.assign(document.createElement("input"), {
      type: "hidden",
      name: "~do",
      value: "order:",
    });
    this.form.append(verb);
    this.form.submit();
  }
}
customElements.define("picture-order", PictureOrder);

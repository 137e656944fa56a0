import { orderByDrag } from "./drag-order.js";
/**
 * <picture-order>: orders the pictures of a form's list by dragging, and posts the order after each
 * drop. Buttons next to each picture do the same without script.
 */
class PictureOrder extends HTMLElement {
  connectedCallback() {
    const list = this.querySelector("ol");
    for (const row of list.children) row.draggable = true;
    orderByDrag(list, { row: "li", isGrid: true, dropped: () => this.post() });
  }
  post() {
    const form = this.querySelector("form");
    const verb = Object.assign(document.createElement("input"), {
      type: "hidden",
      name: "~do",
      value: "order:",
    });
    form.append(verb);
    form.submit();
  }
}
customElements.define("picture-order", PictureOrder);

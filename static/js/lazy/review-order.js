import { orderByDrag } from "./drag-order.js";
/** <review-order>: orders the favourites of a review by dragging. */
class ReviewOrder extends HTMLElement {
  connectedCallback() {
    const list = this.querySelector("ol");
    orderByDrag(list, { row: "li", dropped: () => this.post([...list.children]) });
  }
  /** Presses a button with the order; the review's script posts it in place. */
  post(places) {
    const button = document.createElement("button");
    const order = places.map((place) => place.dataset.number).join();
    Object.assign(button, { name: "order", value: order, hidden: true });
    button.setAttribute("formaction", this.dataset.order);
    document.getElementById("review-acts").append(button);
    button.click();
    button.remove();
  }
}
customElements.define("review-order", ReviewOrder);

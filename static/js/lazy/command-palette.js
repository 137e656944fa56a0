/**
 * Opens the command palette, limited to one kind of target if a URL is given. Typing queries the
 * server. Enter waits for the response to the typed text.
 */
import { dialog } from "./dialog.js";
import { TypeAhead } from "./type-ahead.js";
import { parsed } from "./server.js";

class Places extends TypeAhead {
  waitMs = 60;
  constructor(shown, address) {
    const part = (role) => shown.querySelector(`[role='${role}']`);
    super(part("combobox"), part("listbox"), part("status"));
    Object.assign(this, { shown, address, answered: this.input.value });
    shown.addEventListener("click", (event) => this.press(event));
    this.point(this.first);
    this.input.focus();
  }
  async find(typed) {
    const answer = await fetch(`${this.address}&q=${encodeURIComponent(typed)}`);
    const fresh = parsed(await answer.text()).querySelector("dialog.jump");
    this.told = fresh.querySelector("[role='status']").textContent;
    return fresh.querySelector("[role='listbox']").children;
  }
  words() {
    return this.told;
  }
  /** Shows an answer to an earlier text until the next answer comes. */
  isLate() {
    return false;
  }
  async offer(typed) {
    await super.offer(typed);
    if (this.input.value !== typed) return; // its query follows
    this.answered = typed;
    if (this.isTaken) this.at?.click();
  }
  /** Lets the list change after an arrow key: else Enter would wait for a cancelled query. */
  keep() {}
  look() {
    this.isTaken = false;
    super.look();
  }
  key(event) {
    this.isTaken = event.key === "Enter" && this.input.value !== this.answered;
    if (!this.isTaken) super.key(event);
  }
  hide() {
    this.shown.close();
  }
  press(event) {
    const option = event.target.closest("[role='option']");
    const { press, post } = option?.dataset ?? {};
    const control = press && document.querySelector(press);
    if (control) event.preventDefault();
    if (control || event.target === this.shown) this.shown.close();
    else if (option) sessionStorage.setItem("begin", "");
    control?.click();
    if (!post) return;
    event.preventDefault();
    const form = this.shown.querySelector("form");
    form.action = post;
    form.elements.next.value = location.pathname + location.search;
    form.submit();
  }
}

let opening = null;
export async function open(address = "/jump/?") {
  if (opening || document.querySelector("dialog[open]:not(.viewer)")) return;
  opening = dialog(address);
  const shown = await opening.finally(() => (opening = null));
  new Places(shown, address);
}

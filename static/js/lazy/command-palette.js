/**
 * Fills the command palette with the targets at a URL. Typing queries the server. Enter does
 * nothing until the response to the typed text is here: the list above it is another one's.
 */
import { TypeAhead } from "./type-ahead.js";
import { parsed } from "./server.js";

class Places extends TypeAhead {
  waitMs = 60;
  constructor(shown, address) {
    const part = (role) => shown.querySelector(`[role='${role}']`);
    super(part("combobox"), part("listbox"), part("status"));
    Object.assign(this, { shown, address });
    shown.addEventListener("click", (event) => this.press(event));
    this.offer(this.input.value);
  }
  async find(typed) {
    const answer = await fetch(`${this.address}&q=${encodeURIComponent(typed)}`);
    const fresh = parsed(await answer.text());
    const list = fresh.querySelector("[role='listbox']");
    this.told = list ? fresh.querySelector("[role='status']").textContent : refusal(answer);
    if (!list) return [];
    const { label } = list.dataset;
    this.input.placeholder = label;
    for (const element of [this.input, this.shown]) element.setAttribute("aria-label", label);
    return list.children;
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
    if (this.input.value === typed) this.answered = typed;
  }
  /** Lets the list change after an arrow key: else Enter would wait for a cancelled query. */
  keep() {}
  key(event) {
    if (event.key !== "Enter" || this.input.value === this.answered) return super.key(event);
    event.preventDefault();
    this.status.textContent = "Still loading: press Enter again in a moment.";
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

const refusal = ({ redirected }) =>
  redirected
    ? "You are logged out. Log in in another tab, then try again."
    : "The server could not show this. Try again.";
export const fill = (shown, address) => new Places(shown, address);

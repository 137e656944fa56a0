/**
 * Opens the command palette, limited to one kind of target if a URL is given. Typing queries the
 * server; only the latest response is shown. Enter waits for the response to what was typed.
 */
import { ListBox } from "./listbox.js";
import { dialog } from "./dialog.js";
const PAUSE_MS = 60;
let opening = null;
export async function open(address = "/jump/?") {
  if (opening || document.querySelector("dialog[open]:not(.viewer)")) return;
  opening = dialog(address);
  const shown = await opening.finally(() => (opening = null));
  const input = shown.querySelector("input");
  const form = shown.querySelector("form");
  const list = shown.querySelector("[role='listbox']");
  const status = shown.querySelector("[role='status']");
  const options = () => [...list.querySelectorAll("[role='option']")];
  const box = new ListBox(input, options, (option) => option.click());
  let asking = new AbortController();
  let timer = 0;
  let answered = input.value;
  let isTaken = false;
  async function ask() {
    const query = input.value;
    asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`${address}&q=${encodeURIComponent(query)}`, {
        signal: asking.signal,
      });
      const fresh = new DOMParser()
        .parseFromString(await answer.text(), "text/html")
        .querySelector("dialog.jump");
      if (!fresh) throw new Error("no list");
      list.replaceChildren(...fresh.querySelector("[role='listbox']").children);
      status.textContent = fresh.querySelector("[role='status']").textContent;
      box.point(options()[0]);
      answered = query;
      if (isTaken && input.value === query) box.at?.click(); // else its query follows
    } catch (error) {
      if (error.name !== "AbortError")
        status.textContent = "The server does not answer. Try again.";
    }
  }
  input.addEventListener("input", () => {
    isTaken = false;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault(); // it would only clear the search box
      shown.close();
    } else if (event.key === "Enter" && input.value !== answered) isTaken = true;
    else box.key(event);
  });
  shown.addEventListener("click", (event) => {
    const option = event.target.closest("[role='option']");
    const { press, post } = option?.dataset ?? {};
    const control = press && document.querySelector(press);
    if (control) event.preventDefault();
    if (control || event.target === shown) shown.close();
    else if (option) sessionStorage.setItem("begin", "");
    control?.click();
    if (post) {
      event.preventDefault();
      form.action = post;
      form.elements.next.value = location.pathname + location.search;
      form.submit();
    }
  });
  box.point(options()[0]);
  input.focus();
}

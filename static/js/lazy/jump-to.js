/** Opens the dialog that jumps somewhere, anywhere unless an address says where; typing asks the server again, the last question wins. */
import { ListBox } from "./listbox.js";
import { dialog } from "./dialog.js";
const PAUSE_MS = 60;
export async function open(address = "/jump/?") {
  if (document.querySelector("dialog[open]")) return;
  const shown = await dialog(address);
  const input = shown.querySelector("input");
  const list = shown.querySelector("[role='listbox']");
  const status = shown.querySelector("[role='status']");
  const options = () => [...list.querySelectorAll("[role='option']")];
  const box = new ListBox(input, options, (option) => option.click());
  let asking = new AbortController();
  let timer = 0;
  async function ask() {
    asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`${address}&q=${encodeURIComponent(input.value)}`, { signal: asking.signal });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("dialog.jump");
      if (!fresh) throw new Error("no list");
      list.replaceChildren(...fresh.querySelector("[role='listbox']").children);
      status.textContent = fresh.querySelector("[role='status']").textContent;
      box.point(options()[0]);
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "The server does not answer. Try again.";
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => box.key(event));
  shown.addEventListener("click", ({ target }) => target === shown && shown.close());
  box.point(options()[0]);
  input.focus();
}

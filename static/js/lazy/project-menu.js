/**
 * Shows the person's projects in the header's menu: typing filters them, arrows move, Enter works
 * in the one that is pointed at.
 */
import { ListBox } from "./listbox.js";
const fold = (text) =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "");
export async function show(menu) {
  const form = menu.querySelector(".project-choice") ?? (await load(menu));
  if (!form || !menu.open) return;
  const input = form.querySelector("[role='combobox']");
  input.value = "";
  input.dispatchEvent(new Event("input"));
  input.focus();
}
async function load(menu) {
  if (menu.dataset.loading) return null;
  menu.dataset.loading = "";
  try {
    const answer = await fetch(menu.dataset.menu);
    const form = new DOMParser()
      .parseFromString(await answer.text(), "text/html")
      .querySelector(".project-choice");
    if (!answer.ok || !form) throw new Error("no list");
    menu.querySelector("div").prepend(form);
    prepare(form, menu.dataset.key);
    return form;
  } finally {
    delete menu.dataset.loading;
  }
}
function prepare(form, current) {
  const input = form.querySelector("[role='combobox']");
  const status = form.querySelector("[role='status']");
  const all = [...form.querySelectorAll("[role='option']")];
  const shown = () => all.filter((option) => !option.hidden);
  const chosen = all.find((option) => option.dataset.key === current);
  chosen?.setAttribute("data-chosen", "");
  const box = new ListBox(input, shown, (option) => option.click());
  form.elements.next.value = location.pathname + location.search;
  form.addEventListener("submit", () => {
    form.elements.next.value = location.pathname + location.search; // htmx may have changed it
  });
  input.addEventListener("input", () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    for (const option of all) {
      const name = fold(option.textContent);
      option.hidden = !words.every((word) => name.includes(word));
    }
    const visible = shown();
    status.textContent = visible.length ? "" : "No project of yours is called so.";
    box.point(words.length ? visible[0] : (chosen ?? visible[0]));
  });
  input.addEventListener("keydown", (event) => box.key(event));
}

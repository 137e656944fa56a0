/**
 * Shows the person's projects in the header's menu: typing filters them, Enter switches to the
 * highlighted one.
 */
import { TypeAhead, matching } from "./type-ahead.js";
import { parsed } from "./server.js";

class Projects extends TypeAhead {
  constructor(form, current) {
    const part = (role) => form.querySelector(`[role='${role}']`);
    super(part("combobox"), part("listbox"), part("status"));
    this.all = this.options;
    this.all.find(({ dataset }) => dataset.key === current)?.setAttribute("data-chosen", "");
  }
  find(typed) {
    return matching(this.all, typed);
  }
  words(number) {
    return number ? "" : "No project of yours is called so.";
  }
  key(event) {
    if (event.key !== "Escape") super.key(event); // Escape closes the menu
  }
}
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
    const form = parsed(await answer.text()).querySelector(".project-choice");
    if (!answer.ok || !form) throw new Error("no list");
    menu.querySelector("div").prepend(form);
    prepare(form, menu.dataset.key);
    return form;
  } finally {
    delete menu.dataset.loading;
  }
}
function prepare(form, current) {
  new Projects(form, current);
  const stay = () => (form.elements.next.value = location.pathname + location.search);
  stay();
  form.addEventListener("submit", stay); // htmx may have changed it
}

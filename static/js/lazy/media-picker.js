/* Chooses a file from an earlier result or upload. */
import { dialog } from "./dialog.js";
import { uploadsAddress } from "./media-upload.js";
import { parsed } from "./server.js";

const PAUSE_MS = 250;

/** Opens the picker of `field`; the chosen file becomes its value. */
export async function open(field) {
  const base = uploadsAddress(field, "choices/");
  base.searchParams.set("kind", field.dataset.wants ?? field.kind);
  const shown = await dialog(base);
  (shown.querySelector("[data-address]") ?? shown.querySelector("[type='search']")).focus();
  let timer = 0;
  let turn = 0;
  const look = async (address) => {
    const mine = ++turn;
    const answer = await fetch(address);
    const choices = parsed(await answer.text()).querySelector(".picker-choices");
    if (mine === turn && choices)
      shown.querySelector(".picker-choices").replaceWith(document.importNode(choices, true));
  };
  const search = () => {
    const form = shown.querySelector("form");
    const address = new URL(base);
    for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
    return look(address);
  };
  shown.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-address]");
    const page = event.target.closest(".picker-choices nav a");
    if (choice) {
      shown.close();
      const { address } = choice.dataset;
      field.put(address, {
        name: choice.querySelector(".choice-name").textContent,
        address,
        src: address,
      });
      field.querySelector(".media-clear").focus();
    } else if (page) {
      event.preventDefault();
      look(page.href).then(() => shown.querySelector("[data-address]")?.focus());
    }
  });
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  shown.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  shown.addEventListener("keydown", (event) => {
    const all = [...shown.querySelectorAll("[data-address]")];
    const at = all.indexOf(document.activeElement);
    const across = all.filter((choice) => choice.offsetTop === all[0].offsetTop).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (at < 0 && event.key === "ArrowDown" && event.target.matches("[type='search']"))
      all[0]?.focus();
    else if (at < 0 || !step) return;
    else all[at + step]?.focus();
    event.preventDefault();
  });
}

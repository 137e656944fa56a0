/* Chooses a file among results, uploads and series, or results to pack into one. */
import { dialog } from "./dialog.js";
import { packInto } from "./media-field-upload.js";
import { packingAddress, uploadsAddress } from "./media-upload.js";
import { parsed } from "./server.js";

const PAUSE_MS = 250;

/** Opens the picker of `field`; the chosen file becomes its value. */
export async function open(field) {
  const base = field.dataset.packing ? packingAddress(field) : uploadsAddress(field, "choices/");
  base.searchParams.set("kind", field.dataset.wants ?? field.kind);
  const shown = await dialog(base);
  (shown.querySelector(".choice") ?? shown.querySelector("[type='search']")).focus();
  const results = new Set(); // to pack, also those of other pages and searches
  let timer = 0;
  let turn = 0;
  const look = async (address) => {
    const mine = ++turn;
    const answer = await fetch(address);
    const choices = parsed(await answer.text()).querySelector(".picker-choices");
    if (mine !== turn || !choices) return;
    shown.querySelector(".picker-choices").replaceWith(document.importNode(choices, true));
    mark();
  };
  const mark = () => {
    for (const choice of shown.querySelectorAll("[data-result]"))
      choice.setAttribute("aria-pressed", results.has(choice.dataset.result));
    const footer = shown.querySelector("footer");
    if (!footer) return;
    footer.hidden = !results.size;
    footer.firstElementChild.textContent = counted(results.size);
  };
  const pack = async (name, chosen) => {
    shown.close();
    const packing = packInto(field, name, chosen);
    field.querySelector("[data-tool='cancel']").focus();
    await packing; // which removes that button
    if (document.activeElement === document.body)
      field.querySelector("[data-tool='picker']").focus();
  };
  const search = () => {
    const form = shown.querySelector("form");
    const address = new URL(base);
    for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
    return look(address);
  };
  shown.addEventListener("click", (event) => {
    const choice = event.target.closest(".choice");
    const { series, result } = choice?.dataset ?? {};
    const page = event.target.closest(".picker-choices nav a")?.getAttribute("href");
    const next = choice?.dataset.open ?? page;
    if (next) {
      event.preventDefault();
      look(new URL(next, base)).then(() => shown.querySelector(".choice")?.focus());
    } else if (series) pack(choice.querySelector(".choice-name").textContent, [["series", series]]);
    else if (result) {
      if (!results.delete(result)) results.add(result);
      mark();
    } else if (event.target.closest("[data-pack]"))
      pack(
        counted(results.size),
        [...results]
          .map((address) => address.split("/"))
          .map((at) => ["artifact", `${at[2]}/${at[4]}`]),
      );
    else if (choice) {
      shown.close();
      const { address } = choice.dataset;
      field.put(address, {
        name: choice.querySelector(".choice-name").textContent,
        address,
        src: address,
      });
      field.querySelector(".media-clear")?.focus();
    }
  });
  // A file that is pasted or dropped here is for the field.
  for (const [type, Kind, name] of [
    ["paste", ClipboardEvent, "clipboardData"],
    ["drop", DragEvent, "dataTransfer"],
  ])
    shown.addEventListener(type, (event) => {
      const data = event[name];
      if (!data.files.length && type === "paste") return;
      event.preventDefault();
      shown.close();
      field.dispatchEvent(new Kind(type, { bubbles: true, [name]: data }));
    });
  shown.addEventListener("dragover", (event) => event.preventDefault());
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  shown.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  shown.addEventListener("keydown", (event) => {
    const all = [...shown.querySelectorAll(".choice")];
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

const counted = (number) => `${number} result${number === 1 ? "" : "s"}`;

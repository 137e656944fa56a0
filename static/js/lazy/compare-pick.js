/*
 * Ticks models on the cards of the gallery, for a board or for an action on all of them. The ticks
 * are kept for the tab, so that models of several searches can be ticked.
 */
const KEY = "vitrine-compare";
const CARD = "article[data-endpoint-id]";
const picked = new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
let bar;
let address;

/** Turns picking on or off; the server knows which actions the user may take. */
export async function start(link) {
  if (bar) return stop();
  address = new URL(link.href);
  const sheet = Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: link.dataset.compare,
  });
  if (!document.querySelector(`link[href="${link.dataset.compare}"]`)) document.head.append(sheet);
  const answer = await fetch(link.dataset.bar);
  if (!answer.ok) throw new Error(answer.statusText);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  bar = holder.content.querySelector("form");
  bar.querySelector("[data-clear]").addEventListener("click", () => {
    forget();
    stop();
  });
  bar.addEventListener("submit", forget);
  document.querySelector("main").append(bar);
  document.addEventListener("htmx:load", mark);
  mark();
  show();
  document.querySelector(".compare-pick input")?.focus();
}

function forget() {
  picked.clear();
  sessionStorage.removeItem(KEY);
}

function stop() {
  document.removeEventListener("htmx:load", mark);
  document.querySelectorAll(".compare-pick").forEach((box) => box.remove());
  bar.remove();
  bar = undefined;
  document.querySelector("[data-compare]")?.focus();
}

/** Adds a checkbox to each card without one. */
function mark() {
  for (const card of document.querySelectorAll(CARD)) {
    if (card.querySelector(".compare-pick")) continue;
    const name = card.querySelector("h3")?.textContent.trim() ?? card.dataset.endpointId;
    const label = document.createElement("label");
    label.className = "compare-pick";
    const box = Object.assign(document.createElement("input"), {
      type: "checkbox",
      checked: picked.has(card.dataset.endpointId),
    });
    box.setAttribute("aria-label", `Select ${name}`);
    box.addEventListener("change", (event) => {
      event.stopPropagation(); // the filters around the cards listen for changes
      if (box.checked) picked.set(card.dataset.endpointId, name);
      else picked.delete(card.dataset.endpointId);
      sessionStorage.setItem(KEY, JSON.stringify([...picked]));
      show();
    });
    label.append(box);
    card.prepend(label);
  }
}

function show() {
  address.searchParams.delete("find"); // the search text, replaced by the picks
  address.searchParams.delete("model");
  const models = [...picked.keys()].map((value) => {
    address.searchParams.append("model", value);
    return Object.assign(document.createElement("input"), { type: "hidden", name: "model", value });
  });
  bar.querySelector("[data-models]").replaceChildren(...models);
  bar.querySelector("[data-acts]").hidden = !picked.size;
  bar.querySelector("[role='status']").textContent = picked.size
    ? [...picked.values()].join(", ")
    : "Tick the models.";
  bar.querySelector("[data-clear]").textContent = picked.size ? "Clear" : "Done";
  Object.assign(bar.querySelector("a"), {
    textContent: picked.size === 1 ? "Compare 1 model" : `Compare ${picked.size} models`,
    href: address,
    hidden: !picked.size,
  });
}

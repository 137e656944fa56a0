/*
 * Picks models for a board from the cards of the gallery. The picks are kept for the tab, so that
 * models of several searches can be compared.
 */
const KEY = "vitrine-compare";
const CARD = "article[data-endpoint-id]";
const picked = new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
let bar;
let address;

/** Turns picking on or off. */
export function start(link) {
  if (bar) return stop();
  address = new URL(link.href);
  const sheet = Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: link.dataset.compare,
  });
  if (!document.querySelector(`link[href="${link.dataset.compare}"]`)) document.head.append(sheet);
  bar = document.createElement("div");
  bar.className = "compare-bar sheet bar gap-3";
  bar.setAttribute("role", "region");
  bar.setAttribute("aria-label", "Models to compare");
  document.querySelector("main").append(bar);
  document.addEventListener("htmx:load", mark);
  mark();
  show();
  document.querySelector(".compare-pick input")?.focus();
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
    const name = card.querySelector("h3")?.innerText.trim() ?? card.dataset.endpointId;
    const label = document.createElement("label");
    label.className = "compare-pick";
    const box = Object.assign(document.createElement("input"), {
      type: "checkbox",
      checked: picked.has(card.dataset.endpointId),
    });
    box.setAttribute("aria-label", `Compare ${name}`);
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
  for (const id of picked.keys()) address.searchParams.append("model", id);
  const status = Object.assign(document.createElement("p"), {
    textContent: picked.size ? [...picked.values()].join(", ") : "Tick the models to compare.",
  });
  status.setAttribute("role", "status");
  const go = Object.assign(document.createElement("a"), {
    className: "button",
    textContent: picked.size === 1 ? "Compare 1 model" : `Compare ${picked.size} models`,
    href: address,
    hidden: !picked.size,
  });
  go.dataset.kind = "primary";
  const clear = Object.assign(document.createElement("button"), {
    className: "button",
    type: "button",
    textContent: picked.size ? "Clear" : "Done",
  });
  clear.dataset.kind = "quiet";
  clear.addEventListener("click", () => {
    picked.clear();
    sessionStorage.removeItem(KEY);
    stop();
  });
  bar.replaceChildren(status, clear, go);
}

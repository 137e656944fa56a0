/*
 * The keys of a page: a letter presses the element with that `data-shortcut`, arrows show earlier
 * and later results, Space plays, `?` lists the page's keys. Loaded at the first of these keys.
 */
const OFF = "vitrine-keys";
const FOCUSED = ".artifact, .stage-run, .run-row"; // searched first for a letter's element
const WORDS = {
  r: "Remix: put the result\u2019s settings into the form",
  s: "Keep the result\u2019s seed",
  u: "Use the result as an input elsewhere",
  k: "Keep: star the result as one of the best",
  d: "Download the result",
  v: "Variations: choose how many, then Run",
};

export function press(key, target = document.body) {
  const open = document.querySelector("dialog[open]");
  if (open) return type(key, open.querySelector("input[type='search']"));
  if (key === "?") return list();
  if (key === " ") return play(target);
  if (key.startsWith("Arrow")) return step(key === "ArrowRight" ? 1 : -1);
  const control = pressable(key, target);
  if (control?.matches("input, textarea, select")) control.focus();
  else control?.click();
}
/** Types a key that was pressed before an earlier key had opened the command palette. */
function type(key, input) {
  if (!input || key.length > 1) return;
  input.value += key;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
function pressable(key, target) {
  const around = target.closest?.(FOCUSED);
  const all = [around, document.querySelector(".stage-run"), document]
    .filter(Boolean)
    .flatMap((place) => [...place.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`)]);
  return all.find((control) => control.checkVisibility?.() ?? true);
}
function player(target) {
  const all = [...document.querySelectorAll(".artifact :is(video, audio)")];
  const near = target.closest?.(".artifact")?.querySelector("video, audio");
  return near ?? all.find((media) => !media.paused) ?? all[0];
}
function play(target) {
  const media = player(target);
  if (media?.paused) media.play();
  else media?.pause();
}
/** The tries start with the newest run; the one on the stage is marked. */
function step(by) {
  const items = [...document.querySelectorAll(".try-runs > li")];
  const at = items.findIndex((item) => item.ariaCurrent);
  const next = at < 0 ? items[0] : items[at + by];
  next?.querySelector("a").click();
}

/** The page's shortcuts, as pairs of keys and descriptions. */
function offered() {
  const shortcuts = [
    ["/", "Search models"],
    ["Ctrl K or \u2318 K", "Go to a model, run or page"],
  ];
  if (document.getElementById("run-button"))
    shortcuts.push(["Ctrl Enter or \u2318 Enter", "Run, from anywhere in the form"]);
  for (const [key, words] of Object.entries(WORDS))
    if (pressable(key, document.body)) shortcuts.push([key.toUpperCase(), words]);
  if (document.querySelector(".try-runs > li"))
    shortcuts.push(["\u2190 \u2192", "Later and earlier results"]);
  if (player(document.body)) shortcuts.push(["Space", "Play or pause"]);
  shortcuts.push(["Esc", "Close what is open"], ["?", "This list"]);
  return shortcuts;
}
function list() {
  for (const menu of document.querySelectorAll(".head details[open]")) menu.open = false;
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = element("h2", "Keyboard shortcuts");
  title.id = "keys-title";
  const rows = element("dl");
  rows.className = "terms";
  for (const [keys, words] of offered()) {
    const name = element("dt");
    name.append(element("kbd", keys));
    rows.append(name, element("dd", words));
  }
  const off = element("input");
  off.type = "checkbox";
  off.checked = localStorage.getItem(OFF) !== "off";
  off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "on" : "off"));
  const label = element("label");
  label.append(off, " Single keys act on this page");
  const close = element("button", "Close");
  close.className = "button";
  close.dataset.close = "";
  dialog.append(title, rows, label, close);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
const element = (tag, text = "") =>
  Object.assign(document.createElement(tag), { textContent: text });

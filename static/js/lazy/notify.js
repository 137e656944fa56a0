/*
 * "Notify me when it ends", where a run is waited for. Once asked for, in this browser, runs that end while
 * their page is hidden are counted in the title and, where the browser allows it, told by a notification.
 * Loaded when a run takes its time.
 */
import { together } from "./ends.js";

const KEY = "vitrine-notify";
const ENDED = "vitrine-ended"; // by run, for all tabs: they share one notification
let count = 0;

const BLOCKED = isSecureContext
  ? "Notifications are blocked here. Allow them in the address bar’s site settings; until then this tab’s title counts the runs that end."
  : "This browser notifies from secure pages (https) only. This tab’s title counts the runs that end.";

const isOn = () => localStorage.getItem(KEY) === "1";
const isAllowed = () => window.Notification?.permission === "granted";

/** Put the button below each run that is shown large and still under way: there it moves nothing of the run. */
export function offer() {
  for (const run of document.querySelectorAll(".stage-run[data-watch]:not(:has(.notify-me))")) {
    const box = Object.assign(document.createElement("div"), { className: "notify" });
    const note = Object.assign(document.createElement("p"), { className: "muted small", role: "status" });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button notify-me" });
    button.dataset.kind = "quiet";
    button.addEventListener("click", () => press(button));
    box.append(button, note);
    run.append(box);
    draw(button);
  }
}
function draw(button) {
  button.textContent = !isOn() ? "Notify me when it ends" : isAllowed() ? "You will be notified" : "The title will count it";
  button.setAttribute("aria-pressed", isOn());
  button.nextElementSibling.textContent = isOn() && !isAllowed() ? BLOCKED : "";
}
async function press(button) {
  // Whoever closes the browser's question without an answer has not decided.
  const isOver = isOn() || (await window.Notification?.requestPermission()) === "default";
  if (isOver) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "1");
  draw(button);
  button.nextElementSibling.scrollIntoView({ block: "nearest" }); // the stage may end above it
}
const title = () => document.title.replace(/^\(\d+\) /, "");
document.addEventListener("run:finished", ({ target, detail }) => {
  target.querySelector(".notify")?.remove();
  if (!document.hidden || !isOn()) return;
  count += 1;
  document.title = `(${count}) ${title()}`;
  if (isAllowed()) tell(target, detail.state);
});
/** One notification, which the next end replaces: with how many there were, of which models, and why what failed did. */
function tell(run, state) {
  const ended = JSON.parse(localStorage.getItem(ENDED) ?? "{}");
  const { runId, model, title } = run.dataset;
  if (ended[runId]) return; // another tab shows it, too
  const why = run.querySelector(".failure > h3")?.textContent;
  ended[runId] = { state, model, text: [...new Set([model, title, why])].filter(Boolean).join(": ") };
  localStorage.setItem(ENDED, JSON.stringify(ended));
  const all = Object.values(ended);
  const models = new Set(all.map((one) => one.model));
  const failed = all.filter((one) => one.state === "failed").map(({ text }) => text);
  const body = all.length > 1 ? [[...models].join(", "), ...failed.slice(-3)].join("\n") : all[0].text;
  const note = new Notification(together(all.map((one) => one.state)), { body, tag: ENDED, renotify: true });
  note.addEventListener("click", () => (focus(), note.close()));
}
/** Whoever looks at one tab has seen what there was to tell. */
function see() {
  if (document.hidden) return;
  localStorage.removeItem(ENDED);
  count = 0;
  document.title = title();
}
document.addEventListener("visibilitychange", see);
see();

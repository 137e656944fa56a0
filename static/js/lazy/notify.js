/*
 * The button "Notify me when it ends". Once enabled in this browser, a hidden page polls for its
 * runs and announces their ends by a notification, if the browser permits it. Loaded when a run
 * takes long.
 */
import { outcomeText } from "./run-outcome-text.js";

const KEY = "vitrine-notify";
const ENDED = "vitrine-ended"; // by run, for all tabs, which share one notification

const BLOCKED = isSecureContext
  ? "Notifications are blocked here. Allow them in the address bar’s site settings; " +
    "until then this tab’s title counts the runs that end."
  : "This browser notifies from secure pages (https) only. " +
    "This tab’s title counts the runs that end.";

const isOn = () => localStorage.getItem(KEY) === "1";
const isAllowed = () => window.Notification?.permission === "granted";

/**
 * Adds the button below each large unfinished run, where it does not shift the run's content.
 */
export function offer() {
  for (const run of document.querySelectorAll(".stage-run[data-watch]:not(:has(.notify-me))")) {
    const box = Object.assign(document.createElement("div"), { className: "notify" });
    const note = Object.assign(document.createElement("p"), {
      className: "muted small",
      role: "status",
    });
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button notify-me",
    });
    button.dataset.kind = "quiet";
    button.addEventListener("click", () => press(button));
    box.append(button, note);
    run.append(box);
    draw(button);
  }
}
function draw(button) {
  button.textContent = !isOn()
    ? "Notify me when it ends"
    : isAllowed()
      ? "You will be notified"
      : "The title will count it";
  button.setAttribute("aria-pressed", isOn());
  button.nextElementSibling.textContent = isOn() && !isAllowed() ? BLOCKED : "";
}
async function press(button) {
  // Dismissing the browser's prompt is no decision.
  const isOver = isOn() || (await window.Notification?.requestPermission()) === "default";
  if (isOver) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "1");
  draw(button);
  button.nextElementSibling.scrollIntoView({ block: "nearest" }); // the stage may end above
}
document.addEventListener("run:finished", ({ target, detail }) => {
  target.querySelector(".notify")?.remove();
  if (!document.hidden || !isOn()) return;
  if (isAllowed()) tell(target, detail.state);
});
/**
 * Shows one notification, replaced by the next: number of runs, models, and reasons for failures.
 */
function tell(run, state) {
  const ended = JSON.parse(localStorage.getItem(ENDED) ?? "{}");
  const { model, title, runId = run.dataset.trayId } = run.dataset;
  if (ended[runId]) return; // another tab shows it as well
  const why = run.querySelector(".failure > h3")?.textContent;
  ended[runId] = {
    state,
    model,
    text: [...new Set([model, title, why])].filter(Boolean).join(": "),
  };
  localStorage.setItem(ENDED, JSON.stringify(ended));
  const all = Object.values(ended);
  const models = new Set(all.map((entry) => entry.model));
  const failed = all.filter((entry) => entry.state === "failed").map(({ text }) => text);
  const body =
    all.length > 1 ? [[...models].join(", "), ...failed.slice(-3)].join("\n") : all[0].text;
  const note = new Notification(outcomeText(all.map((entry) => entry.state)), {
    body,
    tag: ENDED,
    renotify: true,
  });
  note.addEventListener("click", () => (focus(), note.close()));
}
/** Clears the announcements: a visible tab has shown them. */
function see() {
  if (document.hidden) return;
  localStorage.removeItem(ENDED);
}
document.addEventListener("visibilitychange", see);
see();

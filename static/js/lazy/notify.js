/*
 * "Notify me when it ends", where a run is waited for. Once asked for, in this browser, runs that end while
 * their page is hidden are counted in the title and, where the browser allows it, told by a notification.
 * Loaded when a run takes its time.
 */
const KEY = "vitrine-notify";
const WORDS = { succeeded: "Run done", failed: "Run failed", cancelled: "Run cancelled" };
let ended = 0;

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
}
/** What a run is called where it is shown: large, in a list, in the film strip. */
const name = (run) => run.dataset.title ?? run.querySelector("h3")?.textContent ?? run.querySelector("a")?.title ?? "";
const title = () => document.title.replace(/^\(\d+\) /, "");
document.addEventListener("run:finished", ({ target, detail }) => {
  target.querySelector(".notify")?.remove();
  if (!document.hidden || !isOn()) return;
  ended += 1;
  document.title = `(${ended}) ${title()}`;
  if (!isAllowed()) return;
  const note = new Notification(WORDS[detail.state] ?? "Run ended", { body: name(target), tag: target.dataset.runId });
  note.addEventListener("click", () => (focus(), note.close()));
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  ended = 0;
  document.title = title();
});

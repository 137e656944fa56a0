/*
 * "Notify me when it ends", where a run is waited for. Once asked for, in this browser, runs that end while
 * their page is hidden are told by a notification and counted in the title. Loaded when a run takes its time.
 */
const KEY = "vitrine-notify";
const WORDS = { succeeded: "Run done", failed: "Run failed", cancelled: "Run cancelled" };
let ended = 0;

const isOn = () => Notification.permission === "granted" && localStorage.getItem(KEY) === "1";

/** Put the button below each run that is shown large and still under way: there it moves nothing of the run. */
export function offer() {
  if (!window.Notification || Notification.permission === "denied") return;
  for (const run of document.querySelectorAll(".stage-run[data-watch]:not(:has(> .notify-me))")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button notify-me" });
    button.dataset.kind = "quiet";
    button.addEventListener("click", () => press(button));
    draw(button);
    run.append(button);
  }
}
function draw(button) {
  button.textContent = isOn() ? "You will be notified" : "Notify me when it ends";
  button.setAttribute("aria-pressed", isOn());
}
async function press(button) {
  if (isOn()) localStorage.removeItem(KEY);
  else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "1");
  draw(button);
  if (Notification.permission !== "denied") return;
  button.disabled = true;
  button.textContent = "This browser blocks notifications from here";
}
/** What a run is called where it is shown: large, in a list, in the film strip. */
const name = (run) => run.dataset.title ?? run.querySelector("h3")?.textContent ?? run.querySelector("a")?.title ?? "";
const title = () => document.title.replace(/^\(\d+\) /, "");
document.addEventListener("run:finished", ({ target, detail }) => {
  target.querySelector(".notify-me")?.remove();
  if (!document.hidden || !isOn()) return;
  ended += 1;
  document.title = `(${ended}) ${title()}`;
  const note = new Notification(WORDS[detail.state] ?? "Run ended", { body: name(target), tag: target.dataset.runId });
  note.addEventListener("click", () => (focus(), note.close()));
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  ended = 0;
  document.title = title();
});

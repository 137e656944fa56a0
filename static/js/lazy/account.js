/* The account page's switch of notifications; `notify.js` reads the same key on the runs' pages. */
const KEY = "vitrine-notify";
const button = document.querySelector("[data-notify]");
const note = document.querySelector("[data-notify-note]");
const isOn = () => localStorage.getItem(KEY) === "1";
const isAllowed = () => window.Notification?.permission === "granted";

function draw() {
  button.setAttribute("aria-pressed", isOn());
  button.textContent = isOn() ? "Stop notifying me" : "Notify me when runs end";
  note.textContent = !isOn()
    ? "Off in this browser."
    : isAllowed()
      ? "On in this browser."
      : "On, but the browser blocks notifications here: the tab’s title counts the runs " +
        "that end. Allow them in the address bar’s site settings.";
}
button.addEventListener("click", async () => {
  if (isOn()) localStorage.removeItem(KEY);
  // Dismissing the browser's prompt is no decision.
  else if ((await window.Notification?.requestPermission()) !== "default")
    localStorage.setItem(KEY, "1");
  draw();
});
draw();

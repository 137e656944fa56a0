/**
 * <local-time><time datetime="ISO">…</time></local-time>: shows the time in the user's time zone
 * (UTC without script).
 */
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const at = new Date(time?.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const isToday = at.toDateString() === new Date().toDateString();
    time.textContent = isToday ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
    time.title = whole.format(at);
  }
}
customElements.define("local-time", LocalTime);

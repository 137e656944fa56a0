/**
 * <elapsed-time since="ISO" now="ISO">: shows the elapsed time and updates itself without swaps.
 * `now` is the server's time at rendering, because the computer's clock may be wrong.
 */
class ElapsedTime extends HTMLElement {
  /** How far this computer's clock is ahead: the least difference seen has the least delay in it. */
  static aheadMs = Infinity;
  /** The server's time, in milliseconds. */
  static now() {
    return Date.now() - ElapsedTime.aheadMs;
  }
  connectedCallback() {
    const differenceMs = Date.now() - Date.parse(this.getAttribute("now"));
    ElapsedTime.aheadMs = Math.min(ElapsedTime.aheadMs, differenceMs);
    this.draw();
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
  }
  /**
   * Five updates per second show tenths in a short run; a longer run shows seconds. All clocks of a
   * page update at the same moments, so that it is laid out once for all.
   */
  draw() {
    const seconds = Math.max(
      0,
      (ElapsedTime.now() - Date.parse(this.getAttribute("since"))) / 1000,
    );
    this.textContent = this.told(seconds);
    const stepMs = seconds < 10 ? 200 : 1000;
    this.timer = setTimeout(() => this.draw(), stepMs - (Date.now() % stepMs));
  }
  /** The server's `duration` format. */
  told(seconds) {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.floor(seconds);
    if (whole < 60) return `${whole} s`;
    const [large, small, all] =
      whole < 3600 ? ["min", "s", whole] : ["h", "min", Math.floor(whole / 60)];
    return `${Math.floor(all / 60)} ${large} ${all % 60} ${small}`;
  }
}
customElements.define("elapsed-time", ElapsedTime);

/*
 * Scrolls to the new run after Run: on a narrow screen the stage is above the form, and beside a
 * long form its head may be above the viewport.
 */
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "stage") return;
  // In the next frame: until then scroll anchoring keeps the content below the stage in place.
  requestAnimationFrame(() => {
    const isNarrow = matchMedia("(width < 48rem)").matches;
    const place = target.getBoundingClientRect().top / innerHeight;
    const isAway = isNarrow ? place < 0 || place > 0.15 : place > 0.85;
    const seen = isAway ? target : target.querySelector(".run-status");
    // At once on a narrow screen: the next change of the run would stop a smooth scroll.
    const behavior = isAway && isNarrow ? "instant" : "smooth";
    seen?.scrollIntoView({ behavior, block: isAway ? "start" : "nearest" });
    // The pressed button scrolls out of view.
    if (isAway && document.activeElement.id === "run-button")
      target.querySelector(".state")?.focus({ preventScroll: true });
  });
});

/*
 * Back and forward between results of one model only change the stage, so that typed text stays.
 * Handled before htmx, which would replace the whole page.
 */
addEventListener("popstate", (event) => {
  const form = document.getElementById("playground-form");
  const action = form?.getAttribute("action");
  if (!action || new URL(action, location.href).pathname !== location.pathname) return;
  if (!event.state?.htmx || !window.htmx) return;
  event.stopImmediatePropagation();
  htmx.ajax("GET", location.href, { target: "#stage", swap: "innerHTML show:none" });
});

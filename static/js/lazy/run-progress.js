const SHORT_S = 10;

/**
 * <run-progress since="ISO" usual="12" late="15" share="0.4">: fills its bar by upstream's report,
 * else by the usual duration, never to the end; the text next to the clock says if the run is late.
 */
class RunProgress extends HTMLElement {
  connectedCallback() {
    this.draw();
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
  }
  draw() {
    if (this.hasAttribute("share")) return;
    const [usual, late] = ["usual", "late"].map((name) => Number(this.getAttribute(name)));
    const now = customElements.get("elapsed-time").now(); // the server's: the clock beside the bar
    const seconds = (now - Date.parse(this.getAttribute("since"))) / 1000;
    const isLate = late && seconds > late;
    const note = this.parentElement.querySelector("[data-late]");
    if (isLate && note) note.textContent = note.dataset.late;
    const bar = this.querySelector("progress");
    const isFilled = usual && !isLate;
    this.toggleAttribute("data-moving", !isFilled);
    if (!isFilled) return bar.removeAttribute("value");
    bar.value = Math.min(0.95, Math.max(0, seconds / usual));
    const stepMs = usual < SHORT_S ? 200 : 1000; // drawn together with the clock
    this.timer = setTimeout(() => this.draw(), stepMs - (Date.now() % stepMs));
  }
}
customElements.define("run-progress", RunProgress);

/**
 * <timed-lines>: a transcript with its recording. A press on a time plays from there, and the line
 * that is being said is marked and scrolled to within the list.
 */
class TimedLines extends HTMLElement {
  connectedCallback() {
    const player = this.querySelector("audio, video");
    if (!player) return;
    let lines = [];
    let starts = [];
    const read = () => {
      lines = [...this.querySelectorAll("[data-start]")];
      starts = lines.map((line) => Number(line.dataset.start));
    };
    read();
    this.addEventListener("htmx:afterSettle", read); // further lines have come
    let current;
    this.addEventListener("click", ({ target }) => {
      const line = target.closest("button") && target.closest("[data-start]");
      if (!line) return;
      player.currentTime = Number(line.dataset.start);
      player.play();
    });
    player.addEventListener("timeupdate", () => {
      const index = starts.findLastIndex((start) => start <= player.currentTime + 0.05);
      if (lines[index] === current) return;
      current?.removeAttribute("aria-current");
      current = lines[index];
      if (!current) return;
      current.setAttribute("aria-current", "true");
      const list = current.parentElement;
      const [line, box] = [current, list].map((element) => element.getBoundingClientRect());
      if (line.top < box.top || line.bottom > box.bottom)
        list.scrollTop += line.top - box.top - box.height / 3;
    });
  }
}
customElements.define("timed-lines", TimedLines);

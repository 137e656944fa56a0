/*
 * A film in the viewer: single frames, speed, and a repeated part.
 */
const DEFAULT_FRAME_S = 1 / 25; // until a few frames have played: browsers do not expose the rate
const LONGEST_FRAME_S = 1 / 8;

const timeInWords = (seconds) => {
  const whole = Math.floor(seconds || 0);
  const rest = Math.floor(((seconds || 0) - whole) * 100);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 60)}:${two(whole % 60)}.${two(rest)}`;
};

export class Film {
  /** `say` is called with a sentence for the person. */
  constructor(film, tools, { say, signal }) {
    Object.assign(this, { film, tools, say });
    this.frameS = DEFAULT_FRAME_S;
    this.marks = { in: null, out: null };
    this.at = tools.querySelector("[name='at']");
    tools.querySelector("[data-film]").hidden = false;
    film.controls = false;
    const options = { signal };
    const actions = {
      play: () => this.toggle(),
      back: () => this.step(-1),
      forward: () => this.step(1),
      in: () => this.mark("in"),
      out: () => this.mark("out"),
    };
    tools.addEventListener(
      "click",
      ({ target }) => actions[target.closest("[data-film-do]")?.dataset.filmDo]?.(),
      options,
    );
    tools
      .querySelector("[name='speed']")
      .addEventListener(
        "change",
        ({ target }) => (film.playbackRate = Number(target.value)),
        options,
      );
    this.at.addEventListener("input", () => this.seek(Number(this.at.value)), options);
    for (const name of ["timeupdate", "seeked", "loadedmetadata", "play", "pause"])
      film.addEventListener(name, () => this.draw(), options);
    film.addEventListener("click", () => this.toggle(), options);
    this.measureFrames(signal);
    this.draw();
  }
  /** Measures the duration of a frame while the film plays. */
  measureFrames(signal) {
    if (!this.film.requestVideoFrameCallback) return;
    let before;
    const shown = (_, { mediaTime }) => {
      const gap = mediaTime - before;
      if (gap > 0.001 && gap < LONGEST_FRAME_S && !this.film.paused)
        this.frameS = this.isMeasured ? Math.min(this.frameS, gap) : gap;
      this.isMeasured ||= gap > 0.001 && gap < LONGEST_FRAME_S && !this.film.paused;
      before = this.film.shownS = mediaTime; // for `film-frames.js`
      this.repeatPart(mediaTime);
      if (!signal.aborted) this.film.requestVideoFrameCallback(shown);
    };
    this.film.requestVideoFrameCallback(shown);
    // Until the browser tells of the new frame, the time is what is known.
    this.film.addEventListener("seeking", () => delete this.film.shownS, { signal });
  }
  /** Returns to the start mark when the end mark is passed. */
  repeatPart(second) {
    const { out } = this.marks;
    if (out !== null && !this.film.paused && second >= out) this.film.currentTime = this.begin;
  }
  get begin() {
    return this.marks.in ?? 0;
  }
  toggle() {
    if (!this.film.paused) return this.film.pause();
    const { out } = this.marks;
    if (out !== null && this.film.currentTime >= out) this.film.currentTime = this.begin;
    this.film.play().catch(() => {}); // interrupted by a pause
  }
  seek(second) {
    this.film.pause();
    this.film.currentTime = Math.min(Math.max(0, second), this.film.duration || 0);
  }
  /** Goes to the middle of the next or previous frame. */
  step(by) {
    const frame = Math.floor(this.film.currentTime / this.frameS + 0.001) + by;
    this.seek((Math.max(0, frame) + 0.5) * this.frameS);
  }
  /** Sets a mark at the current time, or removes it if it is there. */
  mark(name) {
    const here = this.film.currentTime;
    const isHere = this.marks[name] !== null && Math.abs(this.marks[name] - here) < this.frameS;
    this.marks[name] = isHere ? null : here;
    const { in: begin, out: end } = this.marks;
    if (begin !== null && end !== null && begin >= end) {
      this.marks[name === "in" ? "out" : "in"] = null;
      this.say("The beginning lies before the end: the other mark is taken away.");
    }
    this.draw();
  }
  draw() {
    const { film, at, tools, marks } = this;
    if (!film.requestVideoFrameCallback) this.repeatPart(film.currentTime);
    at.max = film.duration || 1;
    at.value = film.currentTime;
    at.setAttribute("aria-valuetext", timeInWords(film.currentTime));
    tools.querySelector("[name='time']").value =
      `${timeInWords(film.currentTime)} / ${timeInWords(film.duration)}`;
    tools.querySelector("[data-film-do='play'] span").textContent = film.paused ? "Play" : "Pause";
    for (const [name, second] of Object.entries(marks)) {
      const button = tools.querySelector(`[data-film-do='${name}']`);
      const word = name === "in" ? "In" : "Out";
      button.setAttribute("aria-pressed", second !== null);
      button.textContent = second === null ? word : `${word} ${timeInWords(second)}`;
    }
  }
  /** Handles a key; returns whether it is one of the film's. */
  press({ key, target }) {
    if (key === "," || key === ".") this.step(key === "." ? 1 : -1);
    else if (key === "[" || key === "]") this.mark(key === "[" ? "in" : "out");
    else if (key === " " && !target.matches?.("button, a, summary")) this.toggle();
    else return false;
    return true;
  }
}

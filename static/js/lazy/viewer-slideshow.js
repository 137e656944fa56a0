/* Shows the next result automatically, after some seconds or at the end of a film or sound. */
const SHOWN_MS = 4000;

export class Slideshow {
  constructor(viewer) {
    this.viewer = viewer;
    this.isOn = false;
  }
  toggle() {
    if (this.isOn) return this.stop();
    this.isOn = true;
    this.draw();
    this.wait();
    this.viewer.say("The slideshow runs. P ends it.");
  }
  stop() {
    this.isOn = false;
    clearTimeout(this.timer);
    this.draw();
  }
  /** Starts waiting for the end of the current result. */
  wait() {
    clearTimeout(this.timer);
    if (!this.isOn) return;
    const next = () => this.isOn && this.viewer.step(1);
    const timed = this.viewer.player.media.querySelector("video, audio");
    if (!timed) return (this.timer = setTimeout(next, SHOWN_MS));
    timed.loop = false;
    timed.addEventListener("ended", next, { once: true });
    timed.play().catch(() => (this.timer = setTimeout(next, SHOWN_MS)));
  }
  draw() {
    this.viewer.button("slideshow").setAttribute("aria-pressed", this.isOn);
  }
}

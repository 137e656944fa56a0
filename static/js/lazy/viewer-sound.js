/* A sound in the viewer: its waveform for clicks and drags, a loop, and its loudness. */
import { drawWave, loudnessOf, peaksOf, samplesOf } from "./waveform.js";

const BARS = 400;
const decibels = (amplitude) =>
  amplitude > 0 ? `${(20 * Math.log10(amplitude)).toFixed(1).replace("-", "−")} dB` : "silent";

export class Sound {
  constructor(sound, canvas, tools, { signal }) {
    Object.assign(this, { sound, canvas, tools });
    tools.hidden = canvas.hidden = false;
    const options = { signal };
    tools
      .querySelector("[data-sound-do='play']")
      .addEventListener("click", () => this.toggle(), options);
    tools
      .querySelector("[name='loop']")
      .addEventListener("change", ({ target }) => (sound.loop = target.checked), options);
    for (const name of ["play", "pause", "timeupdate", "seeked"])
      sound.addEventListener(name, () => this.draw(), options);
    canvas.addEventListener("pointerdown", (event) => this.seek(event), options);
    canvas.addEventListener("pointermove", (event) => event.buttons && this.seek(event), options);
    this.measure(signal);
  }
  async measure(signal) {
    const output = this.tools.querySelector("[name='loudness']");
    try {
      const samples = await samplesOf(this.sound);
      if (signal.aborted) return;
      this.peaks = peaksOf(samples, BARS);
      const peak = Math.max(...this.peaks);
      output.value = `Loudness ${decibels(loudnessOf(samples))}, peak ${decibels(peak)}`;
      this.draw();
    } catch {
      this.canvas.hidden = true;
      output.value = "No waveform until the sound is copied here.";
    }
  }
  draw() {
    const { sound } = this;
    const word = this.tools.querySelector("[data-sound-do='play'] span");
    word.textContent = sound.paused ? "Play" : "Pause";
    if (this.peaks) drawWave(this.canvas, this.peaks, sound.currentTime / (sound.duration || 1));
  }
  seek(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.sound.currentTime = share * (this.sound.duration || 0);
  }
  toggle() {
    if (this.sound.paused) this.sound.play().catch(() => {}); // interrupted by a pause
    else this.sound.pause();
  }
  /** Handles a key; returns whether it is one of the sound's. */
  press({ key, target }) {
    if (key !== " " || target.matches?.("button, a, summary, audio, input")) return false;
    this.toggle();
    return true;
  }
}

/* Records audio with the microphone as WAV, which every model reads. */
import { dialog } from "./dialog.js";
import { figures } from "./media-files.js";
import { wav } from "./media-wav.js";

const DENIED = {
  NotAllowedError:
    "The browser does not let this page use the microphone. " +
    "Allow it at the left end of the address bar, then press Record.",
  NotFoundError: "No microphone was found. Plug one in, then press Record.",
  NotReadableError: "Another program is using the microphone. Close it there, then press Record.",
};

/** Opens the recorder of `field` and uploads the accepted recording. */
export async function open(field) {
  const shown = await dialog(
    new URL("tools/recorder/", new URL(field.getAttribute("upload-url"), location.href)),
  );
  new Recorder(field, shown);
}

class Recorder {
  constructor(field, shown) {
    Object.assign(this, { field, shown });
    [this.time, this.meter, this.player, this.note] = [
      ".recorder-time",
      "meter",
      "audio",
      ".recorder-note",
    ].map((selector) => shown.querySelector(selector));
    this.most = figures(field.dataset.limits).max_duration ?? Infinity;
    for (const name of ["click", "cancel", "close"]) shown.addEventListener(name, this);
    this.turn("idle", this.note.textContent);
  }
  handleEvent(event) {
    if (event.type === "close") return this.leave();
    if (event.type === "cancel") return this.ask(event);
    const act = event.target.closest("[data-record]")?.dataset.record;
    if (act) this[act]();
  }
  ask(event) {
    if (this.isAsked || this.shown.dataset.state === "idle") return;
    event.preventDefault();
    this.isAsked = true;
    this.note.textContent = "Close it once more to throw the recording away.";
  }
  turn(state, words) {
    this.isAsked = false;
    const find = (name) => this.shown.querySelector(`[data-record="${name}"]`);
    this.shown.dataset.state = state;
    find("start").hidden = state !== "idle";
    find("stop").hidden = state !== "recording";
    find("again").hidden = find("keep").hidden = this.player.hidden = state !== "done";
    this.meter.hidden = state === "done";
    this.note.textContent = words;
    this.shown.querySelector("footer button:not([hidden])[data-kind='primary']").focus();
  }
  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return this.turn(
        "idle",
        DENIED[error.name] ?? `The microphone cannot be used: ${error.message}.`,
      );
    }
    if (!this.shown.open) return this.release();
    const parts = [];
    this.recorder = new MediaRecorder(this.stream);
    this.recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    this.recorder.addEventListener("stop", () => this.finish(parts));
    this.recorder.start();
    this.since = performance.now();
    this.turn(
      "recording",
      Number.isFinite(this.most)
        ? `Recording; the model takes up to ${this.most} s.`
        : "Recording.",
    );
    this.listen();
  }
  stop() {
    this.recorder.stop();
  }
  again() {
    this.forget();
    this.start();
  }
  keep() {
    const { file } = this;
    this.shown.close();
    this.field.upload(file);
    this.field.querySelector(".media-clear").focus();
  }
  /* Shows level and time while recording. */
  listen() {
    const context = new AudioContext();
    const ear = context.createAnalyser();
    context.createMediaStreamSource(this.stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    const look = () => {
      if (this.recorder.state !== "recording") return context.close();
      const seconds = (performance.now() - this.since) / 1000;
      ear.getFloatTimeDomainData(samples);
      this.meter.value = Math.min(
        1,
        4 * Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length),
      );
      const rest = (seconds % 60).toFixed(1).padStart(4, "0");
      this.time.textContent = `${Math.floor(seconds / 60)}:${rest}`;
      if (seconds >= this.most) this.recorder.stop();
      requestAnimationFrame(look);
    };
    look();
  }
  async finish(parts) {
    this.release();
    if (!this.shown.open) return;
    try {
      const name = `recording-${new Date().toTimeString().slice(0, 8).replaceAll(":", "")}.wav`;
      this.file = new File([await wav(new Blob(parts))], name, { type: "audio/wav" });
    } catch {
      return this.turn("idle", "Nothing was heard. Check the microphone, then record again.");
    }
    this.player.src = URL.createObjectURL(this.file);
    this.turn("done", "Listen to it, then use it or record again.");
  }
  release() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }
  forget() {
    URL.revokeObjectURL(this.player.src);
    this.player.removeAttribute("src");
    this.file = null;
  }
  leave() {
    if (this.recorder?.state === "recording") this.recorder.stop();
    this.release();
    this.forget();
  }
}

/* Record a sound with the microphone; it becomes a WAV, which every model reads. */
import { dialog } from "./media-dialog.js";
import { figures } from "./media-files.js";
import { wav } from "./media-wav.js";

const DENIED = {
  NotAllowedError: "The browser does not let this page use the microphone. Allow it at the left end of the address bar, then press Record.",
  NotFoundError: "No microphone was found. Plug one in, then press Record.",
  NotReadableError: "Another program is using the microphone. Close it there, then press Record.",
};

/** Opens the recorder of `field`; what is kept goes up as its file. */
export async function open(field) {
  const shown = await dialog(new URL("tools/recorder/", new URL(field.getAttribute("upload-url"), location.href)));
  const find = (name) => shown.querySelector(`[data-record="${name}"]`);
  const [time, meter, player, note] = [".recorder-time", "meter", "audio", ".recorder-note"].map((one) => shown.querySelector(one));
  const most = figures(field.dataset.limits).max_duration ?? Infinity;
  let [stream, recorder, file, since] = [];

  const turn = (state, words) => {
    shown.dataset.state = state;
    find("start").hidden = state !== "idle";
    find("stop").hidden = state !== "recording";
    find("again").hidden = find("keep").hidden = player.hidden = state !== "done";
    meter.hidden = state === "done";
    note.textContent = words;
    shown.querySelector("footer button:not([hidden])[data-kind='primary']")?.focus();
  };
  const release = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  };
  const forget = () => {
    URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    file = null;
  };
  const start = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return turn("idle", DENIED[error.name] ?? `The microphone cannot be used: ${error.message}.`);
    }
    if (!shown.open) return release();
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recorder.addEventListener("stop", () => finish(parts));
    recorder.start();
    since = performance.now();
    turn("recording", Number.isFinite(most) ? `Recording; the model takes up to ${most} s.` : "Recording.");
    listen();
  };
  const listen = () => {
    const context = new AudioContext();
    const ear = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    const look = () => {
      if (recorder.state !== "recording" || !shown.open) return context.close();
      const seconds = (performance.now() - since) / 1000;
      ear.getFloatTimeDomainData(samples);
      meter.value = Math.min(1, 4 * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
      time.textContent = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
      if (seconds >= most) recorder.stop();
      requestAnimationFrame(look);
    };
    look();
  };
  const finish = async (parts) => {
    release();
    if (!shown.open) return;
    try {
      const name = `recording-${new Date().toTimeString().slice(0, 8).replaceAll(":", "")}.wav`;
      file = new File([await wav(new Blob(parts))], name, { type: "audio/wav" });
    } catch {
      return turn("idle", "Nothing was heard. Check the microphone, then record again.");
    }
    player.src = URL.createObjectURL(file);
    turn("done", "Listen to it, then use it or record again.");
  };
  const acts = {
    start,
    stop: () => recorder.stop(),
    again: () => (forget(), start()),
    keep: () => {
      const kept = file;
      shown.close();
      field.upload(kept);
      field.querySelector(".media-clear").focus();
    },
  };
  shown.addEventListener("click", ({ target }) => acts[target.closest("[data-record]")?.dataset.record]?.());
  shown.addEventListener("close", () => {
    if (recorder?.state === "recording") recorder.stop();
    release();
    forget();
  });
  turn("idle", note.textContent);
}

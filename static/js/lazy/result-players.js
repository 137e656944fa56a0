/** Plays the videos of a <result-viewer> together, and its sounds in turn, equally loud. */

import { meshes } from "./result-meshes.js";
import { drawWave, loudnessOf, peaksOf, samplesOf } from "./waveform.js";

const FRAME_S = 1 / 25; // browsers do not expose a video's frame rate
const DRIFT_S = 0.08;
const BARS = 300;

const button = (viewer) => viewer.tools.querySelector("[data-play]");
const say = (viewer, isPlaying) => {
  button(viewer).firstChild.nodeValue = isPlaying ? " Pause " : " Play ";
};

/** Videos: one bar and one button for all; the longest one sets the time. */
function films(viewer, signal) {
  const all = [...viewer.stage.querySelectorAll("video")];
  const bar = viewer.tools.querySelector("[name='at']");
  const lead = () => all.reduce((a, b) => ((b.duration || 0) > (a.duration || 0) ? b : a));
  const seek = (second) => {
    for (const film of all) film.currentTime = Math.min(second, film.duration || second);
  };
  const pause = () => all.forEach((film) => film.pause());
  const toggle = () => {
    if (!lead().paused) return pause();
    if (lead().ended) seek(0);
    for (const film of all) film.play().catch(() => {}); // interrupted by a pause
  };
  const step = (frames) => {
    pause();
    seek(Math.max(0, lead().currentTime + frames * FRAME_S));
  };
  for (const film of all) {
    film.controls = false;
    for (const name of ["play", "pause"])
      film.addEventListener(name, () => say(viewer, !lead().paused), { signal });
    film.addEventListener(
      "timeupdate",
      () => {
        const first = lead();
        if (film !== first) return;
        bar.max = first.duration || 1;
        bar.value = first.currentTime;
        for (const other of all)
          if (other !== first && !first.paused && first.currentTime < other.duration)
            if (Math.abs(other.currentTime - first.currentTime) > DRIFT_S)
              other.currentTime = first.currentTime;
      },
      { signal },
    );
  }
  bar.addEventListener("input", () => {
    pause();
    bar.max = lead().duration || 1;
    seek(Number(bar.value));
  });
  button(viewer).addEventListener("click", toggle);
  viewer.tools.addEventListener("click", ({ target }) => {
    const frames = target.closest("[data-frame]")?.dataset.frame;
    if (frames) step(Number(frames));
  });
  return {
    press: ({ key, target }) => {
      if (key === "," || key === ".") step(key === "." ? 1 : -1);
      else if (key === " " && !target.matches?.("button, [type='radio']")) toggle();
      else return false;
      return true;
    },
  };
}

/** Sounds: one plays at a time; switching continues at the same position. */
function sounds(viewer, signal) {
  const all = [...viewer.stage.querySelectorAll("audio")];
  const matched = viewer.tools.querySelector("[name='matched']");
  const loudness = new Map();
  let heard = all[0];
  const level = () => {
    const quietest = Math.min(...[...loudness.values()].filter((volume) => volume > 0));
    for (const sound of all) {
      const own = loudness.get(sound);
      sound.volume = matched.checked && own ? Math.min(1, quietest / own) : 1;
    }
  };
  const hear = (sound) => {
    const isPlaying = all.some((other) => !other.paused);
    const at = heard.currentTime;
    for (const other of all) if (other !== sound) other.pause();
    if (sound !== heard) sound.currentTime = Math.min(at, sound.duration || at);
    heard = sound;
    mark();
    if (isPlaying) sound.play();
  };
  const mark = () => {
    for (const sound of all)
      sound.closest(".look-pane").toggleAttribute("data-heard", sound === heard);
    say(viewer, !heard.paused);
  };
  const toggle = () => (heard.paused ? heard.play() : heard.pause());
  for (const sound of all) {
    sound.addEventListener("play", () => (sound === heard ? mark() : hear(sound)), { signal });
    sound.addEventListener("pause", mark, { signal });
    draw(sound)
      .then((own) => loudness.set(sound, own))
      .then(level, () => {}); // without a waveform it still plays
  }
  matched.addEventListener("change", level);
  button(viewer).addEventListener("click", toggle);
  mark();
  return {
    press: ({ key, target }) => {
      if (all[key - 1]) hear(all[key - 1]);
      else if (key === " " && !target.matches?.("button, audio")) toggle();
      else return false;
      return true;
    },
  };
}

/** Draws a sound's waveform; returns its loudness (root mean square). Only files of our own. */
async function draw(sound) {
  const samples = await samplesOf(sound);
  const canvas = sound.parentElement.querySelector("canvas");
  drawWave(canvas, peaksOf(samples, BARS));
  canvas.hidden = false;
  return loudnessOf(samples);
}

export const players = { video: films, audio: sounds, mesh: meshes };

/* Decodes our own sounds, draws their waveforms, and measures their loudness. */

/** The samples of an audio element's first channel; rejects for files elsewhere and unreadable ones. */
export async function samplesOf(sound) {
  if (new URL(sound.src).origin !== location.origin) throw new TypeError("a file elsewhere");
  const response = await fetch(sound.src);
  const decoder = new OfflineAudioContext(1, 1, 44_100);
  const decoded = await decoder.decodeAudioData(await response.arrayBuffer());
  return decoded.getChannelData(0);
}

/** The greatest sample of each of `count` equal parts. */
export function peaksOf(samples, count) {
  const each = Math.max(1, Math.floor(samples.length / count));
  return Array.from({ length: count }, (_, bar) => {
    let peak = 0;
    for (let i = bar * each; i < Math.min(samples.length, (bar + 1) * each); i++)
      peak = Math.max(peak, Math.abs(samples[i]));
    return peak;
  });
}

/** The root mean square of samples, between 0 and 1. */
export function loudnessOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample ** 2;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** Draws the peaks in the canvas's colour, paler after the fraction `played`. */
export function drawWave(canvas, peaks, played = 1) {
  const pen = canvas.getContext("2d");
  const { width, height } = canvas;
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(canvas).color;
  const step = width / peaks.length;
  for (const [bar, peak] of peaks.entries()) {
    const tall = Math.max(1, (peak * height) / 2);
    pen.globalAlpha = bar / peaks.length <= played ? 1 : 0.35;
    pen.fillRect(bar * step, height / 2 - tall, step * 0.7, 2 * tall);
  }
}

/**
 * A recorded blob → a 16-bit PCM WAV: few models read the webm or mp4 that browsers record.
 */
export async function wav(blob) {
  const context = new AudioContext();
  const sound = await context
    .decodeAudioData(await blob.arrayBuffer())
    .finally(() => context.close());
  const { numberOfChannels: channels, sampleRate: rate, length } = sound;
  const bytes = length * channels * 2;
  const view = new DataView(new ArrayBuffer(44 + bytes));
  const word = (at, text) =>
    [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, bytes, true);
  const sides = Array.from({ length: channels }, (_, side) => sound.getChannelData(side));
  for (let at = 0, place = 44; at < length; at++) {
    for (const side of sides) {
      const sample = Math.max(-1, Math.min(1, side[at]));
      view.setInt16(place, sample < 0 ? sample * 0x8000 : sample * 0x7fff, true);
      place += 2;
    }
  }
  return view.buffer;
}

"""Audio: decoding and encoding, music from text, reverb and tempo."""

import io
import math
import wave as wavefile
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, density, f32, palette
from sandbox.studio.recordings.film_decoder import decode as decode_film

RATE = 44100
SCALES = {
    "major": (0, 2, 4, 7, 9),
    "minor": (0, 3, 5, 7, 10),
    "lydian": (0, 2, 4, 6, 7, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
}
MAX_SECONDS = 120


def wav(sound: Array, rate: int = RATE) -> bytes:
    """16-bit WAV bytes of samples of shape (samples,) or (samples, channels), from -1 to 1."""
    buffer = io.BytesIO()
    shaped = sound if sound.ndim == 2 else sound[:, None]
    with wavefile.open(buffer, "wb") as file:
        file.setnchannels(shaped.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(shaped, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def mp3(sound: Array, rate: int = RATE, bitrate: int = 128_000) -> bytes:
    """MP3 bytes of samples of shape (samples,) or (samples, 2)."""
    stereo = sound if sound.ndim == 2 else np.stack([sound, sound], axis=1)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="stereo")
        stream.bit_rate = bitrate
        for frame in audio_frames(stereo, rate, 1152):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def audio_frames(sound: Array, rate: int, length: int) -> Iterator[av.AudioFrame]:
    """Yield samples of shape (samples, 2) as frames for an encoder."""
    for start in range(0, len(sound), length):
        chunk = np.ascontiguousarray(sound[start : start + length].T.astype(np.float32))
        frame = av.AudioFrame.from_ndarray(chunk, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def save(
    context: Context, sound: Array, format: str, name: str, rate: int = RATE, bitrate: int = 128_000
) -> dict[str, Any]:
    """Store a sound; return fal's Audio object."""
    seconds = round(len(sound) / rate, 3)
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    facts: dict[str, Any] = {"duration": seconds, "channels": channels, "sample_rate": rate}
    if format == "wav":
        return context.save(wav(sound, rate), "audio/wav", f"{name}.wav", **facts)
    facts |= {"channels": 2, "bitrate": f"{bitrate // 1000}k"}
    return context.save(mp3(sound, rate, bitrate), "audio/mpeg", f"{name}.mp3", **facts)


def decode(context: Context, url: str, *loc: str | int) -> tuple[Array, int]:
    """The sound at a URL as (samples, 2) at RATE, and its own rate; raises ModelError at `loc`."""
    data, kind = context.load(url, *loc)
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.audio[0]
            rate, chunks = stream.rate, []
            resampler = av.AudioResampler("fltp", "stereo", RATE)
            for frame in container.decode(stream):
                chunks += [part.to_ndarray() for part in resampler.resample(frame)]
            chunks += [part.to_ndarray() for part in resampler.resample(None)]
    except (av.FFmpegError, IndexError) as error:
        formats = {"supported_formats": ["wav", "mp3", "ogg", "flac", "m4a"]}
        raise ModelError(
            "unsupported_audio_format", f"{kind} has no sound", loc, formats
        ) from error
    sound = np.concatenate(chunks, axis=1).T if chunks else np.zeros((0, 2), np.float32)
    seconds = len(sound) / RATE
    if seconds > MAX_SECONDS:
        ctx: dict[str, Any] = {"max_duration": MAX_SECONDS, "provided_duration": round(seconds, 2)}
        raise ModelError("audio_duration_too_long", "The audio is too long", loc, ctx)
    if seconds < 0.1:
        ctx = {"min_duration": 0.1, "provided_duration": round(seconds, 2)}
        raise ModelError("audio_duration_too_short", "The audio is too short", loc, ctx)
    return sound, rate


def tones(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Music: chords and a plucked melody, both derived from the prompt."""
    seed, seconds = context.seed(arguments), float(arguments["duration"])
    prompt = arguments["prompt"]
    context.log(f"Seed {seed}, {seconds:g} s at {arguments['tempo']:g} beats a minute")
    music = compose(prompt, seed, seconds, float(arguments["tempo"]), arguments.get("scale"))
    context.step(1, 2, "Played", 0.3)
    setting = arguments.get("audio_setting") or {}
    rate = int(setting.get("sample_rate", "44100"))
    if rate != RATE:
        music = resample(music, RATE, rate)
    bitrate = int(setting.get("bitrate", 128_000))
    audio = save(context, music, setting.get("format", "mp3"), f"tones-{seed}", rate, bitrate)
    context.step(2, 2, "Recorded", 0.1)
    context.billed = seconds
    return {"audio": audio, "seed": seed, "prompt": prompt}


def compose(prompt: str, seed: int, seconds: float, tempo: float, scale: str | None) -> Array:
    """A short piece in stereo."""
    dice, family = canvas.rng(prompt, seed), palette(prompt, seed).name
    dark = family in ("night", "ink", "forest", "ocean")
    steps = SCALES[scale or ("minor" if dark else "lydian" if family == "arctic" else "major")]
    root = 110 * 2 ** (int(dice.integers(-3, 6)) / 12)
    total = round(seconds * RATE)
    music = np.zeros((total + RATE * 2, 2), np.float32)
    beat = 60 / tempo
    bars = math.ceil(seconds / (beat * 4))
    degrees = [0, int(dice.choice([2, 3])), int(dice.choice([1, 4])), int(dice.choice([2, 3, 4]))]
    for bar in range(bars):
        chord = [_pitch(root, steps, degrees[bar % 4] + third) for third in (0, 2, 4)]
        for k, pitch in enumerate(chord):
            _add(music, bar * beat * 4, _pad(pitch, beat * 4.4), 0.09, 0.3 + 0.2 * k)
        _add(music, bar * beat * 4, _pad(chord[0] / 2, beat * 4.2), 0.13, 0.5)
    place, moment = 7, 0.0
    lengths = [0.5, 0.5, 1, 1, 1.5] if density(prompt) >= 1 else [1, 1, 1.5, 2]
    while moment < seconds - 0.4:
        place = int(np.clip(place + dice.integers(-2, 3), 4, 15))
        length = float(dice.choice(lengths)) * beat
        if dice.random() < 0.86:
            _add(
                music,
                moment,
                _pluck(_pitch(root, steps, place), dice),
                0.3,
                0.25 + 0.5 * dice.random(),
            )
        moment += length
    wet = room(music, 0.35, 1.8, dice)[:total]
    fade = np.minimum(
        1, np.minimum(np.arange(total) / (0.05 * RATE), (total - np.arange(total)) / (0.6 * RATE))
    )
    wet *= fade[:, None]
    return (wet / max(1e-6, float(np.abs(wet).max())) * 0.85).astype(np.float32)


def room(sound: Array, wet: float, seconds: float, dice: np.random.Generator) -> Array:
    """Add reverb of that many seconds."""
    if wet <= 0:
        return sound
    length = round(seconds * RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)[:, None]
    echo = dice.standard_normal((length, 2)) * decay
    echo = np.cumsum(echo, axis=0) * 0.06 + echo * 0.4  # duller than white noise
    echo -= echo.mean(axis=0)
    size = 1 << (len(sound) + length).bit_length()
    spectrum = np.fft.rfft(sound, size, axis=0) * np.fft.rfft(echo, size, axis=0)
    far = np.fft.irfft(spectrum, size, axis=0)[: len(sound) + length]
    far /= max(1e-6, float(np.abs(far).max())) / max(1e-6, float(np.abs(sound).max()))
    near = np.pad(sound, ((0, length), (0, 0)))
    return ((1 - wet) * near + wet * far).astype(np.float32)


def chamber(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A sound with another reverb, pitch and speed."""
    sound, rate = decode(context, arguments["audio_url"], "audio_url")
    context.log(f"Loaded {len(sound) / RATE:.2f} s at {rate} Hz")
    context.sleep(0.25)
    factor = 2 ** (arguments["semitones"] / 12)
    if factor != 1:
        sound = resample(sound, RATE, RATE / factor)
        context.log(f"Shifted by {arguments['semitones']} semitones")
    stretch = arguments["speed"] / factor
    if abs(stretch - 1) > 0.001:
        sound = stretched(sound, stretch)
        context.log(f"Stretched to {1 / arguments['speed']:.2f} times the length")
    wet = room(sound, arguments["wet"], arguments["room_seconds"], canvas.rng("room"))
    if arguments["reverse"]:
        wet = wet[::-1]
    wet = wet / max(1e-6, float(np.abs(wet).max())) * 0.9
    context.log("Placed in the room")
    context.billed = round(len(wet) / RATE, 3)
    return {"audio": save(context, wet, arguments["output_format"], "chamber")}


def resample(sound: Array, rate: float, target: float) -> Array:
    """The sound at another rate, by linear interpolation."""
    length = max(1, round(len(sound) * target / rate))
    at = np.linspace(0, len(sound) - 1, length)
    stamps = np.arange(len(sound))
    if sound.ndim == 1:
        return np.interp(at, stamps, sound).astype(np.float32)
    return np.stack([np.interp(at, stamps, sound[:, k]) for k in (0, 1)], axis=1).astype(np.float32)


def stretched(sound: Array, speed: float) -> Array:
    """Change the speed at the same pitch, by overlapping windows."""
    window, hop = 2048, 512
    shape = np.hanning(window)[:, None]
    count = max(1, int((len(sound) / speed - window) / hop))
    result = np.zeros((count * hop + window, 2), np.float32)
    weight = np.zeros((len(result), 1), np.float32)
    padded = np.pad(sound, ((0, window * 2), (0, 0)))
    for k in range(count):
        start = int(k * hop * speed)
        if k:  # shift the new window to where it continues the old one best
            wanted = result[k * hop : k * hop + hop, 0]
            near = range(max(0, start - 256), start + 256, 16)
            start = max(near, key=lambda s: float(np.dot(padded[s : s + hop, 0], wanted)))
        result[k * hop : k * hop + window] += padded[start : start + window] * shape
        weight[k * hop : k * hop + window] += shape
    return (result / np.maximum(weight, 1e-3)).astype(np.float32)


def foley(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Audio for a silent video: movement becomes noise, cuts become drum beats."""
    frames, fps = decode_film(context, arguments["video_url"], "video_url")
    small = np.array([frame[::8, ::8].mean(axis=-1) for frame in frames], np.float32)
    change = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2)) if len(small) > 1 else np.zeros(1)
    context.log(f"Measured movement in {len(frames)} frames")
    context.sleep(0.3)
    total = round(len(frames) / fps * RATE)
    dice = canvas.rng(context.seed(arguments))
    level = np.interp(np.arange(total) / RATE * fps, np.arange(len(change)), change)
    level = level / max(1e-6, float(level.max()))
    wind = np.cumsum(dice.standard_normal((total, 2)), axis=0)
    wind -= stretched_mean(wind)
    wind = wind / max(1e-6, float(np.abs(wind).max())) * level[:, None]
    music = compose(arguments["prompt"], 1, max(1.0, total / RATE), 70, None)[:total] * 0.5
    mixed = np.pad(music, ((0, total - len(music)), (0, 0))) + wind * 0.5
    context.billed = round(total / RATE, 3)
    return {"audio": save(context, np.clip(mixed, -1, 1), "wav", "foley")}


def stretched_mean(noise: Array) -> Array:
    """The low frequencies of a noise, to subtract from it."""
    window = 400
    summed = np.cumsum(np.pad(noise, ((window, 0), (0, 0)), mode="edge"), axis=0)
    return f32((summed[window:] - summed[:-window]) / window)


def _pitch(root: float, steps: tuple[int, ...], degree: int) -> float:
    octave, step = divmod(degree, len(steps))
    return float(root * 2 ** (octave + steps[step] / 12))


def _pad(pitch: float, seconds: float) -> Array:
    t = np.arange(round(seconds * RATE)) / RATE
    sway = 1 + 0.002 * np.sin(2 * np.pi * 0.4 * t)
    voice = sum(np.sin(2 * np.pi * pitch * k * t * sway) / k**1.7 for k in range(1, 6))
    shape = np.minimum(1, np.minimum(t / 0.5, (seconds - t) / 0.8))
    return f32(voice * np.clip(shape, 0, 1))


def _pluck(pitch: float, dice: np.random.Generator) -> Array:
    t = np.arange(round(1.6 * RATE)) / RATE
    bright = 1.2 + 0.5 * dice.random()
    voice = sum(
        np.sin(2 * np.pi * pitch * k * t) * np.exp(-t * (2.5 + 1.8 * k)) / k**bright
        for k in range(1, 7)
    )
    return f32(voice * np.minimum(1, t / 0.004))


def _add(music: Array, moment: float, voice: Array, level: float, side: float) -> None:
    start = round(moment * RATE)
    part = voice[: max(0, len(music) - start)]
    music[start : start + len(part), 0] += part * level * math.cos(side * math.pi / 2)
    music[start : start + len(part), 1] += part * level * math.sin(side * math.pi / 2)

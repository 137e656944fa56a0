"""Audio: decoding and encoding, recorded music, reverb, pitch and tempo."""

import io
import wave as wavefile
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np

from sandbox import recorded
from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, palette
from sandbox.studio.recordings import film_decoder

RATE = 44100
TEMPO = 84.0  # of the recorded music, in beats a minute
SCALES = {"night": "minor", "ink": "minor", "forest": "dorian", "arctic": "lydian"}  # by palette
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


def load(context: Context, url: str, *loc: str | int) -> tuple[Array, int]:
    """The sound at a URL as (samples, 2) at RATE, and its own rate; raises ModelError at `loc`."""
    data, kind = context.load(url, *loc)
    try:
        sound, rate = decode(data)
    except (av.FFmpegError, IndexError) as error:
        formats = {"supported_formats": ["wav", "mp3", "ogg", "flac", "m4a"]}
        raise ModelError(
            "unsupported_audio_format", f"{kind} has no sound", loc, formats
        ) from error
    seconds = len(sound) / RATE
    if seconds > MAX_SECONDS:
        ctx: dict[str, Any] = {"max_duration": MAX_SECONDS, "provided_duration": round(seconds, 2)}
        raise ModelError("audio_duration_too_long", "The audio is too long", loc, ctx)
    if seconds < 0.1:
        ctx = {"min_duration": 0.1, "provided_duration": round(seconds, 2)}
        raise ModelError("audio_duration_too_short", "The audio is too short", loc, ctx)
    return sound, rate


def decode(data: bytes) -> tuple[Array, int]:
    """The sound as (samples, 2) at RATE, and its own rate; raises av.FFmpegError, IndexError."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        rate = stream.rate
        chunks: list[Array] = [np.zeros((2, 0), np.float32)]
        resampler = av.AudioResampler("fltp", "stereo", RATE)
        for frame in container.decode(stream):
            chunks += [part.to_ndarray() for part in resampler.resample(frame)]
        chunks += [part.to_ndarray() for part in resampler.resample(None)]
    return np.concatenate(chunks, axis=1).T, rate


def tones(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Recorded music, as long and as fast as is asked for, in the scale of the prompt."""
    seed, seconds, tempo = context.seed(arguments), float(arguments["duration"]), arguments["tempo"]
    prompt = arguments["prompt"]
    context.log(f"Seed {seed}, {seconds:g} s at {tempo:g} beats a minute")
    played = music(prompt, seed, seconds, float(tempo), arguments.get("scale"))
    context.step(1, 2, "Played", 0.3)
    setting = arguments.get("audio_setting") or {}
    rate = int(setting.get("sample_rate", "44100"))
    if rate != RATE:
        played = resample(played, RATE, rate)
    bitrate = int(setting.get("bitrate", 128_000))
    audio = save(context, played, setting.get("format", "mp3"), f"tones-{seed}", rate, bitrate)
    context.step(2, 2, "Recorded", 0.1)
    context.billed = seconds
    return {"audio": audio, "seed": seed, "prompt": prompt}


def music(
    prompt: str, seed: int, seconds: float, tempo: float = TEMPO, scale: str | None = None
) -> Array:
    """So many seconds of a recording, which begins on another beat with another seed."""
    name = scale or SCALES.get(palette(prompt, seed).name, "major")
    piece, _ = decode(recorded.choice(f"music/{name}.mp3"))
    begins = seed % 16 * round(60 / TEMPO * RATE)
    piece = stretched(np.roll(piece, -begins, axis=0), tempo / TEMPO)
    total = round(seconds * RATE)
    played = np.resize(piece, (total, 2))  # as often as it takes
    fade = np.minimum(1, np.arange(total, 0, -1) / (0.6 * RATE))[:, None]
    return (played * fade).astype(np.float32)


def room(sound: Array, wet: float, seconds: float) -> Array:
    """Add the echoes of a room for so many seconds."""
    length = round(seconds * RATE)
    dice = canvas.rng("room")
    echo = dice.standard_normal((length, 2)) * np.exp(-6.9 * np.arange(length) / length)[:, None]
    size = 1 << (len(sound) + length).bit_length()
    spectrum = np.fft.rfft(sound, size, axis=0) * np.fft.rfft(echo, size, axis=0)
    far = loud(np.fft.irfft(spectrum, size, axis=0)[: len(sound) + length])
    near = np.pad(loud(sound), ((0, length), (0, 0)))
    return (1 - wet) * near + wet * far


def loud(sound: Array) -> Array:
    """The sound with its loudest sample at 0.9."""
    return (sound / max(1e-6, float(np.abs(sound).max())) * 0.9).astype(np.float32)


def chamber(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A sound with another reverb, pitch and speed."""
    sound, rate = load(context, arguments["audio_url"], "audio_url")
    context.log(f"Loaded {len(sound) / RATE:.2f} s at {rate} Hz")
    context.sleep(0.25)
    factor = 2 ** (arguments["semitones"] / 12)
    sound = stretched(resample(sound, RATE, RATE / factor), arguments["speed"] / factor)
    context.log(f"Shifted by {arguments['semitones']} semitones, speed {arguments['speed']:g}")
    wet = arguments["wet"]
    heard = loud(room(sound, wet, arguments["room_seconds"]) if wet else sound)
    if arguments["reverse"]:
        heard = heard[::-1]
    context.log("Placed in the room")
    context.billed = round(len(heard) / RATE, 3)
    return {"audio": save(context, heard, arguments["output_format"], "chamber")}


def resample(sound: Array, rate: float, target: float) -> Array:
    """The sound at another rate, by linear interpolation."""
    length = max(1, round(len(sound) * target / rate))
    at = np.linspace(0, len(sound) - 1, length)
    stamps = np.arange(len(sound))
    if sound.ndim == 1:
        return np.interp(at, stamps, sound).astype(np.float32)
    return np.stack([np.interp(at, stamps, sound[:, k]) for k in (0, 1)], axis=1).astype(np.float32)


def stretched(sound: Array, speed: float) -> Array:
    """The sound (samples, 2) at another speed (from an eighth on), at the same pitch."""
    if abs(speed - 1) < 0.001:
        return sound
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=RATE, format="fltp", layout="stereo", time_base=Fraction(1, RATE)
    )
    # One filter reaches down to half the speed.
    filters = [graph.add("atempo", f"{speed ** (1 / 3)}") for _ in range(3)]
    planar = graph.add("aformat", "sample_fmts=fltp")
    graph.link_nodes(source, *filters, planar, graph.add("abuffersink")).configure()
    chunks: list[Array] = [np.zeros((2, 0), np.float32)]
    for frame in [*audio_frames(sound, RATE, 4096), None]:
        graph.push(frame)
        with suppress(av.BlockingIOError, av.EOFError):  # it wants more, or has no more
            while True:
                chunks.append(graph.pull().to_ndarray())
    return np.concatenate(chunks, axis=1).T


def foley(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Audio for a silent video: its movement becomes wind over recorded music."""
    frames, fps = film_decoder.load(context, arguments["video_url"], "video_url")
    small = np.array([frame.convert("L").resize((32, 18)) for frame in frames], np.float32)
    change = np.abs(np.diff(small, axis=0, append=small[-1:])).mean(axis=(1, 2))
    context.log(f"Measured movement in {len(frames)} frames")
    context.sleep(0.3)
    total, seed = round(len(frames) / fps * RATE), context.seed(arguments)
    level = np.interp(np.arange(total) / RATE * fps, np.arange(len(change)), change)
    wind = canvas.rng(seed).standard_normal((total, 2)) * level[:, None]
    mixed = loud(wind) * 0.3 + music(arguments["prompt"], seed, total / RATE) * 0.6
    context.billed = round(total / RATE, 3)
    return {"audio": save(context, mixed, "wav", "foley")}

"""Speech from recorded sounds, and an analysis of audio by measurement."""

import io
import json
import re
import wave
from functools import cache
from typing import Any

import numpy as np

from sandbox import recorded
from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context, digest
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array
from sandbox.studio.recordings import sound

RATE = 24000
PITCH = 160.0  # of the recorded sounds, in Hz
SPEAKERS = {"Aria": 196.0, "Bram": 104.0, "Cleo": 232.0, "Dov": 128.0, "Echo": 160.0}
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def speak(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Text as speech in WAV or MP3, with the time of every word."""
    voice = arguments["voice"]
    setting = {"name": voice} if isinstance(voice, str) else dict(voice)
    pitch = SPEAKERS.get(setting.get("name", ""), 90.0 + digest(setting.get("name")) % 140)
    pitch *= 2 ** (float(setting.get("pitch", 0)) / 12)
    speed = float(arguments["speed"])
    text = arguments["text"]
    context.log(f"{len(text.split())} words, {pitch:.0f} Hz, speed {speed:g}")
    context.sleep(0.2)
    audio, words = say(text, pitch, speed, float(arguments["expressiveness"]))
    context.step(1, 2, "Spoken", 0.2)
    data = sound.save(context, audio, arguments["output_format"], "speech", RATE)
    context.step(2, 2, "Recorded")
    context.billed = round(len(text) / 1000, 3)
    return {"audio": data, "duration_ms": round(len(audio) / RATE * 1000), "words": words}


def say(text: str, pitch: float, speed: float, lively: float) -> tuple[Array, list[dict[str, Any]]]:
    """The spoken text as one channel at RATE, and `{text, start, end}` of each word.

    Each letter, or pair of letters, has a recorded sound.
    """
    sounds, dice = _recorded_sounds(), canvas.rng(text)
    token = re.compile("|".join(sorted(sounds, key=len, reverse=True)))
    pieces: list[Array] = []
    words: list[dict[str, Any]] = []
    clock = 0
    for word in re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", text).split():
        start = clock
        lift = 1.15 if word.endswith("?") else 1 + 0.12 * lively * dice.standard_normal()
        silence = np.zeros(round(PAUSES.get(word[-1], 0.055) * RATE), np.float32)
        spoken = [sounds[part] for part in token.findall(word.lower())]
        if spoken:
            voiced = sound.resample(np.concatenate(spoken), lift, 1)
            pieces.append(voiced)
            clock += len(voiced)
        start_s, end_s = (round(at / RATE / speed, 3) for at in (start, clock))
        words.append({"text": word, "start": start_s, "end": end_s})
        pieces.append(silence)
        clock += len(silence)
    whole = np.concatenate([*pieces, np.zeros(RATE // 4, np.float32)])  # a text may be silent
    higher = pitch / PITCH
    shifted = sound.resample(whole, higher, 1)  # which makes it shorter by as much
    return sound.stretched(np.stack([shifted, shifted], axis=1), speed / higher)[:, 0], words


PAUSES = {**dict.fromkeys(".!?", 0.32), **dict.fromkeys(",;:", 0.16)}  # seconds after a word


@cache
def _recorded_sounds() -> dict[str, Array]:
    """The recorded sounds by their letters."""
    places: dict[str, list[int]] = json.loads(recorded.choice("voice.json"))
    with wave.open(io.BytesIO(recorded.choice("voice.wav"))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / np.float32(32767)
    return {letters: samples[at : at + length] for letters, (at, length) in places.items()}


def listen(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The sounds in an audio file and their times, by measurement."""
    heard, rate = sound.load(context, arguments["audio_url"], "audio_url")
    mono = heard.mean(axis=1)
    context.log(f"{len(mono) / sound.RATE:.2f} s at {rate} Hz")
    context.sleep(0.25)
    threshold = arguments["silence_db"]
    chunks = segments(mono, threshold, arguments["min_segment"])
    context.step(1, 1, "Measured", 0.1)
    for index, chunk in enumerate(chunks):
        if arguments["diarize"]:
            chunk["speaker"] = "low" if chunk["pitch_hz"] and chunk["pitch_hz"] < 150 else "high"
        context.log(f"{index + 1}: {chunk['text']}", "DEBUG")
    spoken = sum(chunk["timestamp"][1] - chunk["timestamp"][0] for chunk in chunks)
    total = len(mono) / sound.RATE
    context.billed = round(total, 3)
    text = f"{len(chunks)} segments, {spoken:.1f} s of sound in {total:.1f} s."
    return {"text": text, "chunks": chunks, "duration": round(total, 3), "language": None}


def segments(mono: Array, threshold_db: float, shortest: float) -> list[dict[str, Any]]:
    """Stretches louder than the threshold, with level and pitch."""
    hop = sound.RATE // 50
    frames = mono[: len(mono) // hop * hop].reshape(-1, hop)
    level = 20 * np.log10(np.sqrt((frames**2).mean(axis=1)) + 1e-6)
    loud = np.concatenate([[False], level > max(threshold_db, float(level.max()) - 45), [False]])
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    spans = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < 6:  # 120 ms of silence do not separate two sounds
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    described = []
    for start, end in joined:
        if (end - start) * hop / sound.RATE < shortest:
            continue
        pitch = _pitch(mono[start * hop : end * hop])
        decibel = float(level[start:end].mean())
        kind = f"voiced, about {pitch:.0f} Hz" if pitch else "unvoiced"
        described.append(
            {
                "timestamp": [round(start * hop / sound.RATE, 2), round(end * hop / sound.RATE, 2)],
                "text": f"[{kind}, {decibel:.0f} dB]",
                "level_db": round(decibel, 1),
                "pitch_hz": round(pitch, 1) if pitch else None,
            }
        )
    return described


def _pitch(part: Array) -> float | None:
    """The fundamental between 70 and 500 Hz, by autocorrelation; None for noise."""
    middle = part[len(part) // 2 - 2048 : len(part) // 2 + 2048] if len(part) > 4096 else part
    middle = middle - middle.mean()
    if len(middle) < 1300:
        return None
    spectrum = np.abs(np.fft.rfft(middle, 8192)) ** 2
    similar = np.fft.irfft(spectrum)[: len(middle)]
    low, high = sound.RATE // 500, sound.RATE // 70
    lag = low + int(np.argmax(similar[low:high]))
    return sound.RATE / lag if similar[lag] > 0.3 * similar[0] else None

"""Speech: a small formant synthesiser, and an analysis of audio by measurement."""

import re
from typing import Any

import numpy as np

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context, digest
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, f32
from sandbox.studio.recordings import sound

RATE = 24000
# Letters → (seconds, formants in Hz, voiced 0..1, centre of the hiss in Hz or 0)
VOWELS = {
    "a": (0.13, (730, 1090, 2440)),
    "e": (0.11, (530, 1840, 2480)),
    "i": (0.11, (390, 1990, 2550)),
    "o": (0.13, (570, 840, 2410)),
    "u": (0.12, (440, 1020, 2240)),
    "y": (0.1, (300, 2200, 2900)),
    "ee": (0.16, (280, 2250, 2890)),
    "ea": (0.16, (290, 2200, 2850)),
    "oo": (0.16, (310, 870, 2250)),
    "ou": (0.17, (600, 900, 2300)),
    "ai": (0.16, (600, 1800, 2500)),
    "oi": (0.17, (500, 1000, 2500)),
}
VOICED = {
    "l": (0.07, (360, 1300, 2700)),
    "r": (0.07, (310, 1060, 1380)),
    "m": (0.08, (280, 1000, 2200)),
    "n": (0.07, (280, 1500, 2500)),
    "ng": (0.08, (280, 2000, 2700)),
    "w": (0.07, (290, 610, 2150)),
}
HISS = {
    "s": (0.1, 6500, 0.0),
    "sh": (0.11, 3200, 0.0),
    "ch": (0.1, 3400, 0.0),
    "f": (0.09, 5000, 0.0),
    "th": (0.08, 5600, 0.1),
    "h": (0.06, 1500, 0.0),
    "z": (0.09, 6200, 0.5),
    "v": (0.07, 4200, 0.6),
    "x": (0.12, 5800, 0.0),
    "c": (0.08, 5200, 0.0),
    "j": (0.09, 3000, 0.5),
}
STOPS = {"p": 900, "b": 700, "t": 4200, "d": 3200, "k": 2100, "g": 1800, "q": 1900}  # burst in Hz
SPEAKERS = {"Aria": 196.0, "Bram": 104.0, "Cleo": 232.0, "Dov": 128.0, "Echo": 160.0}
TOKEN = re.compile(
    "|".join(sorted([*VOWELS, *VOICED, *HISS, *STOPS], key=len, reverse=True)) + r"|[.,;:!?]|\s+|\d"
)
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
    audio, words = say(text, pitch, speed, float(arguments.get("expressiveness", 0.5)))
    context.step(1, 2, "Spoken", 0.2)
    format = arguments["output_format"]
    data = sound.save(context, audio, "mp3" if format == "mp3" else "wav", "speech", RATE)
    context.step(2, 2, "Recorded")
    context.billed = round(len(text) / 1000, 3)
    return {"audio": data, "duration_ms": round(len(audio) / RATE * 1000), "words": words}


def say(
    text: str, pitch: float, speed: float, lively: float = 0.5
) -> tuple[Array, list[dict[str, Any]]]:
    """The spoken text as one channel at RATE, and `{text, start, end}` of each word."""
    pieces: list[Array] = []
    words: list[dict[str, Any]] = []
    clock, dice = 0, canvas.rng(text)
    spelled = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", text)
    sentence = spelled.split()
    for number, word in enumerate(sentence):
        fall = 1.12 - 0.24 * (number / max(1, len(sentence) - 1))
        lift = 1.25 if word.endswith("?") else 1.0
        start = clock
        tone = (
            pitch
            * (1 + (fall * lift - 1) * (0.4 + lively))
            * (1 + 0.05 * lively * dice.standard_normal())
        )
        for token in TOKEN.findall(word.lower()):
            piece = _sound(token, tone, speed, dice)
            pieces.append(piece)
            clock += len(piece)
        words.append({"text": word, "start": round(start / RATE, 3), "end": round(clock / RATE, 3)})
        pause = np.zeros(
            round(
                (0.32 if word[-1] in ".!?" else 0.16 if word[-1] in ",;:" else 0.055) / speed * RATE
            ),
            np.float32,
        )
        pieces.append(pause)
        clock += len(pause)
    whole = np.concatenate(pieces) if pieces else np.zeros(RATE // 4, np.float32)
    return (whole / max(1e-6, float(np.abs(whole).max())) * 0.85).astype(np.float32), words


def _sound(token: str, pitch: float, speed: float, dice: np.random.Generator) -> Array:
    if token in VOWELS or token in VOICED:
        seconds, formants = VOWELS.get(token) or VOICED[token]
        return _vowel(seconds / speed, formants, pitch) * (1.0 if token in VOWELS else 0.55)
    if token in HISS:
        seconds, centre, voiced = HISS[token]
        hiss = _hiss(seconds / speed, centre, dice) * 0.28
        if voiced:
            hiss = hiss + _vowel(seconds / speed, (300, 1200, 2400), pitch) * voiced * 0.5
        return hiss.astype(np.float32)
    if token in STOPS:
        silence = np.zeros(round(0.035 / speed * RATE), np.float32)
        return np.concatenate([silence, _hiss(0.025, STOPS[token], dice) * 0.4])
    return np.zeros(0, np.float32)


def _vowel(seconds: float, formants: tuple[int, int, int], pitch: float) -> Array:
    """Harmonics of the voice with amplitudes given by the formants."""
    t = np.arange(round(seconds * RATE)) / RATE
    wobble = 1 + 0.012 * np.sin(2 * np.pi * 5.2 * t)
    phase = 2 * np.pi * np.cumsum(pitch * wobble) / RATE
    wave = np.zeros(len(t))
    for k in range(1, int(4800 / pitch)):
        frequency = pitch * k
        loud = sum(
            gain / (1 + ((frequency - formant) / (55 + 0.045 * formant)) ** 2)
            for formant, gain in zip(formants, (1.0, 0.6, 0.3), strict=True)
        )
        wave += (loud + 0.02) / k**0.35 * np.sin(phase * k)
    edge = min(0.018, seconds / 3)
    shape = np.clip(np.minimum(t / edge, (seconds - t) / edge), 0, 1)
    return f32(wave * shape * 0.4)


def _hiss(seconds: float, centre: float, dice: np.random.Generator) -> Array:
    length = max(16, round(seconds * RATE))
    spectrum = np.fft.rfft(dice.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    spectrum *= np.exp(-(((frequency - centre) / (0.32 * centre)) ** 2))
    hiss = np.fft.irfft(spectrum, length)
    t = np.linspace(0, 1, length)
    return f32(hiss / max(1e-6, np.abs(hiss).max()) * np.sin(np.pi * t) ** 0.5)


def listen(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The sounds in an audio file and their times, by measurement."""
    wave, rate = sound.decode(context, arguments["audio_url"], "audio_url")
    mono = wave.mean(axis=1)
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

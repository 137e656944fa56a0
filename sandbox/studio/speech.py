"""Speech from recorded sounds, and the loudness of a recording as a transcript."""

import io
import json
import re
import wave
from functools import cache
from itertools import chain
from typing import Any

import av
import numpy as np

from sandbox import recorded_files
from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures.colour import Array

RATE = 24000  # of the recorded sounds
SPEAKERS = {"Aria": 1.2, "Bram": 0.65, "Cleo": 1.45, "Dov": 0.8, "Echo": 1.0}  # speed and pitch
PAUSES = {**dict.fromkeys(".!?", 0.32), **dict.fromkeys(",;:", 0.16)}  # seconds after a word
MAX_SECONDS = 120
LOUD_DB = -25  # of the first of two speakers whom a transcript tells apart, by this alone


def speak(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return the text as speech: each letter, or pair of letters, has a recorded sound."""
    text, sounds = arguments["text"], _recorded_sounds()
    token = re.compile("|".join(sorted(sounds, key=len, reverse=True)))
    pieces = []
    for word in text.lower().split():
        pieces += [sounds[part] for part in token.findall(word)]
        pieces.append(np.zeros(round(PAUSES.get(word[-1], 0.055) * RATE), np.int16))
    spoken = np.concatenate([*pieces, np.zeros(RATE // 4, np.int16)])  # a text may be silent
    rate = round(RATE * SPEAKERS[arguments["voice"]] * arguments["speed"])
    seconds = round(len(spoken) / rate, 3)
    context.step(1, 1, f"Spoken by {arguments['voice']}", 0.4)
    context.billed = round(len(text) / 1000, 3)
    facts: dict[str, Any] = {"duration": seconds, "channels": 1, "sample_rate": rate}
    audio = context.save(_wav(spoken, rate), "audio/wav", "speech.wav", **facts)
    return {"audio": audio, "duration_ms": round(seconds * 1000)}


def listen(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return how loud each second of an audio file is, as a transcript."""
    mono, rate = load(context, arguments["audio_url"], "audio_url")
    total = len(mono) / rate
    chunks = []
    for start in range(0, len(mono), rate):
        second = mono[start : start + rate]
        level = 20 * np.log10(np.sqrt(np.square(second).mean()) + 1e-6)
        end = round((start + len(second)) / rate, 2)
        speaker = f"SPEAKER_0{int(level < LOUD_DB)}"
        text = f"[{level:.0f} dB]"
        chunks.append({"timestamp": [start // rate, end], "text": text, "speaker": speaker})
    context.step(1, 1, "Measured", 0.3)
    context.billed = round(total, 3)
    return {"text": f"{total:.1f} seconds of sound.", "chunks": chunks, "duration": round(total, 3)}


def load(context: Context, url: str, *loc: str | int) -> tuple[Array, int]:
    """Return the sound at a URL as one channel, and its rate; raises ModelError at `loc`."""
    data, kind = context.load(url, *loc)
    try:
        with av.open(io.BytesIO(data), "r") as container:
            rate = container.streams.audio[0].rate
            resampler = av.AudioResampler("fltp", "mono")
            parts = [resampler.resample(frame) for frame in container.decode(audio=0)]
            mono = np.concatenate([part.to_ndarray()[0] for part in chain.from_iterable(parts)])
    except (av.FFmpegError, IndexError, ValueError) as error:
        formats = {"supported_formats": ["wav", "mp3", "ogg", "flac", "m4a"]}
        raise ModelError(
            "unsupported_audio_format", f"{kind} has no sound", loc, formats
        ) from error
    if (seconds := len(mono) / rate) > MAX_SECONDS:
        ctx: dict[str, Any] = {"max_duration": MAX_SECONDS, "provided_duration": round(seconds, 2)}
        raise ModelError("audio_duration_too_long", "The audio is too long", loc, ctx)
    return mono, rate


@cache
def _recorded_sounds() -> dict[str, Array]:
    """Return the recorded sounds by their letters."""
    places: dict[str, list[int]] = json.loads(recorded_files.choice("voice.json"))
    with wave.open(io.BytesIO(recorded_files.choice("voice.wav"))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return {letters: samples[at : at + length] for letters, (at, length) in places.items()}


def _wav(samples: Array, rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()

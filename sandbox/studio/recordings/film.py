"""Videos: H.264 in MP4, rendered frame by frame."""

import math
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, density, f32, palette
from sandbox.studio.recordings import sound as sounds
from sandbox.studio.recordings.film_decoder import decode

HEIGHTS = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080}
RATIOS = {"16:9": 16 / 9, "1:1": 1.0, "9:16": 9 / 16, "4:3": 4 / 3}
SMALLEST_SIDE = 64  # of a first frame, as the model's schema says
LONGEST_RATIO = 4.0  # of a video's sides; a longer image is cropped
Frames = Iterator[Array]


def encode(
    frames: Frames, size: canvas.Size, fps: int, sound: Array | None = None, rate: int = 44100
) -> tuple[bytes, int]:
    """Return MP4 bytes (H.264, yuv420p, faststart) and the number of frames.

    `sound` has the shape (samples, 2).
    """
    with tempfile.TemporaryDirectory() as folder:  # faststart reopens its file: no buffer
        path, count = Path(folder) / "film.mp4", 0
        with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=fps)
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            # Without cpu-independent x264's assembler code gives different bytes on other CPUs.
            stream.options = {
                "preset": "veryfast",
                "crf": "21",
                "x264-params": "cpu-independent=1",
            }
            stream.thread_count = 1
            audio_stream = (
                None if sound is None else container.add_stream("aac", rate=rate, layout="stereo")
            )
            for pixels in frames:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                container.mux(stream.encode(frame))
                count += 1
            container.mux(stream.encode())
            if audio_stream is not None and sound is not None:
                for audio in sounds.audio_frames(sound, rate, 1024):
                    container.mux(audio_stream.encode(audio))
                container.mux(audio_stream.encode())
        return path.read_bytes(), count


def save(
    context: Context, data: bytes, size: canvas.Size, fps: float, frames: int, name: str
) -> dict[str, Any]:
    """Store an MP4; return fal's Video object."""
    facts: dict[str, Any] = {"width": size[0], "height": size[1], "fps": fps, "num_frames": frames}
    return context.save(data, "video/mp4", f"{name}.mp4", **facts, duration=round(frames / fps, 3))


def drift_image(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A slow camera movement over a still image."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    canvas.demand_sides(image, SMALLEST_SIDE, "image_url")
    seconds, fps = int(arguments["duration"]), 24
    ratio = min(max(image.width / image.height, 1 / LONGEST_RATIO), LONGEST_RATIO)
    size = _even(HEIGHTS[arguments["resolution"]], ratio)
    seed = context.seed(arguments)
    context.log(f"{seconds} s at {size[0]}x{size[1]}, {arguments['motion']}")
    source = canvas.cover(image, (size[0] * 2, size[1] * 2))
    frames = _camera(source, size, seconds * fps, arguments["motion"], arguments["strength"])
    data, count = encode(_reporting(frames, seconds * fps, context), size, fps)
    context.billed = seconds
    return {"video": save(context, data, size, fps, count, "drift"), "seed": seed}


def _camera(
    source: Image.Image, size: canvas.Size, count: int, motion: str, strength: float
) -> Frames:
    wide, high = source.size
    room = 0.12 + 0.3 * strength
    for number in range(count):
        t = number / max(1, count - 1)
        ease = t * t * (3 - 2 * t)
        zoom = {"zoom_in": 1 - room * ease, "zoom_out": 1 - room * (1 - ease)}.get(motion, 1 - room)
        slack_x, slack_y = wide * (1 - zoom), high * (1 - zoom)
        along = {"pan_left": 1 - ease, "pan_right": ease}.get(motion, 0.5)
        sway = 0.5 + (0.5 * math.sin(t * math.tau) if motion == "orbit" else 0)
        x = slack_x * (sway if motion == "orbit" else along)
        y = slack_y * (0.5 + 0.5 * math.cos(t * math.tau) if motion == "orbit" else 0.5)
        box = (x, y, x + wide * zoom, y + high * zoom)
        yield np.asarray(source.resize(size, Image.Resampling.BILINEAR, box))


def drift_text(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A flight past mountains in the light that the prompt asks for."""
    seconds, fps = int(arguments["duration"]), 24
    size = _even(HEIGHTS[arguments["resolution"]], RATIOS[arguments["aspect_ratio"]])
    seed = context.seed(arguments)
    context.log(f"Seed {seed}: {seconds} s at {size[0]}x{size[1]}")
    frames = journey(arguments["prompt"], seed, size, seconds * fps)
    data, count = encode(_reporting(frames, seconds * fps, context), size, fps)
    context.billed = seconds
    return {
        "video": save(context, data, size, fps, count, f"drift-{seed}"),
        "seed": seed,
        "prompt": arguments["prompt"],
    }


def journey(prompt: str, seed: int, size: canvas.Size, count: int) -> Frames:
    """Frames of a slow flight with parallax: near ridges move faster, the sun hardly moves."""
    width, height = size
    colours, dice = palette(prompt, seed), canvas.rng(prompt, seed)
    x, y = canvas.grid(size)
    sky = colours.at(0.98 - 0.4 * np.clip(1 - y / 0.62, 0, 1) ** 1.2)
    cx, cy, radius = 0.3 + 0.4 * dice.random(), 0.25 + 0.12 * dice.random(), 0.06
    away = np.hypot((x - cx) * width / height, y - cy)
    sky = canvas.mix(sky, colours.one(1.0), 0.6 * np.exp(-away / (radius * 3.2)))
    sky = canvas.mix(sky, colours.one(1.0), canvas.smoothstep(radius, radius - 2 / height, away))
    ground = (sky * 255).astype(np.uint8)
    layers = round(5 * density(prompt)) + 1
    speed = np.linspace(0.08, 0.95, layers) ** 1.6
    ridges = []
    for layer in range(layers):
        depth = layer / (layers - 1)
        line = canvas.line(width * 3, 6 + 8 * depth, dice)
        top = (0.4 + 0.44 * depth + (0.5 - line) * (0.16 + 0.1 * depth)) * height
        ridges.append((top, _veil(colours.at(_tones(height, depth)))))
    rows = np.arange(height)[:, None]
    for number in range(count):
        pixels = ground.copy()
        for (top, veil), pace in zip(ridges, speed, strict=True):
            shift = int(number / count * width * 1.4 * pace)
            below = rows > top[None, shift : shift + width]
            pixels = np.where(below[..., None], veil, pixels)
        yield pixels


def _tones(height: int, depth: float) -> Array:
    y = np.linspace(0, 1, height, dtype=np.float32)
    mist = 0.22 * np.clip((y - 0.4 - 0.4 * depth) / 0.4, 0, 1) * (1 - depth * 0.7)
    return f32(np.clip(0.74 * (1 - depth) ** 1.15 + 0.04 + mist, 0, 1))


def _veil(column: Array) -> Array:
    return (column[:, None, :] * 255).astype(np.uint8)


def interlude(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A slow dissolve from one image to another with a zoom, and optional music."""
    first, last = (
        canvas.load(context, arguments[name], name).convert("RGB")
        for name in ("first_frame_url", "last_frame_url")
    )
    canvas.demand_sides(first, SMALLEST_SIDE, "first_frame_url")
    canvas.demand_sides(last, SMALLEST_SIDE, "last_frame_url")
    seconds, fps, seed = int(arguments["duration"]), 16, context.seed(arguments)
    ratio = min(max(first.width / first.height, 1 / LONGEST_RATIO), LONGEST_RATIO)
    size = _even(HEIGHTS[arguments["resolution"]], ratio)
    context.log(f"{seconds} s at {size[0]}x{size[1]}")
    frames = _reporting(_dissolve(first, last, size, seconds * fps), seconds * fps, context)
    music = sounds.compose(arguments["prompt"], seed, seconds, 84.0, None)
    heard = music if arguments["generate_audio"] else None
    data, count = encode(frames, size, fps, heard, sounds.RATE)
    context.billed = seconds
    return {"video": save(context, data, size, fps, count, f"interlude-{seed}"), "seed": seed}


def _dissolve(first: Image.Image, last: Image.Image, size: canvas.Size, count: int) -> Frames:
    cameras = (
        _camera(canvas.cover(picture, size), size, count, motion, 0.2)
        for picture, motion in ((first, "zoom_in"), (last, "zoom_out"))
    )
    for number, (before, after) in enumerate(zip(*cameras, strict=True)):
        t = number / max(1, count - 1)
        share = t * t * (3 - 2 * t)
        yield np.asarray(before * (1 - share) + after * share, np.uint8)


def transform(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Play a video backwards, slower, tinted, or as a boomerang."""
    frames, fps = decode(context, arguments["video_url"], "video_url")
    context.log(f"Decoded {len(frames)} frames at {fps:.0f} a second")
    effect = arguments["effect"]
    order = {
        "reverse": frames[::-1],
        "boomerang": frames + frames[-2:0:-1],
        "slow_motion": [frame for frame in frames for _ in (0, 1)],
    }.get(effect, frames)
    size = (max(2, frames[0].shape[1] // 2 * 2), max(2, frames[0].shape[0] // 2 * 2))
    treat = _treatment(effect, arguments.get("tint", "#b8860b"))
    treated = (treat(_fitted(frame, size)) for frame in order)
    data, count = encode(_reporting(treated, len(order), context), size, round(fps))
    context.billed = round(count / round(fps), 3)
    return {"video": save(context, data, size, round(fps), count, effect)}


def _fitted(frame: Array, size: canvas.Size) -> Array:
    """The frame cropped to a size; a side of one pixel is doubled, since H.264 needs even sides."""
    cut = frame[: size[1], : size[0]]
    missing = ((0, size[1] - cut.shape[0]), (0, size[0] - cut.shape[1]), (0, 0))
    return np.pad(cut, missing, mode="edge")


def _treatment(effect: str, tint: str) -> Callable[[Array], Array]:
    if effect != "tint":
        return lambda frame: frame
    from PIL import ImageColor

    colour = np.array(ImageColor.getrgb(tint), np.float32) / 255

    def tinted(frame: Array) -> Array:
        grey = frame.astype(np.float32).mean(axis=-1, keepdims=True) / 255
        toned = np.where(grey < 0.5, 2 * grey * colour, 1 - 2 * (1 - grey) * (1 - colour))
        return np.asarray(np.clip(toned, 0, 1) * 255, np.uint8)

    return tinted


def visualise(arguments: Arguments, context: Context) -> dict[str, Any]:
    """An audio file as moving bars, with its sound."""
    wave, rate = sounds.decode(context, arguments["audio_url"], "audio_url")
    fps, seconds = 24, min(10.0, len(wave) / sounds.RATE)
    total = max(1, round(seconds * fps))
    size = _even(360, RATIOS[arguments["aspect_ratio"]])
    context.log(f"{seconds:.1f} s of sound at {rate} Hz")
    colours = palette(arguments["prompt"])
    frames = _bars(wave, total, fps, size, colours, arguments["sync_mode"])
    stereo = wave[: round(seconds * sounds.RATE)]
    data, count = encode(_reporting(frames, total, context), size, fps, stereo, sounds.RATE)
    context.billed = round(count / fps, 3)
    return {"video": save(context, data, size, fps, count, "visualised")}


def _bars(wave: Array, total: int, fps: int, size: canvas.Size, colours: Any, mode: str) -> Frames:
    width, height = size
    x, y = canvas.grid(size)
    ground = (canvas.mix(colours.at(y * 0.16), colours.one(0.0), x * 0.3) * 255).astype(np.uint8)
    bars, mono = 40, wave.mean(axis=1)
    edges = np.geomspace(40, 9000, bars + 1)
    inks = (colours.at(np.linspace(0.45, 0.95, bars, dtype=np.float32)) * 255).astype(np.uint8)
    held, pitch = np.zeros(bars), width / bars
    for number in range(total):
        start = int(number * sounds.RATE / fps)
        window = mono[start : start + 4096]
        window = np.pad(window, (0, 4096 - len(window))) * np.hanning(4096)
        power = np.abs(np.fft.rfft(window))
        bins = np.clip((edges / sounds.RATE * 4096).astype(int), 0, 2047)
        level = np.array([power[a : max(b, a + 1)].max() for a, b in pairwise(bins)])
        level = np.clip(np.log1p(level * 3) / 6, 0.012, 1)
        held = np.maximum(level, held * (0.82 if mode == "smooth" else 0.0))
        pixels = ground.copy()
        for bar, value in enumerate(held):
            half = int(value * height * 0.4)
            left, right = int(bar * pitch + pitch * 0.22), int((bar + 1) * pitch - pitch * 0.22)
            pixels[height // 2 - half : height // 2 + half + 1, left:right] = inks[bar]
        yield pixels


def _reporting(frames: Frames, total: int, context: Context) -> Frames:
    """The frames, with a log line at every quarter."""
    marks = {max(1, round(total * part / 4)) for part in (1, 2, 3, 4)}
    for number, frame in enumerate(frames, 1):
        yield frame
        if number in marks:
            context.step(number, total, "Frame", 0.1)


def _even(height: int, ratio: float) -> canvas.Size:
    """Width and height for a ratio, both even, as H.264 requires."""
    short = height
    wide, high = (short * ratio, short) if ratio >= 1 else (short, short / ratio)
    return (max(2, round(wide / 2) * 2), max(2, round(high / 2) * 2))

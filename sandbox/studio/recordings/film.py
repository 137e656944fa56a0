"""Videos: H.264 in MP4, recorded or made from the pictures, films and sounds that are given."""

import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from sandbox import recorded
from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import Array, palette
from sandbox.studio.recordings import sound as sounds
from sandbox.studio.recordings.film_decoder import FPS, decode, load

HEIGHTS = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080}
RATIOS = {"16:9": 16 / 9, "1:1": 1.0, "9:16": 9 / 16, "4:3": 4 / 3}
SMALLEST_SIDE = 64  # of a first frame, as the model's schema says
LONGEST_RATIO = 4.0  # of a video's sides; a longer image is cropped
# What the camera sees of a still, from start to end: zoom, and place from left (0) to right (1).
MOTIONS = {
    "zoom_in": ((1.0, 0.5), (0.7, 0.5)),
    "zoom_out": ((0.7, 0.5), (1.0, 0.5)),
    "pan_left": ((0.7, 1.0), (0.7, 0.0)),
    "pan_right": ((0.7, 0.0), (0.7, 1.0)),
    "orbit": ((0.8, 0.2), (0.7, 0.8)),
}
LIGHTS = {  # the recorded flight by palette; `autumn` for the others
    **dict.fromkeys(("ocean", "arctic", "ink"), "winter"),
    **dict.fromkeys(("night", "rose"), "night"),
    **dict.fromkeys(("forest", "meadow"), "meadow"),
}
Frames = Iterable[Image.Image]


def encode(
    frames: Frames, size: canvas.Size, fps: int, sound: Array | None = None
) -> tuple[bytes, int]:
    """Return MP4 bytes (H.264, yuv420p, faststart) and the number of frames.

    `sound` has the shape (samples, 2), at the sounds' rate.
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
                None
                if sound is None
                else container.add_stream("aac", rate=sounds.RATE, layout="stereo")
            )
            for image in frames:
                container.mux(
                    stream.encode(av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24"))
                )
                count += 1
            container.mux(stream.encode())
            if audio_stream is not None and sound is not None:
                for audio in sounds.audio_frames(sound, sounds.RATE, 1024):
                    container.mux(audio_stream.encode(audio))
                container.mux(audio_stream.encode())
        return path.read_bytes(), count


def render(
    context: Context,
    frames: Frames,
    total: int,
    size: canvas.Size,
    name: str,
    fps: int = FPS,
    sound: Array | None = None,
) -> dict[str, Any]:
    """Encode and store `total` frames; return fal's Video object. Bills the film's seconds."""
    data, count = encode(_reporting(frames, total, context), size, fps, sound)
    context.billed = round(count / fps, 3)
    facts: dict[str, Any] = {"width": size[0], "height": size[1], "fps": fps, "num_frames": count}
    return context.save(data, "video/mp4", f"{name}.mp4", **facts, duration=context.billed)


def drift_text(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A part of a recorded flight past mountains, in the light of the prompt."""
    total, seed = int(arguments["duration"]) * FPS, context.seed(arguments)
    size = _even(HEIGHTS[arguments["resolution"]], RATIOS[arguments["aspect_ratio"]])
    prompt = arguments["prompt"]
    context.log(f"Seed {seed}: {arguments['duration']} s at {size[0]}x{size[1]}")
    flight, _ = decode(
        recorded.choice(f"films/{LIGHTS.get(palette(prompt, seed).name, 'autumn')}.mp4")
    )
    there_and_back = cycle(flight + flight[-2:0:-1])
    begins = seed % len(flight)
    played = islice(there_and_back, begins, begins + total)
    frames = (_turned(canvas.cover(frame, size), is_mirrored=seed % 2 == 1) for frame in played)
    video = render(context, frames, total, size, f"drift-{seed}")
    return {"video": video, "seed": seed, "prompt": prompt}


def _turned(frame: Image.Image, *, is_mirrored: bool) -> Image.Image:
    return ImageOps.mirror(frame) if is_mirrored else frame


def drift_image(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A slow camera movement over a still image."""
    image, size = _first_frame(context, arguments, "image_url")
    total, seed = int(arguments["duration"]) * FPS, context.seed(arguments)
    context.log(f"{arguments['duration']} s at {size[0]}x{size[1]}, {arguments['motion']}")
    source = canvas.cover(image, (size[0] * 2, size[1] * 2))
    frames = _camera(source, size, total, arguments["motion"], arguments["strength"])
    return {"video": render(context, frames, total, size, "drift"), "seed": seed}


def _first_frame(
    context: Context, arguments: Arguments, name: str
) -> tuple[Image.Image, canvas.Size]:
    """The image at the field `name`, and the size of a film that begins with it."""
    image = canvas.load(context, arguments[name], name).convert("RGB")
    canvas.demand_sides(image, SMALLEST_SIDE, name)
    ratio = min(max(image.width / image.height, 1 / LONGEST_RATIO), LONGEST_RATIO)
    return image, _even(HEIGHTS[arguments["resolution"]], ratio)


def _camera(
    source: Image.Image, size: canvas.Size, total: int, motion: str, strength: float
) -> Iterator[Image.Image]:
    wide, high = source.size
    for number in range(total):
        t = number / max(1, total - 1)
        zoom, along = (a + (b - a) * t for a, b in zip(*MOTIONS[motion], strict=True))
        zoom = 1 - (1 - zoom) * (0.4 + strength)
        left, top = wide * (1 - zoom) * along, high * (1 - zoom) / 2
        box = (left, top, left + wide * zoom, top + high * zoom)
        yield source.resize(size, Image.Resampling.BILINEAR, box)


def interlude(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A slow dissolve from one image to another, and recorded music."""
    first, size = _first_frame(context, arguments, "first_frame_url")
    last, _ = _first_frame(context, arguments, "last_frame_url")
    seconds, fps, seed = int(arguments["duration"]), 16, context.seed(arguments)
    total = seconds * fps
    context.log(f"{seconds} s at {size[0]}x{size[1]}")
    before, after = canvas.cover(first, size), canvas.cover(last, size)
    frames = (Image.blend(before, after, number / (total - 1)) for number in range(total))
    music = sounds.music(arguments["prompt"], seed, seconds)
    heard = music if arguments["generate_audio"] else None
    return {
        "video": render(context, frames, total, size, f"interlude-{seed}", fps, heard),
        "seed": seed,
    }


def transform(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Play a video backwards, slower, tinted, or as a boomerang."""
    frames, rate = load(context, arguments["video_url"], "video_url")
    effect, fps = arguments["effect"], round(rate)
    order = {
        "reverse": frames[::-1],
        "boomerang": frames + frames[-2:0:-1],
        "slow_motion": [frame for frame in frames for _ in (0, 1)],
        "tint": frames,
    }[effect]
    if effect == "tint":
        tint = arguments["tint"]
        order = [ImageOps.colorize(frame.convert("L"), "black", "white", tint) for frame in order]
    # H.264 needs even sides.
    size = (max(2, frames[0].width // 2 * 2), max(2, frames[0].height // 2 * 2))
    treated = (canvas.cover(frame, size) for frame in order)
    return {"video": render(context, treated, len(order), size, effect, fps)}


def visualise(arguments: Arguments, context: Context) -> dict[str, Any]:
    """An audio file as moving bars, with its sound."""
    wave, rate = sounds.load(context, arguments["audio_url"], "audio_url")
    seconds = min(10.0, len(wave) / sounds.RATE)
    total = max(1, round(seconds * FPS))
    size = _even(360, RATIOS[arguments["aspect_ratio"]])
    context.log(f"{seconds:.1f} s of sound at {rate} Hz")
    falls_slowly = arguments["sync_mode"] == "smooth"
    frames = _bars(wave.mean(axis=1), total, size, arguments["prompt"], falls_slowly)
    stereo = wave[: round(seconds * sounds.RATE)]
    return {"video": render(context, frames, total, size, "visualised", sound=stereo)}


def _bars(
    mono: Array, total: int, size: canvas.Size, prompt: str, falls_slowly: bool
) -> Iterator[Image.Image]:
    colours, bars, window = palette(prompt), 40, 4096
    edges = np.geomspace(4, window // 5, bars + 1).astype(int)  # of the spectrum
    held, pitch, middle = np.zeros(bars), size[0] / bars, size[1] / 2
    for number in range(total):
        start = number * sounds.RATE // FPS
        part = np.pad(mono[start : start + window], (0, window))[:window]
        power = np.abs(np.fft.rfft(part * np.hanning(window)))
        level = np.array([power[a : max(b, a + 1)].max() for a, b in pairwise(edges)])
        level = np.clip(np.log1p(level * 3) / 6, 0.012, 1)
        held = np.maximum(level, held * 0.82) if falls_slowly else level
        image = Image.new("RGB", size, colours.bytes_at(0.1))
        draw = ImageDraw.Draw(image)
        for bar, value in enumerate(held):
            left, half = (bar + 0.22) * pitch, value * size[1] * 0.4
            box = (left, middle - half, left + pitch * 0.56, middle + half)
            draw.rectangle(box, fill=colours.bytes_at(0.45 + bar / bars / 2))
        yield image


def _reporting(frames: Frames, total: int, context: Context) -> Iterator[Image.Image]:
    """The frames, with a log line at every quarter."""
    marks = {max(1, round(total * part / 4)) for part in (1, 2, 3, 4)}
    for number, frame in enumerate(frames, 1):
        yield frame
        if number in marks:
            context.step(number, total, "Frame", 0.1)


def _even(height: int, ratio: float) -> canvas.Size:
    """Width and height for a ratio, both even, as H.264 requires."""
    wide, high = (height * ratio, height) if ratio >= 1 else (height, height / ratio)
    return (max(2, round(wide / 2) * 2), max(2, round(high / 2) * 2))

"""The sample files that examples in the schemas refer to, made by the studio's own code."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sandbox.execution.context import Context
from sandbox.studio import mesh
from sandbox.studio.pictures import canvas, landscapes, patterns
from sandbox.studio.pictures.colour import palette
from sandbox.studio.recordings import film, sound, voice

SIZE = (768, 576)
Maker = Callable[[Context], bytes]


def _png(image: Image.Image) -> bytes:
    return canvas.encode(image, "png")[0]


def harbour(context: Context) -> bytes:
    """A landscape, the usual input of models that change pictures."""
    return _png(landscapes.ridgeline("a blue harbour under morning mist", 11, SIZE))


def mask(context: Context) -> bytes:
    """White blobs on black, marking what to remove."""
    image = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(image)
    draw.ellipse((416, 96, 560, 240), fill=255)
    draw.rounded_rectangle((144, 376, 336, 448), 32, fill=255)
    return _png(image.filter(ImageFilter.GaussianBlur(2)))


def still(context: Context) -> bytes:
    """An object on a plain background, for background removal."""
    colours = palette("amber vase")
    _, y = canvas.grid(SIZE)
    ground = canvas.picture(np.stack([0.9 - 0.05 * y, 0.9 - 0.05 * y, 0.88 - 0.05 * y], -1))
    shape = mesh.vessel("a coral vase", 5)
    photo = mesh.picture(shape, SIZE, (255, 0, 255))
    keep = canvas.array(photo)
    away = np.abs(keep - np.array([1, 0, 1], np.float32)).sum(axis=-1)
    alpha = Image.fromarray((canvas.smoothstep(0.1, 0.6, away) * 255).astype(np.uint8))
    ground.paste(photo, (0, 0), alpha.filter(ImageFilter.MinFilter(3)))
    ImageDraw.Draw(ground).ellipse((304, 512, 464, 534), fill=colours.bytes_at(0.75))
    ground.paste(photo, (0, 0), alpha.filter(ImageFilter.MinFilter(3)))
    return _png(ground)


def motion(context: Context) -> bytes:
    """Two short scenes with a cut between them, for scene detection."""
    size = (480, 270)

    def scenes() -> film.Frames:
        yield from film.journey("blue winter mountains", 3, size, 36)
        yield from film.journey("autumn sunset", 4, size, 36)

    return film.encode(scenes(), size, 24)[0]


def speech(context: Context) -> bytes:
    """A spoken sentence."""
    text = "Good morning. The light is soft today, and the sea is calm."
    return sound.wav(voice.say(text, 160, 1.0)[0], voice.RATE)


def music(context: Context) -> bytes:
    """A few seconds of music."""
    return sound.mp3(sound.compose("spring garden, fresh and wild", 5, 5, 96, None))


def solid(context: Context) -> bytes:
    """A vase."""
    return mesh.glb(mesh.vessel("ocean vase", 8))


def archive(context: Context) -> bytes:
    """Four images with a common palette, for training."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(4):
            image = patterns.bloom("rose and cherry blossom", number, (384, 384))
            packed.writestr(f"flower-{number + 1}.jpg", canvas.encode(image, "jpeg")[0])
    return buffer.getvalue()


EXAMPLES: dict[str, Maker] = {
    "harbour.png": harbour,
    "mask.png": mask,
    "object.png": still,
    "film.mp4": motion,
    "speech.wav": speech,
    "music.mp3": music,
    "vessel.glb": solid,
    "pictures.zip": archive,
}

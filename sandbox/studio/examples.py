"""The sample files that the schemas' examples point to."""

from collections.abc import Callable

from sandbox.context import Context
from sandbox.studio import canvas, landscapes


def harbour(context: Context) -> bytes:
    """A picture to edit."""
    image = landscapes.ridgeline("a blue harbour under morning mist", 11, (960, 720))
    return canvas.encode(image, "png")[0]


EXAMPLES: dict[str, Callable[[Context], bytes]] = {"harbour.png": harbour}

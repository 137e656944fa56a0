"""Thumbnails: a model's own output for arguments of its own."""

import io
from typing import Any

from PIL import Image

from sandbox.context import Context
from sandbox.registry import Model
from sandbox.studio import canvas


class Catch(Context):
    """A context that keeps what is saved in memory."""

    def __init__(self, other: Context) -> None:
        self.__dict__.update(other.__dict__)
        self.saved: list[tuple[bytes, str]] = []

    def save(self, data: bytes, content_type: str, name: str, **more: Any) -> dict[str, Any]:
        """Catch the bytes."""
        self.saved.append((data, content_type))
        return {"url": "", "content_type": content_type, "file_name": name}


def thumbnail(model: Model, context: Context, size: canvas.Size) -> bytes:
    """A WebP of that size that shows what the model does."""
    from sandbox.openapi import addressed
    from sandbox.validation import check

    catch = Catch(context)
    given = {**model.example(), "seed": 7, **(model.thumbnail or {})}
    fields = model.input["properties"]
    given = {name: value for name, value in given.items() if name in fields}
    arguments = check(model, addressed(given, {"files": context.files.address}))
    model.load()(arguments, catch)
    image = Image.open(io.BytesIO(catch.saved[0][0])).convert("RGB")
    return canvas.encode(canvas.cover(image, size), "webp")[0]

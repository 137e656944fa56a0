"""Thumbnails and example files, made by the models themselves when first asked for."""

import logging
import os
import threading
from pathlib import Path

from sandbox.context import Context
from sandbox.errors import Failure
from sandbox.files import Files
from sandbox.registry import Registry

log = logging.getLogger(__name__)

THUMB = (480, 360)


class Gallery:
    """Pictures and sample files below `thumbs/` and `examples/` of the file host."""

    def __init__(self, registry: Registry, files: Files) -> None:
        self._registry = registry
        self._files = files
        # What is asked for twice is made once; and no thumbnail holds up an example.
        self._locks = {folder: threading.RLock() for folder in ("thumbs", "examples")}

    def asset_at(self, url: str) -> Path | None:
        """The example behind one of our URLs, made if need be."""
        if not url.startswith(self._files.address + "/"):
            return None
        return self.make(url.removeprefix(self._files.address + "/").partition("?")[0])

    def make(self, relative: str) -> Path | None:
        """The file at a path of the file host, if it is one that can be made."""
        lock = self._locks.get(relative.partition("/")[0])
        if lock is None:
            return None
        with lock:
            return self._files.at(relative) or self._made(relative)

    def missing(self) -> list[str]:
        """The thumbnails that were not made yet, in catalogue order."""
        ids = (m.endpoint_id for m in self._registry if not m.endpoint_id.startswith("filler/"))
        wanted = [f"thumbs/{endpoint_id}.webp" for endpoint_id in ids]
        return [relative for relative in wanted if self._files.at(relative) is None]

    def _made(self, relative: str) -> Path | None:
        from sandbox.studio import examples, thumbs

        folder, _, name = relative.partition("/")
        context = Context(self._files, lambda *_: None, pace=0, asset=self.asset_at)
        try:
            endpoint_id, _, kind = name.rpartition(".")
            model = self._registry.get(endpoint_id) if folder == "thumbs" else None
            if model and kind == "webp":
                data = thumbs.thumbnail(model, context, THUMB)
            elif model and kind == "mp4" and model.makes_films:
                data = thumbs.moving(model, context, THUMB)
            elif folder == "examples" and name in examples.EXAMPLES:
                data = examples.EXAMPLES[name](context)
            else:
                return None
        except Failure:
            log.exception("%s could not be made", relative)
            return None
        path = self._files.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        partial.write_bytes(data)
        return partial.rename(path)

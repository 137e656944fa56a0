"""Thumbnails and example files, made by the models on the first request for each."""

import logging
import os
import threading
from pathlib import Path

from sandbox.config import Config
from sandbox.contract.registry import Registry
from sandbox.errors import Failure
from sandbox.execution.context import Context
from sandbox.files import Files
from sandbox.painter import IDLE_S, Painter

log = logging.getLogger(__name__)

THUMB = (480, 360)


class Gallery:
    """The files below `thumbs/` and `examples/` of the file host."""

    def __init__(self, registry: Registry, files: Files) -> None:
        self._registry = registry
        self._files = files
        # Concurrent requests make a file only once. One lock per folder, so that no example waits
        # for thumbnails.
        self._locks = {folder: threading.RLock() for folder in ("thumbs", "examples")}
        self._painters: dict[str, Painter] = {}

    def paint_elsewhere(self, config: Config, idle_s: float = IDLE_S) -> None:
        """Make files in child processes from now on; these end when idle."""
        self._painters = {folder: Painter(config, idle_s) for folder in self._locks}

    def close(self) -> None:
        """End the child processes."""
        for painter in self._painters.values():
            painter.close()

    def asset_at(self, url: str) -> Path | None:
        """Return the example or thumbnail behind one of our URLs, making it if necessary."""
        if not url.startswith(self._files.address + "/"):
            return None
        return self.make(url.removeprefix(self._files.address + "/").partition("?")[0])

    def make(self, relative: str) -> Path | None:
        """Return the thumbnail or example at a path, making it if necessary; None for others."""
        lock = self._locks.get(relative.partition("/")[0])
        if lock is None:
            return None
        with lock:
            return self._files.at(relative) or self._paint(relative)

    def missing(self) -> list[str]:
        """Return the paths of thumbnails that do not exist yet, in catalogue order."""
        shown = (m for m in self._registry if m.listed)
        ids = (m.endpoint_id for m in shown if not m.endpoint_id.startswith("filler/"))
        paths = [f"thumbs/{endpoint_id}.webp" for endpoint_id in ids]
        return [relative for relative in paths if self._files.at(relative) is None]

    def _paint(self, relative: str) -> Path | None:
        painter = self._painters.get(relative.partition("/")[0])
        if painter is None:
            return self._paint_here(relative)
        if not self._is_paintable(relative):
            return None
        painter.make(relative)
        return self._files.at(relative)

    def _is_paintable(self, relative: str) -> bool:
        """Return whether a path may name a thumbnail or example, so that it is worth a process."""
        folder, _, name = relative.partition("/")
        endpoint_id, _, kind = name.rpartition(".")
        if folder == "thumbs":
            model = self._registry.get(endpoint_id)
            return model is not None and (kind == "webp" or (kind == "mp4" and model.makes_films))
        return "\n" not in name

    def _paint_here(self, relative: str) -> Path | None:
        from sandbox.studio import examples, thumbs

        folder, _, name = relative.partition("/")
        context = Context(
            self._files, lambda *_: None, pace=0, asset=self.asset_at, find=self._registry.get
        )
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

"""Thumbnails, which are recorded, and example files, made on the first request for each."""

import logging
import os
import threading
from pathlib import Path

from sandbox.contract.registry import Registry
from sandbox.errors import Failure
from sandbox.execution.context import Context
from sandbox.files import Files

log = logging.getLogger(__name__)

RECORDED = Path(__file__).parent / "thumbs"


class Gallery:
    """The files below `thumbs/` and `examples/` of the file host."""

    def __init__(self, registry: Registry, files: Files) -> None:
        self._registry = registry
        self._files = files
        self._lock = threading.RLock()  # concurrent requests make an example only once

    def asset_at(self, url: str) -> Path | None:
        """Return the example or thumbnail behind one of our URLs."""
        if not url.startswith(self._files.address + "/"):
            return None
        return self.find(url.removeprefix(self._files.address + "/").partition("?")[0])

    def find(self, relative: str) -> Path | None:
        """Return the thumbnail or example at a path; None for others."""
        folder, _, name = relative.partition("/")
        if folder == "thumbs":
            return self._thumbnail(name)
        if folder != "examples":
            return None
        with self._lock:
            return self._files.at(relative) or self._make(name)

    def _thumbnail(self, name: str) -> Path | None:
        endpoint_id, _, kind = name.rpartition(".")
        model = self._registry.get(endpoint_id)
        if model is None or kind not in {"webp", "mp4"}:
            return None
        path = RECORDED / f"{model.copy_of or endpoint_id}.{kind}"
        return path if path.is_file() else None

    def _make(self, name: str) -> Path | None:
        from sandbox.studio import examples

        make = examples.EXAMPLES.get(name)
        if make is None:
            return None
        context = Context(
            self._files, lambda *_: None, pace=0, asset=self.asset_at, find=self._registry.get
        )
        try:
            data = make(context)
        except Failure:
            log.exception("the example %s could not be made", name)
            return None
        path = self._files.root / "examples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{name}.{os.getpid()}.partial")
        partial.write_bytes(data)
        return partial.rename(path)

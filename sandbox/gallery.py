"""Thumbnails and example files, which are recorded."""

from pathlib import Path

from sandbox import recorded
from sandbox.contract.registry import Registry
from sandbox.files import Files

RECORDED = Path(__file__).parent / "thumbs"
EXAMPLES = recorded.FOLDER / "examples"


class Gallery:
    """The files below `thumbs/` and `examples/` of the file host."""

    def __init__(self, registry: Registry, files: Files) -> None:
        self._registry = registry
        self._files = files

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
        path = EXAMPLES / name
        is_example = folder == "examples" and path.parent == EXAMPLES and path.is_file()
        return path if is_example else None

    def _thumbnail(self, name: str) -> Path | None:
        endpoint_id, _, kind = name.rpartition(".")
        model = self._registry.get(endpoint_id)
        if model is None or kind not in {"webp", "mp4"}:
            return None
        path = RECORDED / f"{model.copy_of or endpoint_id}.{kind}"
        return path if path.is_file() else None

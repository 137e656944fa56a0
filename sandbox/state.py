"""One sandbox: everything its hosts share."""

from collections import Counter
from pathlib import Path
from typing import Any

from sandbox.config import PREFIXES, Config
from sandbox.engine import Engine
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.gallery import Gallery
from sandbox.models import MODELS
from sandbox.openapi import document
from sandbox.registry import Model, Registry, padded
from sandbox.webhooks import Webhooks


class Sandbox:
    """The state behind the applications; lives in memory, but for the files."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.registry = Registry(padded(MODELS, config.filler))
        self.files = Files(config.data_dir / "files", config.address("files"))
        self.gallery = Gallery(self.registry, self.files)
        self.faults = Faults()
        self.webhooks = Webhooks(config, self.faults)
        self.engine = Engine(config, self.files, self.gallery.asset_at, self.webhooks.report)
        self.calls: Counter[str] = Counter()
        self.clients: set[tuple[str, str, int]] = set()
        self.overrides: dict[
            str, dict[str, Any]
        ] = {}  # endpoint_id → metadata changed from outside
        self.hidden: set[str] = set()
        self.prices: dict[str, float] = {}  # the same of prices
        self.documents: dict[str, dict[str, Any]] = {}  # as it is given out
        self.addresses = {host: config.address(host) for host in PREFIXES}

    def document(self, model: Model) -> dict[str, Any]:
        """The model's OpenAPI document."""
        if model.endpoint_id not in self.documents:
            self.documents[model.endpoint_id] = document(model, self.addresses)
        return self.documents[model.endpoint_id]

    def data(self, name: str) -> Path:
        """A path in the data directory."""
        return self.config.data_dir / name

    async def close(self) -> None:
        """End what runs."""
        await self.webhooks.close()
        await self.engine.close()

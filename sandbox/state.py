"""The state that all hosts of a sandbox share: its recorded files, its queue."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.billing import Billing
from sandbox.config import PREFIXES, Config
from sandbox.contract.openapi import document
from sandbox.contract.registry import Model, Registry, padded
from sandbox.execution.engine import Engine
from sandbox.execution.webhooks import Webhooks
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.models import MODELS, UNLISTED
from sandbox.retention import NEVER_SET, Clock

RECORDED = Path(__file__).parent / "thumbs"
EXAMPLES = Path(__file__).parent / "recordings" / "examples"
ACCOUNT = "sandbox"  # the nickname of the only user


class Sandbox:
    """Registry, queue, faults and counters of one sandbox: in memory, except for the files."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.registry = Registry([*padded(MODELS, config.filler), *UNLISTED])
        self.clock = Clock()
        self.files = Files(config.data_dir / "files", config.address("files"), self.clock)
        self.storage_settings = NEVER_SET
        # By path and idempotency key: answers to deletions, and until when they are repeated.
        self.replays: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
        self.gallery = Gallery(self.registry, self.files)
        self.faults = Faults()
        self.webhooks = Webhooks(config, self.faults)
        self.billing = Billing(self.list_price)
        self.engine = Engine(
            config,
            self.files,
            self.gallery.asset_at,
            self.webhooks.report,
            self.registry.get,
            self.billing.charge,
        )
        self.calls: Counter[str] = Counter()
        self.clients: set[tuple[str, str, int]] = set()
        # By endpoint id, set over `/_sandbox/catalogue`: changed metadata and prices, and hidden
        # models.
        self.overrides: dict[str, dict[str, Any]] = {}
        self.prices: dict[str, float] = {}
        self.hidden: set[str] = set()
        self.documents: dict[str, dict[str, Any]] = {}  # OpenAPI documents, built once or replaced
        self.addresses = {host: config.address(host) for host in PREFIXES}

    def list_price(self, endpoint_id: str) -> Decimal:
        """Return the list price of one unit of a model."""
        model = self.registry.get(endpoint_id)
        model_price = self.prices.get(endpoint_id, model.unit_price if model else 0)
        return Decimal(str(model_price))

    def document(self, model: Model) -> dict[str, Any]:
        """Return the model's OpenAPI document."""
        if model.endpoint_id not in self.documents:
            self.documents[model.endpoint_id] = document(model, self.addresses)
        return self.documents[model.endpoint_id]

    async def close(self) -> None:
        """Stop webhooks and queue."""
        await self.webhooks.close()
        await self.engine.close()


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

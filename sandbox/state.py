"""The state that all hosts of a sandbox share."""

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
from sandbox.gallery import Gallery
from sandbox.keys import Keys
from sandbox.models import MODELS, UNLISTED
from sandbox.workflows import WORKFLOWS, Workflow


class Sandbox:
    """Registry, queue, faults and counters of one sandbox: in memory, except for the files."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.registry = Registry([*padded(MODELS, config.filler), *UNLISTED])
        self.files = Files(config.data_dir / "files", config.address("files"))
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
        self.workflows: dict[tuple[str, str], Workflow] = {
            (workflow.owner, workflow.name): workflow for workflow in WORKFLOWS
        }
        self.keys = Keys(config.key)
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
        """Return what the price list says of one unit of a model."""
        model = self.registry.get(endpoint_id)
        listed = self.prices.get(endpoint_id, model.price if model else 0)
        return Decimal(str(listed))

    def document(self, model: Model) -> dict[str, Any]:
        """Return the model's OpenAPI document."""
        if model.endpoint_id not in self.documents:
            self.documents[model.endpoint_id] = document(model, self.addresses)
        return self.documents[model.endpoint_id]

    def data(self, name: str) -> Path:
        """Return a path in the data directory."""
        return self.config.data_dir / name

    async def close(self) -> None:
        """Stop webhooks and queue."""
        await self.webhooks.close()
        await self.engine.close()

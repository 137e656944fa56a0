"""A catalogue put into the database by the catalogue's own ledger, without a server in between."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

import fal

SAMPLE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


def real() -> list[dict[str, Any]]:
    """The sample of upstream's entries beside the project, with the documents that are there."""
    documents = {
        file.stem.replace("--", "/"): json.loads(file.read_text())
        for file in (SAMPLE / "openapi").glob("*.json")
    }
    items: list[dict[str, Any]] = json.loads((SAMPLE / "models.json").read_text())
    return [
        item | ({"openapi": documents[i]} if (i := item["endpoint_id"]) in documents else {})
        for item in items
    ]


def sandbox() -> list[dict[str, Any]]:
    """The bundled models with their documents, as the sandbox lists them."""
    from sandbox.config import Config
    from sandbox.hosts.platform import OPENAPI, entry
    from sandbox.state import Sandbox

    with tempfile.TemporaryDirectory() as folder:
        state = Sandbox(Config(Path(folder)))
        return [entry(model, state, [OPENAPI]) for model in state.registry]


def fill(items: Iterable[dict[str, Any]]) -> None:
    """List the items, keep their documents, and let everything that follows a sync follow."""
    from catalog.models import SyncReport
    from catalog.sync import post_sync
    from catalog.sync.upsert import CatalogUpserter

    page = fal.Page.from_bytes(orjson.dumps({"models": [*items]}))
    with_documents = [item for item in page.models if item.openapi is not None]
    ledger = CatalogUpserter(SyncReport.objects.create(state=SyncReport.State.DONE))
    ledger.take_page(page)
    asked = [item.endpoint_id for item in with_documents]
    ledger.keep_schemas([(asked, fal.Found(with_documents, [], []))])
    post_sync.run()

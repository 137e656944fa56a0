"""Writes a catalogue to the database with the sync's own code, without a server."""

import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

import fal


def sandbox() -> list[dict[str, Any]]:
    """Return the sandbox's models with their documents, as its catalogue lists them."""
    from sandbox.config import Config
    from sandbox.hosts.platform import OPENAPI, entry
    from sandbox.state import Sandbox

    with tempfile.TemporaryDirectory() as folder:
        state = Sandbox(Config(Path(folder)))
        return [entry(model, state, [OPENAPI]) for model in state.registry]


def fill(items: Iterable[dict[str, Any]]) -> None:
    """Store items and documents, then run everything that follows a sync."""
    from catalog.models import SyncReport
    from catalog.sync import post_sync
    from catalog.sync.upsert import CatalogUpserter

    page = fal.Page.from_bytes(orjson.dumps({"models": [*items]}))
    with_documents = [item for item in page.models if item.openapi is not None]
    ledger = CatalogUpserter(SyncReport.objects.create(state=SyncReport.State.DONE))
    ledger.take_page(page)
    ids = [item.endpoint_id for item in with_documents]
    ledger.keep_schemas([(ids, fal.LookupResult(with_documents, [], []))])
    post_sync.run()


def set_up() -> None:
    """Set up Django in a process of a benchmark, with a new database and the sandbox's models."""
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    fill(sandbox())

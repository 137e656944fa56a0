"""Rows and people for every test; each factory's defaults can be overridden."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.test import Client, TransactionTestCase

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"

# What takes long begins first: a file that is begun last is waited for by idle cores.
LONGEST = [
    *("playground/test_faults", "browser/test_settings_journeys", "browser/test_journey"),
    *("browser/test_live_page", "sandbox/test_models", "browser/test_media", "config/test_up"),
    *("browser/test_gallery", "browser/test_curation", "bench/test_bench", "catalog/test_command"),
    *("playground/test_cut_submits", "playground/test_worker", "playground/test_transports"),
    *("playground/test_laws", "playground/test_sent_exactly", "catalog/test_thumbnails"),
    *("browser/test_form", "browser/test_media_tools", "playground/test_lifecycle_machine"),
    *("playground/test_archivist", "catalog/test_search", "playground/test_any_document"),
]
# What keeps its rows in a database but promises nothing of it: bytes on the wire, pictures from files.
SAME_ON_BOTH = {"playground/test_sent_exactly", "playground/test_inputs", "catalog/test_drawing"}
BEGIN = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; on PostgreSQL nothing but what asks the database at hand."""
    if "VITRINE_TEST_DATABASE_URL" in os.environ:
        left_out = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if asks_database(item)]
    items.sort(key=lambda item: BEGIN.get(item.nodeid.partition("::")[0], len(BEGIN)))


def asks_database(item: pytest.Item) -> bool:
    """Whether a test has a database, by its mark, by a fixture or by its class, and which one matters."""
    fixtures = {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())}
    if item.nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py") in SAME_ON_BOTH:
        return False
    kind = getattr(item, "cls", None) or object
    marked = item.get_closest_marker("django_db")
    return bool(fixtures or marked or issubclass(kind, TransactionTestCase))


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """Tables are emptied after a test that commits; what makes that slow is left out.

    PostgreSQL syncs two files for every table and index that it truncates: a second for what is
    deleted in ten milliseconds. What Django makes after each migration stays, instead of being made anew.
    """

    def deletes(style: Any, connection: Any, **_: Any) -> list[str]:
        tables = connection.introspection.django_table_names(True, include_views=False)
        emptied = sorted({*tables} - {"django_content_type", "auth_permission"})
        return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in emptied]

    with (
        patch("django.core.management.commands.flush.sql_flush", deletes),
        patch("django.core.management.commands.flush.emit_post_migrate_signal"),
    ):
        yield


@pytest.fixture(scope="session")
def documents() -> dict[str, dict[str, Any]]:
    """The real OpenAPI documents beside the project, by endpoint id; read in place."""
    found = {}
    for file in sorted((DATA / "openapi").glob("*.json")):
        found[file.stem.replace("--", "/")] = json.loads(file.read_text())
    assert found, f"no documents in {DATA}"
    return found


@pytest.fixture(scope="session")
def catalogue_items() -> list[dict[str, Any]]:
    """150 real entries of `GET /v1/models`, as they stand in `models[]`."""
    items: list[dict[str, Any]] = json.loads((DATA / "models.json").read_text())
    return items


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox's folder with all its thumbnails, painted once for all processes of this run."""
    from sandbox.config import Config
    from sandbox.models import MODELS
    from sandbox.state import Sandbox

    mine = tmp_path_factory.getbasetemp()
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "painted"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        gallery = Sandbox(Config(folder)).gallery
        for relative in gallery.missing():
            gallery.make(relative)
        for model in MODELS:
            if model.makes_films:
                gallery.make(f"thumbs/{model.endpoint_id}.mp4")
    return folder


@pytest.fixture
def user(db: None) -> User:
    """An ordinary colleague."""
    return User.objects.create_user("ana", password="pw")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody else."""
    return User.objects.create_user("sam", password="pw")


@pytest.fixture
def member(client: Client, user: User) -> Client:
    """A browser in which `user` is logged in."""
    client.force_login(user)
    return client


@pytest.fixture
def make_endpoint(db: None) -> Callable[..., Any]:
    """`make_endpoint("fal-ai/flux/dev", document={...}, category=…)` → Endpoint."""
    import hashlib

    from catalog.models import Endpoint, Schema

    def make(endpoint_id: str = "fal-ai/flux/dev", document: Any = None, **values: Any) -> Endpoint:
        schema = None
        if document is not None:
            text = json.dumps(document)
            schema, _ = Schema.objects.get_or_create(
                digest=hashlib.sha256(text.encode()).hexdigest(), defaults={"document": text}
            )
        defaults = {
            "display_name": endpoint_id.split("/")[-1],
            "owner": endpoint_id.split("/")[0],
            "category": "text-to-image",
            "schema": schema,
        }
        return Endpoint.objects.create(endpoint_id=endpoint_id, **(defaults | values))

    return make


@pytest.fixture
def make_run(make_endpoint: Callable[..., Any], user: User) -> Callable[..., Any]:
    """`make_run(state="failed")` → Run of `user` on some endpoint."""
    import uuid

    from catalog.models import Endpoint
    from playground.models import Run

    def make(**values: Any) -> Run:
        endpoint = values.pop("endpoint", None) or (
            Endpoint.objects.filter(endpoint_id="fal-ai/flux/dev").first() or make_endpoint()
        )
        defaults = {"user": user, "arguments": {"prompt": "a cat"}, "form_token": uuid.uuid4().hex}
        return Run.objects.create(endpoint=endpoint, **(defaults | values))

    return make

"""Rows and people for every test; each factory's defaults can be overridden."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


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

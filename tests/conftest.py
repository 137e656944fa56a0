"""Rows and users for every test; each factory's defaults can be overridden."""

import gc
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import Permission, User
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit import append_only
from accounts.sessions.store import SessionStore
from accounts.single_use import stored_session_key
from core.db import clock
from features.spending.budgets import headroom
from runs.progress import current_upstream
from tests.databases import use_copy
from tests.distribution import (
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_xdist_make_scheduler,
)
from tests.documents import Documents, items
from tests.documents import documents as all_documents
from tests.event_loop import database_misuses, recorded_misuses
from tests.leaks.plugin import leaks, watched_traffic
from tests.processes import copy_checkout, environment, one_at_a_time
from tests.schemas import laws

__all__ = [
    "database_misuses",
    "leaks",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_xdist_make_scheduler",
    "recorded_misuses",
    "watched_traffic",
]

# A program started in the background may ignore Ctrl-C, and its child processes would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# With Python's default thresholds, garbage collection takes a sixth of the tests' time.
gc.set_threshold(100_000, 30, 100)


def pytest_collection_finish() -> None:
    """Exclude modules and tests from garbage collection, which saves half a second per process."""
    gc.freeze()


laws.lay_down()


# Content types, permissions, and the roles' groups with their permissions.
MADE_BY_MIGRATIONS = {
    "django_content_type", "auth_permission", "auth_group", "auth_group_permissions",
    "people_givenpermission",
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """Empty tables quickly after a test that commits.

    On PostgreSQL, TRUNCATE syncs two files for every table and index, which takes a second;
    deleting the rows takes ten milliseconds. The rows that Django creates after `migrate` are kept
    instead of being recreated.
    """

    def deletes(style: Any, connection: Any, **_: Any) -> list[str]:
        tables = connection.introspection.django_table_names(True, include_views=False)
        emptied = sorted({*tables} - MADE_BY_MIGRATIONS)
        return [
            *append_only.removal(connection.vendor),
            *(f"DELETE FROM {connection.ops.quote_name(table)}" for table in emptied),
            *append_only.creation(connection.vendor),
        ]

    with (
        patch("django.core.management.commands.flush.sql_flush", deletes),
        patch("django.core.management.commands.flush.emit_post_migrate_signal"),
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def secret_cookies() -> Iterator[None]:
    """Let Django's test client set a session's secret as its cookie, as our middleware does.

    Django's own client sets the session's key, which is a digest of the secret
    (`sessions/store.py`).
    """

    def log_in(client: Client, user: User, backend: str | None = None) -> None:
        request = HttpRequest()
        session = request.session = session_of(client)
        login(request, user, backend)
        session.save()
        _set_cookie(client, session)

    def session_of(client: Client) -> SessionStore:
        if cookie := client.cookies.get(settings.SESSION_COOKIE_NAME):
            stored = SessionStore(stored_session_key(cookie.value))
            stored.secret = cookie.value
            return stored
        session = SessionStore()
        session.save()
        _set_cookie(client, session)
        return session

    with (
        patch.object(Client, "_login", log_in),
        patch.object(Client, "session", property(session_of)),
    ):
        yield


def _set_cookie(client: Client, session: SessionStore) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    client.cookies[settings.SESSION_COOKIE_NAME]["path"] = "/"


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """Read TLS certificates once: each client would read them from disk, which takes 25 ms."""
    known = cache(httpx.create_ssl_context)
    with (
        patch("httpx.create_ssl_context", known),
        patch("httpx._transports.default.create_ssl_context", known),
    ):
        yield


@pytest.fixture(autouse=True)
def budgets_looked_for_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that a query has just found no budget, so that the head of pages makes none."""
    monkeypatch.setattr(headroom, "_known", (False, math.inf))


@pytest.fixture(autouse=True)
def upstream_read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the worker's record was just read, so no test counts this query."""
    upstream = current_upstream.Upstream("fal", "127.0.0.1:8001")  # pages show its prices
    monkeypatch.setattr(current_upstream, "_known", (upstream, math.inf))


@pytest.fixture(scope="session", autouse=True)
def clock_asked_before() -> Iterator[None]:
    """Read PostgreSQL's clock before any test counts queries."""
    enter = CaptureQueriesContext.__enter__

    def enter_in_step(context: CaptureQueriesContext) -> CaptureQueriesContext:
        clock.now(resync_every_s=0.0)
        return enter(context)

    with patch.object(CaptureQueriesContext, "__enter__", enter_in_step):
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, shared_folder: Path
) -> Iterator[None]:
    """Replace pytest-django's fixture, which would run the migrations in each process."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(
                use_copy(shared_folder, os.environ.get("PYTEST_XDIST_WORKER", "alone"))
            )
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture(scope="session")
def migrated(django_db_setup: None) -> Path:
    """The migrated SQLite file, without rows; every process's database is a copy of it.

    A Vitrine started with a copy skips the migrations, which take most of its start.
    """
    return Path(settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(scope="session")
def documents() -> Documents:
    """OpenAPI documents by endpoint id, always including those of `STAND_INS`."""
    return all_documents()


@pytest.fixture(scope="session")
def catalogue_items() -> list[dict[str, Any]]:
    """More than a hundred entries of `GET /v1/models`, as they are in `models[]`."""
    return items()


@pytest.fixture(scope="session")
def collected(shared_folder: Path) -> Path:
    """A checkout's static files as `up` collects them, made once per test run.

    Compressing them takes most of the rest of a Vitrine's start.
    """
    folder = shared_folder / "collected"
    folder.mkdir(exist_ok=True)
    static = folder / "vitrine" / "var" / "static"
    with one_at_a_time(folder):
        if not static.exists():
            subprocess.run(
                [sys.executable, "-m", "tests.collect_script"],
                cwd=copy_checkout(folder / "vitrine"),
                env=environment(SECRET_KEY="x", DJANGO_SETTINGS_MODULE="config.settings"),
                check=True,
            )
    return static


@pytest.fixture
def user(db: None) -> User:
    """A user without special permissions."""
    return User.objects.create_user("ana", password="pw")


@pytest.fixture
def stranger(db: None) -> User:
    """Another user."""
    return User.objects.create_user("sam", password="pw")


def grant(person: User, *names: str) -> None:
    """Make a user staff with these permissions: `grant(eva, "playground.view_run")`."""
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    for name in names:
        app, _, code = name.partition(".")
        permission = Permission.objects.get(content_type__app_label=app, codename=code)
        person.user_permissions.add(permission)


@pytest.fixture
def member(client: Client, user: User) -> Client:
    """A test client in which `user` is logged in."""
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
    """`make_run(state="failed")` → a Run of `user` on some endpoint; with its charge, if billed."""
    import uuid

    from catalog.models import Endpoint
    from runs.models import Run
    from tests import charged

    def make(**values: Any) -> Run:
        endpoint = values.pop("endpoint", None) or (
            Endpoint.objects.filter(endpoint_id="fal-ai/flux/dev").first() or make_endpoint()
        )
        defaults = {"user": user, "arguments": {"prompt": "a cat"}, "form_token": uuid.uuid4().hex}
        run = Run.objects.create(endpoint=endpoint, **(defaults | values))
        if run.billable_units:
            charged.settle([run])
        return run

    return make

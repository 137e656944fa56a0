"""Digests of 200 rendered pages of a database, all rendered for the same moment.

A backup records them when it is made; its proof renders the pages again from the restored database.
Only digests leave the process, since pages also show private work.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import string
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from unittest import mock

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client

from accounts.sessions.store import SessionStore
from catalog.models import Endpoint
from house.operations.backup import database
from projects.kept.models import kinds, rows_of
from runs.models import Run

MOST = 200
OF_KIND = 12
FIXED = (
    *("/", "/models/", "/runs/", "/compare/", "/prompts/", "/series/"),
    *("/series/", "/presets/", "/shares/", "/spend/", "/projects/", "/leaderboard/", "/inbox/"),
)
SNAPSHOT_CHARS = {*string.hexdigits, "-"}
UNSEEN = re.compile(r"(?s)<(script|style|template)\b.*?</\1>|<!--.*?-->|<[^>]*>")


def render(url: str, snapshot: str, moment: str) -> Mapping[str, str]:
    """Return the pages of the database at `url` as of an ISO moment, from a separate process."""
    options = [f"--snapshot={snapshot}"] if snapshot else []
    return dict(json.loads(database.manage(url, "backup_pages", f"--moment={moment}", *options)))


def rendered(moment: datetime, snapshot: str = "") -> dict[str, str]:
    """Return a digest of the words on each page, as of `moment`.

    Everything happens in one transaction that is rolled back; on PostgreSQL in the `snapshot`.
    """
    statuses: dict[str, str] = {}
    settings.SECOND_FACTOR = "off"  # these sessions have none, and nobody sees the pages
    with transaction.atomic(), _at(moment):
        if snapshot:
            if not set(snapshot) <= SNAPSHOT_CHARS:  # the statement takes no parameters
                raise ValueError(f"{snapshot!r} is no key of a snapshot.")
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        clients: dict[int, Client] = {}
        for user_id, address in islice(_addresses(), MOST):
            if user_id not in clients:
                clients[user_id] = client_of(User.objects.get(pk=user_id))
            response = clients[user_id].get(address, secure=True, SERVER_NAME="localhost")
            statuses[f"{user_id} {address}"] = f"{response.status_code} {_digest(response)}"
        transaction.set_rollback(True)
    return statuses


def client_of(user: User) -> Client:
    """Return a client with a session of the user, which is rolled back with the transaction."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    return client


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Set the time that pages see, since they say how long ago things were."""
    names = ("django.utils.timezone.now", "core.db.clock.now")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch(name, return_value=moment))
        yield


def _digest(response: HttpResponseBase) -> str:
    """Return a digest of a page's text, without markup, tokens and white space."""
    content = b"".join(response)  # of a stream, too
    words = html.unescape(UNSEEN.sub(" ", content.decode(errors="replace")))
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()[:16]


def _addresses() -> Iterator[tuple[int, str]]:
    """Yield the user and address of each page to render: the newest of every kind."""
    owner = User.objects.filter(is_active=True).order_by("-is_superuser", "pk").first()
    if owner is None:
        return
    for address in FIXED:
        yield owner.pk, address
    for run in Run.objects.kept().order_by("-created_at", "pk")[: MOST // 4]:
        yield run.user_id, run.get_absolute_url()
    for kind in kinds():
        rows = rows_of(kind).kept().order_by("-pk")[:OF_KIND]
        for row in rows:
            yield row.user_id, row.get_absolute_url()
    for endpoint in Endpoint.objects.order_by("pk")[:MOST]:
        yield owner.pk, endpoint.get_absolute_url()

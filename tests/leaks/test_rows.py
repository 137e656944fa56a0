"""The database keeps secrets only as digests and encrypted texts, except for one kind."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import QueuedMail
from accounts.sign_in import local_owner
from api.models import Token
from catalog.models import Endpoint
from features.notifications.models import Channel
from house.models import Invitation
from runs.models import Run
from tests.house.made import make_admin
from tests.leaks import secrets

pytestmark = pytest.mark.django_db
PASSWORD = "lantern-otter-7-of-eva"
SLACK = "https://hooks.slack.com/services/T000/B000/this-is-verysecret"
FLUX = "fal-ai/flux/dev"
# The column that contains a secret as it is, and the reason.
CLEAR = {
    # Useless alone: fal must sign what arrives there, and the result is then fetched from fal.
    ("playground_run", "webhook_token"): "webhook token",
}


def rows() -> list[tuple[str, str, bytes]]:
    """Return each value of each table: the table, the column and the value."""
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                values += [
                    (table, column, bytes(value) if _is_binary(value) else str(value).encode())
                    for column, value in zip(columns, row, strict=True)
                ]
    return values


def _is_binary(value: Any) -> bool:
    return isinstance(value, bytes | memoryview)


def use_every_secret(client: Client) -> None:
    """Log in, make a token, start a run with it, invite, notify, enter a project's key."""
    eva = make_admin("eva")
    eva.is_superuser = eva.is_staff = True
    eva.set_password(PASSWORD)
    eva.save()
    client.post("/login/", {"login": "eva", "password": PASSWORD})
    client.get("/account/")
    page = client.post("/account/tokens/", {"name": "one", "scope": ["read", "run"]})
    body = json.dumps({"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}})
    headers = {"authorization": f"Bearer {page.context['secret']}", "idempotency-key": "one"}
    response = client.post("/api/v1/runs", body, content_type="application/json", headers=headers)
    assert response.status_code == 201
    posted = {"role": "member", "email": "mara@example.com", "days": "7", "max_uses": "1"}
    client.post("/people/invitations/", posted)
    channel = {"method": "slack", "address": SLACK, "kind": ["run_finished"], "name": ""}
    client.post("/account/notifications/channels/", channel)
    local_owner.login_token(local_owner.get_or_create())
    for model in (Token, Run, Invitation, QueuedMail, Channel):
        assert model._default_manager.exists(), model


def test_the_database_keeps_no_secret_in_the_clear(
    client, make_endpoint, documents, settings, monkeypatch
):
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://mail.example", "https://vitrine.example"
    monkeypatch.setattr(secrets, "_configured", {**secrets._configured})
    secrets.watch(PASSWORD, "password")
    secrets.watch(SLACK, "address of a channel")
    make_endpoint(FLUX, documents[FLUX])
    use_every_secret(client)
    kinds = {
        (table, column): kind for table, column, value in rows() for kind in secrets.kinds_in(value)
    }
    assert kinds == CLEAR


def test_a_secret_in_any_column_is_found(make_endpoint, monkeypatch):
    monkeypatch.setattr(secrets, "_configured", {b"a-planted-secret": "key"})
    endpoint: Endpoint = make_endpoint(FLUX)
    endpoint.description = "with a-planted-secret in it"
    endpoint.save()
    assert ("catalog_endpoint", "description") in {
        (table, column) for table, column, value in rows() if secrets.kinds_in(value)
    }

"""Only programs with METRICS_TOKEN can read the metrics."""

import logging
from typing import Any

import pytest
from django.test import Client

from accounts.limits import rate_limit
from api import tokens
from tests.house.operations.metrics.conftest import TOKEN
from tests.tables import each_row

pytestmark = pytest.mark.django_db


def ask(client: Client, authorization: str | None) -> Any:
    headers = {} if authorization is None else {"authorization": authorization}
    return client.get("/metrics", headers=headers)


@each_row(
    "authorization", [None, "", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"]
)
def test_a_wrong_token_is_refused_and_challenged(client, authorization):
    answer = ask(client, authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert b"vitrine_" not in answer.content


def test_the_token_of_an_admin_is_refused(client, admin_user):
    _, secret = tokens.create(admin_user, "monitoring", ["read"])
    client.force_login(admin_user)
    assert ask(client, f"Bearer {secret}").status_code == 401


@each_row("authorization", [None, "Bearer ", f"Bearer {TOKEN}"])
def test_without_a_token_in_the_settings_the_address_is_not_there(client, settings, authorization):
    settings.METRICS_TOKEN = ""
    assert ask(client, authorization).status_code == 404


def test_a_scrape_begins_no_session_and_is_never_stored(client):
    answer = ask(client, f"Bearer {TOKEN}")
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


def test_no_limit_and_no_line_of_the_log_however_often_it_is_asked(
    client, settings, monkeypatch, caplog
):
    settings.RATE_LIMITS = True
    everything = rate_limit.Limit("anonymous", rate_limit.READ, burst=2, per_minute=1)
    monkeypatch.setitem(rate_limit.LIMITS, rate_limit.ANONYMOUS, everything)
    rate_limit.buckets.clear()
    assert {client.get("/login/").status_code for _ in range(4)} == {200, 429}
    caplog.clear()
    caplog.set_level(logging.INFO)
    assert {ask(client, f"Bearer {TOKEN}").status_code for _ in range(4)} == {200}
    assert {ask(client, "Bearer of somebody").status_code for _ in range(4)} == {401}
    assert not caplog.records
    rate_limit.buckets.clear()

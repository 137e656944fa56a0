"""The pages and lists of G12, each with the bare SQL that reads the same rows."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from accounts.sessions.store import SessionStore
from bench.history.filling import RARE_WORD
from catalog.models import Endpoint
from runs.models import Run

ARTIFACTS = "SELECT * FROM playground_artifact WHERE run_id IN ({})"


class Page(NamedTuple):
    """One page; `where` and `limit` name the rows of the bare query, if it lists runs."""

    name: str
    client: Client
    path: str
    where: str = ""
    limit: int = 31


def pages() -> list[Page]:
    """Return the pages of an ordinary member and of an administrator."""
    admin, member = (User.objects.get(username=f"person0{number}") for number in range(2))
    boss, person, program = logged_in(admin), logged_in(member), _with_token(member)
    endpoint = Endpoint.objects.order_by("pk")[0]
    model = f"/models/{endpoint.endpoint_id}/"
    mine = f"user_id = {member.pk} AND deleted_at IS NULL"
    of_model = f"endpoint_id = {endpoint.pk}"
    not_deleted = "deleted_at IS NULL"
    failed = "state = 'failed'"
    rare = f"(title LIKE '%{RARE_WORD}%' OR arguments LIKE '%{RARE_WORD}%')"
    last = Run.objects.of(member).filter(state="succeeded").order_by("-created_at")[0]
    history, everybody = "/runs/?as=list", "/runs/?as=list&whose=*"
    admin_runs, wall = "/admin/playground/run/", "/runs/?as=wall"
    return [
        Page("panel", person, "/inbox/panel/"),
        Page("form", person, model, f"{mine} AND {of_model}", 12),
        Page(
            "model's runs",
            person,
            f"/runs/?as=list&q=model:{endpoint.endpoint_id}",
            f"{mine} AND {of_model}",
            48,
        ),
        Page("wall", person, wall, mine, 61),
        Page("history", person, history, mine),
        Page("history, a rare word", person, f"{history}&q={RARE_WORD}", f"{mine} AND {rare}"),
        Page("history, a word of none", person, f"{history}&q=zzyzx"),
        Page("wall, a rare word", person, f"{wall}&q={RARE_WORD}"),
        Page("wall, a frequent word", person, f"{wall}&q=light"),
        Page("wall, a phrase", person, f"{wall}&q=%22fox+snow%22"),
        Page("wall, films alone", person, f"{wall}&q=out:video"),
        Page("wall, words and conditions", person, f"{wall}&q=fox+-snow+out:image+cost:%3E0.01"),
        Page("wall, a costly one", person, f"{wall}&q=cost:%3E1000"),
        Page("wall, used later", person, f"{wall}&q=used"),
        Page("suggestions", person, "/runs/suggestions/?q=model:"),
        Page("everybody's, a frequent word", boss, f"{wall}&q=light+by:everybody"),
        Page("everybody's, words and conditions", boss, f"{wall}&q=fox+-snow+starred+by:everybody"),
        Page("history, failed", person, f"{history}&state=failed", f"{mine} AND {failed}"),
        Page("history, starred", person, f"{history}&starred=1", f"{mine} AND is_starred"),
        Page("everybody's", boss, everybody, not_deleted),
        Page("everybody's, a rare word", boss, f"{everybody}&q={RARE_WORD}", rare),
        Page("everybody's of a model", boss, f"{everybody}&model={endpoint.endpoint_id}"),
        Page("run", person, last.get_absolute_url()),
        Page("command palette, a rare word", person, f"/jump/?q={RARE_WORD}"),
        Page("status", boss, "/admin/status/"),
        Page("admin, runs", boss, admin_runs, "1 = 1", 50),
        Page("admin, failed runs", boss, f"{admin_runs}?state__exact=failed"),
        Page("admin, a rare word", boss, f"{admin_runs}?q={RARE_WORD}"),
        Page("admin, people", boss, "/admin/auth/user/"),
        Page("admin, uploads", boss, "/admin/playground/upload/"),
        Page("API, runs", program, "/api/v1/runs?limit=100", mine, 101),
        Page("API, a rare word", program, f"/api/v1/runs?q={RARE_WORD}", f"{mine} AND {rare}"),
    ]


def logged_in(user: User) -> Client:
    """Return a client with a session's secret as its cookie; Django's would write the key."""
    request, client = HttpRequest(), Client()
    session = request.session = SessionStore()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    return client


def _with_token(user: User) -> Client:
    printed = io.StringIO()
    call_command("token", user.username, "--scope", "read", stdout=printed)
    secret = max(printed.getvalue().split(), key=len)
    return Client(headers={"authorization": f"Bearer {secret}"})


def measure(page: Page, rounds: int) -> dict[str, Any]:
    """Return the milliseconds of a page, of its queries for runs, and of bare ones, in turns."""
    whole, queries, bare = [], [], []
    for number in range(rounds + 1):
        statements = _Statements()
        with connection.execute_wrapper(statements):
            whole.append(_timed(lambda: _get(page)))
        queries.append(statements.ms)
        if page.where:
            bare.append(_timed(lambda: _read_rows(page)))
        if not number:  # the first round only warms up both
            whole, queries, bare = [], [], []
    return {"name": page.name, "whole": whole, "queries": queries, "bare": bare}


class _Statements:
    """Adds up the time of the statements that read runs or their results."""

    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if '"playground_run"' in sql or '"playground_artifact"' in sql:
                self.ms += (time.perf_counter() - began) * 1000


def _get(page: Page) -> None:
    response: Any = page.client.get(page.path)
    if response.status_code not in {200, 204}:
        raise RuntimeError(f"{page.name}: {response.status_code}")


def _read_rows(page: Page) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM playground_run WHERE {page.where} "
            f"ORDER BY created_at DESC LIMIT {page.limit}"
        )
        if keys := [row[0] for row in cursor.fetchall()]:
            cursor.execute(ARTIFACTS.format(", ".join(["%s"] * len(keys))), keys)
            cursor.fetchall()


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000

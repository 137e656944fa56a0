"""The pages and lists of G12."""

import io
import time
import uuid
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client

from accounts.sessions.store import SessionStore
from catalog.models import Endpoint
from runs.models import Run
from tests.bench.history.filling import RARE_WORD


class Page(NamedTuple):
    """A page, and the person who opens it."""

    name: str
    client: Client
    path: str


def pages() -> list[Page]:
    """Return the pages of an ordinary member and of an administrator."""
    admin, member = (User.objects.get(username=f"person0{number}") for number in range(2))
    boss, person, program = logged_in(admin), logged_in(member), _with_token(member)
    endpoint = Endpoint.objects.order_by("pk")[0]
    last = Run.objects.owned_by(member).filter(state="succeeded").order_by("-created_at")[0]
    history, everybody = "/runs/?as=list", "/runs/?as=list&whose=*"
    admin_runs, wall = "/admin/playground/run/", "/runs/?as=wall"
    return [
        Page("account", person, "/account/"),  # costs the same with any number of runs
        Page("panel", person, "/inbox/panel/"),
        Page("form", person, f"/models/{endpoint.endpoint_id}/"),
        Page("model's runs", person, f"{history}&q=model:{endpoint.endpoint_id}"),
        Page("wall", person, wall),
        Page("history", person, history),
        Page("history, a rare word", person, f"{history}&q={RARE_WORD}"),
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
        Page("history, failed", person, f"{history}&state=failed"),
        Page("history, starred", person, f"{history}&starred=1"),
        Page("everybody's", boss, everybody),
        Page("everybody's, a rare word", boss, f"{everybody}&q={RARE_WORD}"),
        Page("everybody's of a model", boss, f"{everybody}&model={endpoint.endpoint_id}"),
        Page("run", person, last.get_absolute_url()),
        Page("command palette, a rare word", person, f"/jump/?q={RARE_WORD}"),
        Page("status", boss, "/admin/status/"),
        Page("admin, runs", boss, admin_runs),
        Page("admin, failed runs", boss, f"{admin_runs}?state__exact=failed"),
        Page("admin, a rare word", boss, f"{admin_runs}?q={RARE_WORD}"),
        Page("admin, people", boss, "/admin/auth/user/"),
        Page("admin, uploads", boss, "/admin/playground/upload/"),
        Page("API, runs", program, "/api/v1/runs?limit=100"),
        Page("API, a rare word", program, f"/api/v1/runs?q={RARE_WORD}"),
    ]


def logged_in(user: User) -> Client:
    """Return a client with a session's secret as its cookie; Django's sets the key instead."""
    request, client = HttpRequest(), Client()
    session = request.session = SessionStore()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    return client


def _with_token(user: User) -> Client:
    printed = io.StringIO()
    name = f"bench {uuid.uuid4()}"  # a person's tokens need different names
    call_command("token", user.username, "--name", name, "--scope", "read", stdout=printed)
    secret = max(printed.getvalue().split(), key=len)
    return Client(headers={"authorization": f"Bearer {secret}"})


def measure(page: Page, plain: Page, rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of a page, and of a page without runs, measured in turns."""
    whole, beside = [], []
    for number in range(rounds + 1):
        times = _timed(page), _timed(plain)
        if number:  # the first round only warms up both
            whole.append(times[0])
            beside.append(times[1])
    return {"whole": whole, "plain": beside}


def _timed(page: Page) -> float:
    began = time.perf_counter()
    response: Any = page.client.get(page.path)
    if response.status_code not in {200, 204}:
        raise RuntimeError(f"{page.name}: {response.status_code}")
    return (time.perf_counter() - began) * 1000

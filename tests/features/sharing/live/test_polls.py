"""Held polls of a share: when they answer, one rendering for all, and 404 for other visitors."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.sessions.cache import SessionCache
from core.live.broker import Broker
from core.notify import channel
from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.access import Visit
from features.sharing.live import polls, watch_tokens
from features.sharing.models import Reviewer, Share
from features.sharing.review import comments
from tests.core.live.listening import listening, waiting
from tests.statements import before

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
HOLD_S = 120.0  # longer than a test takes on a busy machine
SESSION = settings.SESSION_COOKIE_NAME
Use = Callable[[httpx.AsyncClient, Broker], Coroutine[Any, Any, Any]]


@pytest.fixture
def share(user: User, make_run: Any) -> Share:
    """A share of two results that takes comments."""
    share = Share.objects.create(user=user, title="Posters", takes_comments=True)
    runs = [make_run(state="succeeded") for _ in range(2)]
    items.keep_in_step(share, [ResultKey(run.pk, 0) for run in runs])
    return share


def serve(use: Use, hold_s: float = HOLD_S) -> Any:
    """Run an application with held polls, and return `await use(client, broker)`."""

    async def main() -> Any:
        async with listening() as broker:
            app = polls.SharePolls(lambda: broker, SessionCache(), hold_s=hold_s)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                try:
                    return await use(client, broker)
                finally:
                    await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def token(share: Share, user: Any = None, is_maker: bool = False) -> str:
    return watch_tokens.watch_token(Visit(share, user or AnonymousUser(), is_maker))


async def ask(
    client: httpx.AsyncClient, share: Share, watch: str = "", **query: str
) -> httpx.Response:
    watch = watch or token(share)
    params: dict[str, str] = {"watch": watch, "after": str(share.version)} | query
    return await client.get(polls.PATH, params=params)


def poll_once(share: Share, watch: str, query: dict[str, str] | None = None) -> Use:
    """Return a function for `serve` that polls once."""

    async def use(client: httpx.AsyncClient, broker: Broker) -> httpx.Response:
        return await ask(client, share, watch, **(query or {}))

    return use


def say(share: Share, number: int | None, name: str = "Anna", text: str = "Bigger.") -> None:
    """Comment on an item, or on the whole share."""
    reviewer, _ = Reviewer.objects.get_or_create(share=share, name=name)
    item = share.items.get(number=number) if number else None
    comments.say(reviewer, text, item)


def session_of(user: User) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    return {SESSION: browser.cookies[SESSION].value}


def test_a_comment_answers_the_held_poll_of_a_guest_without_an_account(share):
    async def use(client: httpx.AsyncClient, broker: Broker) -> tuple[Any, float]:
        held = asyncio.create_task(ask(client, share))
        await waiting(broker)
        began = time.monotonic()
        await sync_to_async(say)(share, 2)
        return await held, time.monotonic() - began

    response, waited_s = serve(use)
    assert response.status_code == 200
    assert response.json()["version"] == 1
    assert 'id="said-2"' in response.json()["markup"]
    assert "1 comment" in response.json()["markup"]
    assert waited_s < HOLD_S / 2


def test_one_change_is_read_and_rendered_once_for_all_pages(share):
    statements: list[str] = []

    def note(sql: str, connection: Any) -> None:
        statements.append(sql)

    async def use(client: httpx.AsyncClient, broker: Broker) -> list[httpx.Response]:
        held = [asyncio.create_task(ask(client, share)) for _ in range(20)]
        await waiting(broker, 20)
        await sync_to_async(say)(share, 1)
        with before(note):
            return await asyncio.gather(*held)

    answers = serve(use)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    threads = [sql for sql in statements if 'FROM "sharing_comment"' in sql]
    assert len(threads) <= 2  # one query for the counts, one for the threads


def test_a_revoked_share_ends_its_held_polls_at_once(share):
    def revoke() -> None:
        Share.objects.update(revoked_at=timezone.now())
        channel.notify()

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        held = asyncio.create_task(ask(client, share))
        await waiting(broker)
        await sync_to_async(revoke)()
        return await held

    response = serve(use)
    assert response.status_code == 410
    assert response.content == b""


def test_a_page_from_before_the_password_learns_nothing_more(share):
    watch = token(share)
    Share.objects.update(password="hashed")
    say(share, 1)
    assert serve(lambda client, broker: ask(client, share, watch)).status_code == 403


def test_a_forged_or_old_token_opens_nothing(share, monkeypatch):
    watch = token(share)
    forged = watch[:-4] + ("AAAA" if not watch.endswith("AAAA") else "BBBB")
    for text in ("", "x", forged, "é" * 40):
        assert serve(poll_once(share, text or "-")).status_code == 403
    later = time.time() + timedelta(days=2).total_seconds()
    monkeypatch.setattr(time, "time", lambda: later)
    assert serve(lambda client, broker: ask(client, share, watch)).status_code == 403


def test_a_page_that_stays_open_gets_a_new_token(share, monkeypatch):
    watch = token(share)
    later = time.time() + timedelta(hours=20).total_seconds()
    monkeypatch.setattr(time, "time", lambda: later)
    response = serve(lambda client, broker: ask(client, share, watch))
    assert response.status_code == 200
    renewed = watch_tokens.verify(response.headers["vitrine-watch"])
    assert renewed is not None
    assert not renewed.token.is_old


def test_a_makers_token_is_the_makers_alone(share, user):
    watch, other = token(share, user, is_maker=True), User.objects.create(username="other")
    say(share, 1)
    for cookies, status in (({}, 403), (session_of(other), 403), (session_of(user), 200)):

        async def use(
            client: httpx.AsyncClient, broker: Broker, cookies: dict[str, str] = cookies
        ) -> httpx.Response:
            client.cookies.update(cookies)
            return await ask(client, share, watch)

        assert serve(use).status_code == status


def test_who_has_left_the_project_gets_no_more_of_its_share(share):
    Share.objects.update(audience=Share.Audience.PROJECT)
    share.refresh_from_db()
    left = User.objects.create(username="left")
    watch = token(share, left)
    say(share, 1)

    async def use(client: httpx.AsyncClient, broker: Broker) -> httpx.Response:
        client.cookies.update(await sync_to_async(session_of)(left))
        return await ask(client, share, watch)

    assert serve(use).status_code == 403


def test_a_poll_without_news_is_answered_with_nothing_after_its_time(share):
    response = serve(lambda client, broker: ask(client, share), hold_s=0.05)
    assert response.status_code == 204


def test_guests_share_one_token_and_it_does_not_name_the_share_address(share):
    assert token(share) == token(share)
    assert share.token not in token(share)
    named = SimpleNamespace(pk=7, is_authenticated=True)
    assert token(share, named) == token(share), "a link's visitor is a guest"


def test_parts_for_guests_offer_nothing_that_only_others_may_do(share, user):
    say(share, 1)
    query = {"after": "0", "item": "1"}
    guests = serve(poll_once(share, token(share), query)).json()["markup"]
    assert "Answer" in guests
    assert "Resolve" not in guests
    assert "Delete" not in guests

    async def use(client: httpx.AsyncClient, broker: Broker) -> httpx.Response:
        client.cookies.update(await sync_to_async(session_of)(user))
        return await ask(client, share, token(share, user, is_maker=True), **query)

    assert "Resolve" in serve(use).json()["markup"]

"""A held poll ends as soon as its session ends, whichever process on this machine ends it."""

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import user_logged_out
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from house import departure
from house.departure import Fate
from tests.house.made import make_admin
from tests.runs.live.polling import HOLD_S, ask, entry_of, serve, until_held

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "lantern-otter-7"


def log_out(ana: User, key: str) -> None:
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = key
    browser.post("/logout/")


def change_password_elsewhere(ana: User, key: str) -> None:
    browser = Client()
    browser.post("/login/", {"login": "ana", "password": "pw"})
    passwords = {"oldpassword": "pw", "password1": NEW, "password2": NEW}
    browser.post("/account/password/", passwords)
    ana.refresh_from_db()
    assert ana.check_password(NEW)


def leave(ana: User, key: str) -> None:
    eva = make_admin("eva")
    departure.leave(ana, eva, Fate.STAYS, eva)


WAYS = [
    log_out,
    change_password_elsewhere,
    leave,
]


@pytest.mark.parametrize("end", WAYS, ids=lambda end: end.__name__)
def test_a_held_poll_ends_with_its_session(user, make_run, end):
    run = make_run(state="queued", version=3)

    def end_elsewhere(key: str) -> None:
        end(user, key)
        connections.close_all()

    async def use(client: httpx.AsyncClient) -> list[int]:
        router: Any = client._transport.app  # type: ignore[attr-defined]
        # As in other processes, which do not receive this process's logout signal.
        user_logged_out.disconnect(router.sessions._on_logout)
        held = asyncio.create_task(ask(client, entry_of(run)))
        await until_held(client)
        key = client.cookies[settings.SESSION_COOKIE_NAME]
        await sync_to_async(partial(end_elsewhere, key))()
        async with asyncio.timeout(HOLD_S / 2):
            ended = await held
        return [ended.status_code, (await ask(client, entry_of(run, 2))).status_code]

    assert serve(use) == [401, 401]

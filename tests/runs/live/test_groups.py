"""Groups: hundreds of runs on one poll, in an address that proxies let through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from runs import state_machine
from runs.live import groups
from runs.models import Run
from runs.progress import watch_tokens
from runs.transitions import Observation
from tests.runs.live.polling import serve

COUNT = 400
MAX_ADDRESS_BYTES = 8000


@pytest.fixture(autouse=True)
def everything() -> Iterator[None]:
    """A group of all runs that a person has, by the person's key."""
    with patch.dict(groups._KINDS):
        groups.register(
            "all", lambda key: list(Run.objects.filter(user_id=key).values_list("pk", flat=True))
        )
        yield


def asked(user: User, runs: list[Run]) -> str:
    listed = ",".join(f"{run.pk.hex[:8]}.{run.version}" for run in runs)
    return f"{watch_tokens.group_token(f'all.{user.pk}', 'tile', user.pk)}:{listed}"


@pytest.mark.django_db(transaction=True)
def test_the_last_of_400_runs_wakes_the_one_poll(make_run: Callable[..., Run], user: User) -> None:
    first = make_run(user=user)
    rest = [
        Run(user=user, endpoint=first.endpoint, form_token=f"f{number}", arguments={})
        for number in range(COUNT - 1)
    ]
    runs = [first, *Run.objects.bulk_create(rest)]
    address = f"/runs/live/?g={asked(user, runs)}&hold=1"
    assert len(address) < MAX_ADDRESS_BYTES

    async def use(client: httpx.AsyncClient) -> httpx.Response:
        poll = asyncio.create_task(client.get(address))
        await asyncio.sleep(0.3)
        assert not poll.done()
        await sync_to_async(state_machine.record)(runs[-1].pk, Observation(Run.State.FAILED))
        return await asyncio.wait_for(poll, 10)

    answer = serve(use)
    assert answer.status_code == 200
    assert answer.text.count("<article") == 1
    assert answer.headers["versions"].startswith(str(runs[-1].pk))


@pytest.mark.django_db(transaction=True)
def test_a_group_is_watched_by_who_got_its_token(make_run: Callable[..., Run], user: User) -> None:
    sam = User.objects.create_user("sam")
    run, foreign = make_run(user=user, version=3), make_run(user=sam, version=3)
    run.version = foreign.version = 1
    forged = asked(user, [run]).replace("tile:", "tile:9", 1)

    async def use(client: httpx.AsyncClient) -> list[int]:
        asks = (asked(user, [run]), asked(sam, [foreign]), forged, asked(user, [foreign]))
        return [(await client.get(f"/runs/live/?g={text}")).status_code for text in asks]

    assert serve(use) == [200, 286, 286, 286]


@pytest.mark.django_db(transaction=True)
def test_an_old_token_of_a_group_is_renewed(make_run: Callable[..., Run], user: User) -> None:
    run = make_run(user=user)
    with patch.object(time, "time", return_value=time.time() - 15 * 3600):
        old = asked(user, [run])

    async def use(client: httpx.AsyncClient) -> Any:
        return await client.get(f"/runs/live/?g={old}&hold=1")

    (renewed,) = serve(use).headers["renewed"].split()
    assert renewed.startswith(f"all.{user.pk}:tile:")
    assert renewed != old


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("tile:x@all.1:", id="no-runs"),
        pytest.param("tile:1.2.x@nothing.1:aaaaaaaa.1", id="unknown-kind"),
        pytest.param("tile:\x00@all.\x00:aaaaaaaa.1,bad,1.1.1", id="nul"),
    ],
)
def test_what_is_malformed_is_left_out(text: str) -> None:
    from urllib.parse import quote

    assert groups.parse(f"g={quote(text)}") == []

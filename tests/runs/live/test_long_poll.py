"""Held polls: changes come at once, by one query and one rendering for all; strangers get 404."""

import asyncio
import signal
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import user_logged_out
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

from runs.live import long_poll, wire
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.runs.live.polling import (
    HOLD_S,
    ask,
    entry_of,
    markup,
    poll_once,
    serve,
    until_held,
)
from tests.statements import before, failing

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def is_drawing(sql: str) -> bool:
    """Return whether the query reads a whole run, to render it."""
    return sql.startswith("SELECT") and '"playground_run"."arguments"' in sql


def test_a_poll_with_an_old_version_is_answered_at_once(make_run):
    run = make_run(state="queued", version=3, queue_position=2)
    response = serve(lambda client: ask(client, entry_of(run, 2)))
    assert 'hx-swap-oob="true"' in markup(response)
    assert 'data-version="3"' in markup(response)
    assert "Queued, 2 runs ahead" in markup(response)


def test_a_held_poll_answers_when_the_run_changes(make_run):
    run = make_run(state="queued")

    async def use(client: httpx.AsyncClient) -> tuple[httpx.Response, float]:
        held = asyncio.create_task(ask(client, entry_of(run)))
        await until_held(client)
        changed = time.monotonic()
        await sync_to_async(state_machine.record)(run.pk, Observation(Run.State.RUNNING))
        return await held, time.monotonic() - changed

    response, waited_s = serve(use)
    assert 'data-run-status="running"' in markup(response)
    assert waited_s < HOLD_S / 2


def test_the_end_of_a_long_run_shown_to_its_owner_is_recorded(make_run):
    """The worker then sends the owner no notification as well."""
    from features.notifications.models import RunEnd

    visible, hidden = make_run(state="running"), make_run(state="running")
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=10))

    async def use(client: httpx.AsyncClient) -> None:
        held = asyncio.create_task(ask(client, entry_of(visible)))
        await until_held(client)
        for run in (visible, hidden):
            await sync_to_async(state_machine.record)(run.pk, Observation(Run.State.SUCCEEDED))
        await held

    serve(use)
    assert dict(RunEnd.objects.values_list("run_id", "is_watched")) == {
        visible.pk: True,
        hidden.pk: False,
    }


def test_a_server_shutdown_releases_held_polls(make_run):
    run = make_run()
    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))

    async def use(client: httpx.AsyncClient) -> list[int]:
        held = asyncio.create_task(ask(client, entry_of(run)))
        await until_held(client)
        signal.raise_signal(signal.SIGTERM)
        return [(await held).status_code, (await ask(client, entry_of(run))).status_code]

    try:
        began = time.monotonic()
        assert serve(use) == [503, 503]
        assert time.monotonic() - began < HOLD_S / 2
        assert ended == [signal.SIGTERM]
        # after the shutdown, the signal has its former handler again
        signal.raise_signal(signal.SIGTERM)
        assert len(ended) == 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_held_poll_gets_nothing_after_logout(make_run):
    run = make_run(state="queued", version=3)

    async def use(client: httpx.AsyncClient) -> list[int]:
        held = asyncio.create_task(ask(client, entry_of(run)))
        seen = [(await ask(client, entry_of(run, 2))).status_code]
        await sync_to_async(log_out)(client.cookies[settings.SESSION_COOKIE_NAME])
        await sync_to_async(state_machine.record)(run.pk, Observation(Run.State.RUNNING))
        seen += [(await held).status_code, (await ask(client, entry_of(run, 2))).status_code]
        client.cookies.clear()
        return [*seen, (await ask(client, entry_of(run, 2))).status_code]

    assert serve(use) == [200, 401, 401, 401]


def test_a_poll_during_logout_does_not_prolong_the_session(make_run):
    """Django sends the logout signal while the session still exists."""
    run = make_run(state="queued", version=3)

    async def use(client: httpx.AsyncClient) -> list[int]:
        seen = [(await ask(client, entry_of(run, 2))).status_code]
        loop = asyncio.get_running_loop()

        def poll(**_: Any) -> None:
            asked_now = asyncio.run_coroutine_threadsafe(ask(client, entry_of(run, 2)), loop)
            seen.append(asked_now.result(60).status_code)

        key = client.cookies[settings.SESSION_COOKIE_NAME]
        user_logged_out.connect(poll)
        try:
            await sync_to_async(log_out, thread_sensitive=False)(key)
        finally:
            user_logged_out.disconnect(poll)
        return [*seen, (await ask(client, entry_of(run, 2))).status_code]

    assert serve(use) == [200, 401, 401]


def log_out(key: str) -> None:
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = key
    browser.post("/logout/")
    connections.close_all()


def test_a_token_is_valid_for_its_run_and_view_alone(make_run):
    mine, other = make_run(version=2), make_run(version=2)
    entry = entry_of(mine, 1)
    for changed in ({"token": "forged"}, {"run": str(other.pk)}, {"view": "row"}):
        assert serve(poll_once(entry | changed)).status_code == long_poll.STOP_POLLING


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"r=1:2:3", "not a poll", id="not-json"),
        pytest.param(b"\xff", "not a poll", id="not-text"),
        pytest.param(b"[" * 100_000, "not a poll", id="deep"),
        pytest.param(b'{"runs":[]}', "'groups' is missing", id="no-groups"),
        pytest.param(b" " * (wire.MAX_BYTES + 1), "at most", id="too-large"),
    ],
)
def test_a_malformed_poll_is_refused_with_a_message(body, sentence):
    response = serve(lambda client: client.post(long_poll.PATH, content=body))
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain")
    assert sentence in response.text


@pytest.mark.parametrize(
    "change", [{"run": "x"}, {"run": 1}, {"version": 1}, {"version": "x"}, {"view": None}]
)
def test_a_malformed_run_is_refused(make_run, change):
    assert serve(poll_once(entry_of(make_run()) | change)).status_code == 400


def test_a_change_is_rendered_once_for_a_hundred_watchers(make_run):
    run = make_run(state="queued")
    asked_for: list[str] = []

    async def use(client: httpx.AsyncClient) -> list[httpx.Response]:
        held = [asyncio.create_task(ask(client, entry_of(run))) for _ in range(100)]
        await until_held(client, 100)
        asked_for.clear()
        await sync_to_async(state_machine.record)(run.pk, Observation(Run.State.RUNNING))
        return await asyncio.gather(*held)

    with before(lambda sql, _: asked_for.append(sql)):
        responses = serve(use)
    assert {response.status_code for response in responses} == {200}
    assert 1 <= sum(map(is_drawing, asked_for)) <= 2


def test_one_poll_serves_every_run_of_a_page(make_run):
    runs = [make_run(version=2) for _ in range(5)]
    response = serve(lambda client: ask(client, *(entry_of(run, 1, "row") for run in runs)))
    for run in runs:
        assert f'id="row-{run.pk}"' in markup(response)
    versions = [{"run": str(run.pk), "version": "2", "view": "row"} for run in runs]
    assert response.json()["versions"] == versions
    assert response.json()["renewed"] == []


def test_a_final_state_brings_its_result_to_the_page(make_run):
    run = make_run(state="running")
    end = Observation(Run.State.FAILED, error={"error": "RunFailed", "message": "no"})
    state_machine.record(run.pk, end)
    response = serve(lambda client: ask(client, entry_of(run)))
    assert 'data-final="1"' in markup(response)
    assert "The model failed" in markup(response)


def test_a_held_poll_reports_a_lost_database_and_may_be_retried(make_run):
    run = make_run(state="queued", version=2)

    async def use(client: httpx.AsyncClient) -> list[list[int]]:
        return [
            [
                answer.status_code
                for answer in await asyncio.gather(
                    *(ask(client, entry_of(run, 1)) for _ in range(3))
                )
            ]
            for _ in range(3)
        ]

    gone = OperationalError("gone")
    with failing(gone, gone, where=lambda sql, _: is_drawing(sql)):
        assert serve(use) == [[503] * 3, [503] * 3, [200] * 3]


def test_a_poll_without_hold_or_news_is_204(make_run):
    run = make_run(state="queued")
    assert serve(lambda client: ask(client, entry_of(run), hold=False)).status_code == 204


def test_a_page_from_before_an_update_is_told_to_stop():
    """Its polls were GET requests; this status makes the old script ask for a reload."""
    response = serve(lambda client: client.get(f"{long_poll.PATH}?r=x&hold=1"))
    assert response.status_code == long_poll.STOP_POLLING


def test_other_requests_are_passed_to_django():
    assert serve(lambda client: client.get("/runs/")).status_code == 418

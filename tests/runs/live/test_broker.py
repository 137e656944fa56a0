"""Views that show partial outputs show announced ones before they are committed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from runs.models import Run
from runs.progress import live_partials
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.runs.live.polling import Entry, ask, entry_of, markup, serve, until_held

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def chat(run: Run, version: str) -> Entry:
    return entry_of(run, version, "chat")


async def announce(run: Run, number: int, text: str) -> None:
    assert await sync_to_async(live_partials.announce)(run.pk, number, {"output": text})


def test_a_streamed_token_is_shown_without_a_commit(make_run: Any) -> None:
    run = make_run(state="running", transport="stream", version=3, partial={"output": "A"})

    async def use(client: httpx.AsyncClient) -> list[httpx.Response]:
        answers = []
        version = "3"
        for number, text in ((1, "A long"), (2, "A long answer")):
            held = asyncio.create_task(ask(client, chat(run, version)))
            other = asyncio.create_task(ask(client, entry_of(run)))
            await until_held(client, 2)
            await announce(run, number, text)
            answers.append(await held)
            version = f"3.{number:06}"
            assert f'data-version="{version}"' in markup(answers[-1])
            versions = [{"run": str(run.pk), "version": version, "view": "chat"}]
            assert answers[-1].json()["versions"] == versions
            assert not other.done()  # this page's view shows only committed output
            other.cancel()
        return answers

    first, second = serve(use)
    assert "A long<" in markup(first)
    assert "A long answer<" in markup(second)


def test_after_a_run_ended_announced_partials_are_ignored(
    make_run: Any,
) -> None:
    run = make_run(state="running", transport="stream", version=3)

    async def use(client: httpx.AsyncClient) -> list[httpx.Response]:
        await announce(run, 7, "Half")
        half = await ask(client, chat(run, "3"))
        ended = Observation(Run.State.CANCELLED, partial={"output": "Half a"})
        await sync_to_async(state_machine.record)(run.pk, ended)
        end = await ask(client, chat(run, "3.000007"))
        await announce(run, 8, "Late")
        return [half, end, await ask(client, chat(run, "4"))]

    half, end, after = serve(use, hold_s=0.5)
    assert "Half<" in markup(half)
    assert 'data-version="4"' in markup(end)
    assert "Half a<" in markup(end)
    assert after.status_code == 204

"""Groups: one poll for hundreds of runs, with a few bytes for each."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from unittest.mock import patch

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from runs.live import wire
from runs.models import Run
from runs.progress import watch_tokens
from runs.promises import registry
from runs.promises.places import Places, RunsOfGroup
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.runs.live.polling import Entry, ask, markup, serve, until_held

COUNT = 400
MAX_POLL_BYTES = 8000


class AllRuns(Places):
    """An app with a page that watches all runs of a person."""

    def run_groups(self) -> Mapping[str, RunsOfGroup]:
        return {
            "all": lambda key: list(Run.objects.filter(user_id=key).values_list("pk", flat=True))
        }


@pytest.fixture(autouse=True)
def group_of_all() -> Iterator[None]:
    """A group of all runs of a person, whose key is the person's."""
    with patch.dict(registry._OWNERS):
        registry.register(AllRuns())
        yield


def group_entry(user: User, runs: list[Run]) -> Entry:
    """Return what a page posts for a group."""
    watch = json.loads(watch_tokens.data_watch_group(f"all.{user.pk}", "tile", user.pk))
    return {**watch, "runs": {run.pk.hex[: wire.DIGITS]: str(run.version) for run in runs}}


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_last_of_400_runs_wakes_the_poll(make_run, user):
    first = make_run(user=user)
    rest = [
        Run(user=user, endpoint=first.endpoint, form_token=f"f{number}", arguments={})
        for number in range(COUNT - 1)
    ]
    runs = [first, *Run.objects.bulk_create(rest)]
    group = group_entry(user, runs)
    assert len(json.dumps(group, separators=(",", ":"))) < MAX_POLL_BYTES

    async def use(client: httpx.AsyncClient) -> httpx.Response:
        poll = asyncio.create_task(ask(client, groups=[group]))
        await until_held(client)
        await sync_to_async(state_machine.record)(runs[-1].pk, Observation(Run.State.FAILED))
        return await asyncio.wait_for(poll, 10)

    answer = serve(use)
    assert markup(answer).count("<article") == 1
    assert [version["run"] for version in answer.json()["versions"]] == [str(runs[-1].pk)]


@pytest.mark.django_db(transaction=True)
def test_a_group_is_watched_only_with_its_users_token(make_run, user):
    sam = User.objects.create_user("sam")
    run, foreign = make_run(user=user, version=3), make_run(user=sam, version=3)
    run.version = foreign.version = 1
    forged = group_entry(user, [run])
    forged["token"] = f"9{forged['token']}"

    async def use(client: httpx.AsyncClient) -> list[int]:
        asks = (
            group_entry(user, [run]),
            group_entry(sam, [foreign]),
            forged,
            group_entry(user, [foreign]),
        )
        return [(await ask(client, groups=[group], hold=False)).status_code for group in asks]

    assert serve(use) == [200, 286, 286, 286]


@pytest.mark.django_db(transaction=True)
def test_a_members_group_is_read_again_with_each_poll(make_run, user):
    """A member who was removed from a project sees no further changes on its open pages."""
    sam = User.objects.create_user("sam")
    run = make_run(user=user, version=3)
    name, view = f"all.{user.pk}", f"tile-only.{user.pk}"
    watch = json.loads(watch_tokens.data_watch_group(name, view, user.pk))
    group = {**watch, "runs": {run.pk.hex[: wire.DIGITS]: "1"}}

    async def use(client: httpx.AsyncClient) -> list[int]:
        before = await ask(client, groups=[group], hold=False)
        await Run.objects.aupdate(user=sam)
        after = await ask(client, groups=[group], hold=False)
        return [before.status_code, after.status_code]

    assert serve(use) == [200, 286]


def test_only_the_first_of_too_many_runs_are_watched(user):
    runs = {f"{number:08x}": "1" for number in range(wire.MAX_RUNS_IN_GROUPS + 9)}
    group = group_entry(user, []) | {"runs": runs}
    poll = {"runs": [], "groups": [group, group]}
    first, second = wire.decode(json.dumps(poll).encode()).groups
    assert (len(first.versions), len(second.versions)) == (wire.MAX_RUNS_IN_GROUPS, 0)

"""Lists of runs that are open are told of newer ones, which they do not show yet."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Run
from tests.playground.views.test_runs import FAILURE


def looks_at(client: Client, address: str) -> str:
    """Where a page that is open looks for newer runs."""
    html = client.get(address).content.decode()
    found = re.search(r'hx-get="([^"]+)"\s+hx-trigger="runs:(?:look|shown) from:body"', html)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("starred=1", 1), ("q=cat&state=failed", 0), ("before=2100-01-01T00:00:00Z", 2)],
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_list_is_told_how_many_runs_it_does_not_show_yet(
    member: Client,
    stranger: User,
    make_run: Any,
    query: str,
    count: int,
    is_empty: bool,
) -> None:
    if not is_empty:
        make_run(is_starred=True, state="failed", error=FAILURE)
    looks = looks_at(member, f"/runs/?{query}")
    assert member.get(looks).status_code == 204
    make_run(is_starred=True)
    make_run()
    make_run(user=stranger, is_starred=True)
    told = member.get(looks)
    if not count:
        assert told.status_code == 204
        return
    words = f"{count} new run{'s' if count > 1 else ''} · "
    assert told.content.decode().strip().startswith(words)
    kept = "" if query.startswith("before") else query
    assert f'href="?{kept}" >Show</a>' in told.content.decode()


def test_to_look_for_newer_runs_costs_one_question(
    member: Client, make_run: Any, django_assert_num_queries: Any
) -> None:
    make_run()
    with django_assert_num_queries(3):  # session, user, runs
        member.get("/runs/newer/?since=2020-01-01T00:00:00Z")


def test_the_runs_of_a_model_are_told_of_newer_ones_of_it_alone(
    member: Client, make_endpoint: Any, make_run: Any
) -> None:
    make_run()
    looks = looks_at(member, "/models/fal-ai/flux/dev/?tab=runs")
    make_run(endpoint=make_endpoint("another/one"))
    assert member.get(looks).status_code == 204
    make_run()
    told = member.get(looks).content.decode()
    assert told.strip() == '1 new run · <a class="newer"  href="?tab=runs" >Show</a>'


@pytest.mark.parametrize("address", ["/runs/latest/", "/strips/fal-ai/flux/dev/"])
def test_a_short_list_is_drawn_anew_only_for_who_does_not_have_its_newest_run(
    member: Client, make_run: Any, address: str
) -> None:
    make_run()
    looks = looks_at(member, address)
    assert member.get(looks).status_code == 204
    newest = make_run()
    assert str(newest.pk) in member.get(looks).content.decode()


def test_who_starts_a_run_is_told_so_for_their_other_tabs(member: Client, make_run: Any) -> None:
    run = make_run(state="succeeded", output={})
    again = member.post(f"/runs/{run.pk}/repetition/", headers={"HX-Request": "true"})
    posted = member.post(
        "/models/fal-ai/flux/dev/", {"prompt": "a cat"}, headers={"HX-Request": "true"}
    )
    told = [json.loads(one.headers["HX-Trigger"])["run:started"]["id"] for one in (again, posted)]
    assert {*told, str(run.pk)} == {str(one.pk) for one in Run.objects.all()}

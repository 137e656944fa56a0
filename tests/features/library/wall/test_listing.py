"""The list of runs: its filters, pages and number of queries."""

import re
from html import unescape

import pytest
from django.test import Client

from tests.playground.views.test_runs import FAILURE


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a cat", "ein Füchslein"}),
        ("q=Füchs", {"ein Füchslein"}),
        ("state=failed", {"ein Füchslein"}),
        ("state=unfinished", {"a cat"}),
        ("starred=1", {"a cat"}),
        ("model=fal-ai/flux/dev", {"a cat", "ein Füchslein"}),
        ("model=flux+other", set()),
        ("state=nonsense&days=x&before=never", {"a cat", "ein Füchslein"}),
    ],
)
def test_query_parameters_filter_the_history(member, make_run, query, expected):
    make_run(title="a cat", is_starred=True)
    make_run(title="", arguments={"prompt": "ein Füchslein"}, state="failed", error=FAILURE)
    runs = [
        row.run.arguments["prompt"] for row in member.get(f"/runs/?as=list&{query}").context["runs"]
    ]
    assert set(runs) == expected


def test_a_model_id_filters_exactly_and_used_models_are_suggested(
    member, make_endpoint, make_run, user
):
    short, long = (
        make_endpoint(f"a/letterpress{end}", display_name=f"Press{end}") for end in ("", "/fine")
    )
    make_run(title="short", endpoint=short, user=user)
    make_run(title="long", endpoint=long, user=user)
    page = member.get("/runs/?as=list&model=a/letterpress")
    assert [row.run.title for row in page.context["runs"]] == ["short"]
    suggested = member.get("/runs/suggestions/", {"q": "fox model:"}).context["suggestions"]
    assert [(suggestion.word, suggestion.label, suggestion.line) for suggestion in suggested] == [
        ("model:a/letterpress", "Press", "fox model:a/letterpress"),
        ("model:a/letterpress/fine", "Press/fine", "fox model:a/letterpress/fine"),
    ]
    rows = member.get("/runs/?as=list&model=letterpress").context["runs"]
    assert {row.run.title for row in rows} == {"short", "long"}


def test_the_history_is_paged_by_a_cursor(member, make_run):
    created = [make_run() for _ in range(35)]
    first = member.get("/runs/?as=list")
    second = member.get(f"/runs/{first.context['more']}")
    keys = [row.run.pk for page in (first, second) for row in page.context["runs"]]
    assert keys == [run.pk for run in reversed(created)]


def looks_at(client: Client, address: str) -> str:
    """Return the address that an open page polls for newer runs."""
    html = client.get(address).content.decode()
    match = re.search(r'hx-get="([^"]+)"\s+hx-trigger="runs:(?:look|shown) from:body"', html)
    assert match
    return unescape(match[1])


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("starred=1", 1), ("q=cat&state=failed", 0), ("before=2100-01-01T00:00:00Z", 2)],
)
def test_a_list_shows_how_many_newer_runs_exist(member, stranger, make_run, query, count):
    make_run(is_starred=True, state="failed", error=FAILURE)
    looks = looks_at(member, f"/runs/?{query}")
    assert member.get(looks).status_code == 204
    make_run(is_starred=True)
    make_run()
    make_run(user=stranger, is_starred=True)
    response = member.get(looks)
    if not count:
        assert response.status_code == 204
        return
    message = f"{count} new run{'s' if count > 1 else ''} · "
    assert response.content.decode().strip().startswith(message)
    link_query = "" if query.startswith("before") else query
    assert f'href="?{link_query}" >Show</a>' in response.content.decode()


def test_a_short_list_is_redrawn_only_without_its_newest_run(member, make_run):
    make_run()
    looks = looks_at(member, "/runs/latest/")
    assert member.get(looks).status_code == 204
    newest = make_run()
    assert str(newest.pk) in member.get(looks).content.decode()

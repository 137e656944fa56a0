"""The list of runs: its filters, pages and queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from runs.models import Artifact, Run
from tests.playground.views.test_runs import FAILURE


def test_the_history_takes_few_queries_for_any_length(
    member: Client, make_run: Any, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        run = make_run(state="succeeded" if number % 2 else "running", output={})
        Artifact.objects.create(
            run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png"
        )
    member.get("/runs/?as=list")
    with django_assert_num_queries(9):  # session, user, runs, artifacts; and 5 around
        member.get("/runs/")
    member.get("/runs/?as=wall")
    with django_assert_num_queries(10):  # and the arguments of runs under way, for their shapes
        member.get("/runs/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a cat", "ein Füchslein"}),
        ("q=cat", {"a cat"}),
        ("q=Füchs", {"ein Füchslein"}),
        ("state=failed", {"ein Füchslein"}),
        ("state=unfinished", {"a cat"}),
        ("starred=1", {"a cat"}),
        ("days=1", {"a cat", "ein Füchslein"}),
        ("model=fal-ai/flux/dev", {"a cat", "ein Füchslein"}),
        ("model=other", set()),
        ("model=flux", {"a cat", "ein Füchslein"}),
        ("model=DEV+flux", {"a cat", "ein Füchslein"}),
        ("model=flux+other", set()),
        ("state=nonsense&days=x&before=never", {"a cat", "ein Füchslein"}),
    ],
)
def test_query_parameters_filter_the_history(
    member: Client, make_run: Any, query: str, expected: set[str]
) -> None:
    make_run(title="a cat", is_starred=True)
    make_run(title="", arguments={"prompt": "ein Füchslein"}, state="failed", error=FAILURE)
    runs = [
        row.run.arguments["prompt"] for row in member.get(f"/runs/?as=list&{query}").context["runs"]
    ]
    assert set(runs) == expected


def test_a_model_id_filters_exactly_and_used_models_are_suggested(
    member: Client, make_endpoint: Any, make_run: Any, user: User
) -> None:
    short, long = (
        make_endpoint(f"a/letterpress{end}", display_name=f"Press{end}") for end in ("", "/fine")
    )
    make_run(title="short", endpoint=short, user=user)
    make_run(title="long", endpoint=long, user=user)
    make_endpoint("a/unused")
    page = member.get("/runs/?as=list&model=a/letterpress")
    assert [row.run.title for row in page.context["runs"]] == ["short"]
    suggested = member.get("/runs/suggestions/", {"q": "fox model:"}).context["suggestions"]
    assert [(one.word, one.label, one.line) for one in suggested] == [
        ("model:a/letterpress", "Press", "fox model:a/letterpress"),
        ("model:a/letterpress/fine", "Press/fine", "fox model:a/letterpress/fine"),
    ]
    rows = member.get("/runs/?as=list&model=letterpress").context["runs"]
    assert {row.run.title for row in rows} == {"short", "long"}


def test_the_history_is_paged_by_a_cursor(member: Client, make_run: Any) -> None:
    created = [make_run() for _ in range(35)]
    first = member.get("/runs/?as=list")
    second = member.get(f"/runs/{first.context['more']}")
    shown = [row.run.pk for page in (first, second) for row in page.context["runs"]]
    assert shown == [run.pk for run in reversed(created)]


def test_a_state_has_one_label_in_facet_and_rows(member: Client, make_run: Any) -> None:
    for state in Run.FINAL:
        make_run(state=state, ended_at=timezone.now())
    page = member.get("/runs/?as=list")
    (states,) = (facet for facet in page.context["facets"] if facet.title == "State")
    assert {choice.label for choice in states.choices} == {"Done", "Failed", "Cancelled"}
    for word in ("Done", "Failed", "Cancelled"):
        assert f"</svg>{word}" in page.content.decode()

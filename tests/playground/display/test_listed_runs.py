"""Rows of lists of runs: those of ended runs are cached."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from runs.models import Run
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
ROW = "playground/partials/_run_row.html"
LIST = "/runs/?as=list"


def rendered_rows(client: Client, path: str = LIST) -> list[str]:
    """Return the templates of rows that a page has rendered."""
    return [template.name for template in client.get(path).templates if template.name == ROW]


def test_an_ended_run_is_rendered_once(member: Client, make_run: Any) -> None:
    make_run(state="succeeded", title="a mill")
    assert rendered_rows(member) == [ROW]
    assert rendered_rows(member) == []
    assert "a mill" in member.get(LIST).content.decode()


def test_a_run_under_way_is_rendered_anew(member: Client, make_run: Any) -> None:
    make_run(state="running")
    assert rendered_rows(member) == rendered_rows(member) == [ROW]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("is_starred", True, "starred</span>"),
        ("title", "a boat", "a boat"),
        ("version", 9, 'data-version="9"'),
    ],
)
def test_a_change_is_shown_at_once(
    member: Client, make_run: Any, column: str, value: object, shown: str
) -> None:
    run = make_run(state="succeeded", title="a mill")
    assert shown not in member.get(LIST).content.decode()
    Run.objects.filter(pk=run.pk).update(**{column: value})
    assert rendered_rows(member) == [ROW]
    assert shown in member.get(LIST).content.decode()


def test_two_members_see_rows_of_their_own(user: Any, make_run: Any) -> None:
    acme = make_project("Acme", ana="manager", ben="maker")
    make_run(user=person("ben"), project=acme, state="succeeded")
    path = "/runs/?as=list&project=acme"
    for name, is_named in (("ben", False), ("ana", True), ("ben", False)):
        assert ("by ben" in signed_in(name).get(path).content.decode()) == is_named

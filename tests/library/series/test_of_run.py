"""A run's page adds each result to series by name, and takes it out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from library.models import Series
from library.series import items
from tests.library.selected import with_files
from tests.projects.people import make_project, working_in

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def positions(name: str) -> list[int]:
    return [item.position for item in items.of(Series.objects.get(name=name))]


def test_a_result_is_added_by_name_and_taken_out(member: Client, make_run: Any) -> None:
    run = with_files(make_run, 2)
    address = f"/runs/{run.pk}/series/"
    added = member.post(address, {"position": "1", "named": " Fox "}, headers=HTMX)
    assert "Fox" in added.content.decode()
    member.post(address, {"position": "0", "named": "fox"})  # the same, whatever the case
    assert positions("Fox") == [1, 0]
    member.post(address, {"position": "1", "out": str(Series.objects.get().pk)}, headers=HTMX)
    assert positions("Fox") == [0]
    wrong = member.post(address, {"position": "0", "named": " "}, headers=HTMX)
    assert wrong.status_code == 422
    assert "Give the series a name." in wrong.content.decode()
    none = member.post(address, {"position": "7", "named": "Fox"}, headers=HTMX)
    assert "The run has no such result." in none.content.decode()
    assert member.get(f"/runs/{run.pk}/").status_code == 200


def test_viewers_add_nothing_and_see_no_hidden_series(
    user: User, stranger: User, make_run: Any
) -> None:
    team = make_project("Team", **{user.username: "maker", stranger.username: "viewer"})
    run = with_files(make_run, project=team)
    maker, viewer = working_in(team, user), working_in(team, stranger)
    address = f"/runs/{run.pk}/series/"
    maker.post(address, {"named": "open"})
    maker.post(address, {"named": "secret"})
    Series.objects.filter(name="secret").update(is_hidden=True)
    assert viewer.post(address, {"named": "x"}).status_code == 403
    seen = viewer.get(address).content.decode()
    assert "open" in seen
    assert "secret" not in seen
    for offered, client in ((True, maker), (False, viewer)):
        options = client.get(f"/series/offered/?project={team.slug}").content.decode()
        assert ("open" in options) is offered
        assert "secret" not in options or client is maker

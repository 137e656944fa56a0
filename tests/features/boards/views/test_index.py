"""The page "Compare": a project's boards and flows, by kind and by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.boards.plan.plan import Plan
from features.boards.runs import sending
from features.flows.models import Flow
from projects.models.project import private_project

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog", "seeds": "1, 2"}


@pytest.fixture
def make_flow(user: User) -> Callable[..., Flow]:
    """`make_flow("Fox", …)` → a flow of Ana's without steps."""

    def make(name: str, **values: Any) -> Flow:
        fields = {"project": private_project(user), "definition": {"steps": []}}
        return Flow.objects.create(user=user, name=name, **(fields | values))

    return make


def read_names(member: Client, query: str = "") -> list[str]:
    page = member.get(f"/compare/{query}").content.decode()
    listed = page[page.index('<ul class="compared"') :]
    return re.findall(r"<h2[^>]*>\s*<a[^>]*>([^<]+)<", listed[: listed.index("</ul>")])


def test_boards_and_flows_are_one_list(
    member: Client, plan_of: Planned, send: Send, make_flow: Callable[..., Flow]
) -> None:
    send(plan_of(**ROWS, title="Cats"), "1")
    send(plan_of(**ROWS, title="Cats again"), "2")
    make_flow("Fox to film")
    assert read_names(member) == ["Fox to film", "Cats again", "Cats"]
    assert read_names(member, "?kind=board") == ["Cats again", "Cats"]
    assert read_names(member, "?kind=flow") == ["Fox to film"]
    assert read_names(member, "?q=cats") == ["Cats again", "Cats"]
    assert read_names(member, "?kind=nothing") == read_names(member)
    for query in ("?q=hen", "?kind=flow&q=cats"):
        assert "Nothing found" in member.get(f"/compare/{query}").content.decode()


def test_more_is_older(member: Client, make_flow: Callable[..., Flow]) -> None:
    for number in range(51):
        make_flow(f"flow {number}")
    page = member.get("/compare/").content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]+)"', page)
    assert older
    assert len(read_names(member)) == 50
    assert read_names(member, older[1].replace("&amp;", "&")) == ["flow 0"]


def test_a_flow_for_everybody_is_listed_and_nobody_elses_is(
    client: Client, make_flow: Callable[..., Flow], stranger: User
) -> None:
    make_flow("Private")
    make_flow("For all", visibility="team")
    client.force_login(stranger)
    assert read_names(client) == ["For all"]

"""The page "Compare": a project's boards, by name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from features.boards.models import Board
from features.boards.plan.plan import Plan
from features.boards.runs import sending

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog", "seeds": "1, 2"}


def read_names(member: Client, query: str = "") -> list[str]:
    page = member.get(f"/compare/{query}").content.decode()
    listed = page[page.index('<ul class="compared"') :]
    return re.findall(r"<h2[^>]*>\s*<a[^>]*>([^<]+)<", listed[: listed.index("</ul>")])


def test_boards_are_found_by_name(member: Client, plan_of: Planned, send: Send) -> None:
    send(plan_of(**ROWS, title="Cats"), "1")
    send(plan_of(**ROWS, title="Hens"), "2")
    assert read_names(member) == ["Hens", "Cats"]
    assert read_names(member, "?q=cat") == ["Cats"]
    assert "Nothing found" in member.get("/compare/?q=owl").content.decode()


def test_more_is_older(member: Client, user: User, make_endpoint: Callable[..., Endpoint]) -> None:
    flux = make_endpoint()
    for number in range(51):
        Board.objects.create(
            user=user, title=f"board {number}", source=flux, form_token=str(number)
        )
    page = member.get("/compare/").content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]+)"', page)
    assert older
    assert len(read_names(member)) == 50
    assert read_names(member, older[1].replace("&amp;", "&")) == ["board 0"]

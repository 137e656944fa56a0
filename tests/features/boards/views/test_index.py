"""A project's boards, by name on the page "Compare", and each as one line of the bell's panel."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from features.boards.models import Board
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from runs.models import Artifact, Run

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog", "seeds": "1, 2"}


def read_names(member: Client, query: str = "") -> list[str]:
    page = member.get(f"/compare/{query}").content.decode()
    listed = page[page.index('<ul class="compared"') :]
    return re.findall(r"<h2[^>]*>\s*<a[^>]*>([^<]+)<", listed[: listed.index("</ul>")])


def test_boards_are_found_by_name(member, plan_of, send):
    send(plan_of(**ROWS, title="Cats"), "1")
    send(plan_of(**ROWS, title="Hens"), "2")
    assert read_names(member) == ["Hens", "Cats"]
    assert read_names(member, "?q=cat") == ["Cats"]


def test_more_is_older(member, user, make_endpoint):
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


PANEL = "/inbox/panel/"


def test_a_board_is_one_line_that_counts_all_of_its_runs(
    member, make_judged_board, make_run, django_assert_max_num_queries
):
    board = make_judged_board(prompts="\n".join(f"cat {number}" for number in range(20)))
    Run.objects.filter(cells__board=board).update(state="queued", ended_at=None)
    since = timezone.now().isoformat()
    ended = Run.objects.filter(cells__board=board)[:3]
    Run.objects.filter(pk__in=ended.values("pk")).update(state="succeeded", ended_at=timezone.now())
    Artifact.objects.filter(run__in=ended.values("pk")).update(thumbnail="t/cat.webp")
    alone = make_run(state="running", title="a single run")
    with django_assert_max_num_queries(12):
        page = member.get(PANEL, {"since": since}).content.decode()
    assert page.count('class="tray-board"') == page.count(f'href="{board.get_absolute_url()}"') == 1
    assert page.count("data-tray-id=") == 41
    assert page.count('data-state="succeeded"') == page.count("<img") == 3
    assert page.count("data-watch=") == 38
    last_of_board = page.rindex("data-tray-id=", 0, page.index("a single run"))
    assert str(alone.pk) in page[last_of_board:]

"""The viewer shows two to four results beside each other, without JavaScript too."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from boards.models import Board, Mark, RowMark
from runs.models import Run
from tests import charged
from tests.boards.judging import Judged

pytestmark = pytest.mark.django_db


def page_of(member: Client, board: Board, count: int = 2, start: int = 0) -> str:
    keys = board.cells.order_by("pk").values_list("pk", flat=True)[start : start + count]
    query = "&".join(f"cell={key}" for key in keys)
    response = member.get(f"{board.get_absolute_url()}viewer/?{query}")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_pictures_are_shown_side_by_side_with_differences(member: Client, judged: Judged) -> None:
    board = judged()
    second = board.cells.order_by("pk")[1]
    assert second.run_id
    Run.objects.filter(pk=second.run_id).update(billable_units="5")
    charged.settle(Run.objects.all())
    page = page_of(member, board)
    assert page.count('class="look-pane"') == 2
    assert len(re.findall(r'<img src="/runs/[0-9a-f-]+/artifacts/0/"', page)) == 2
    assert '<result-viewer data-kind="image">' in page
    assert "(+$0.03)" in page
    assert f"?run={second.run_id}" in page
    assert "style=" not in page


def test_texts_are_shown_with_differing_words_marked(member: Client, judged: Judged) -> None:
    board = judged(text="the <i>sea</i>")
    page = page_of(member, board)
    first, second = board.cells.order_by("pk")[:2]
    assert f"<del>{first.pk}</del><ins>{second.pk}</ins>" in page
    assert "&lt;" in page
    assert "<i>sea" not in page


def test_the_viewer_shows_two_to_four_cells(member: Client, judged: Judged) -> None:
    board = judged(prompts="a\nb\nc")
    assert page_of(member, board, 6).count('class="look-pane"') == 4
    for query in ("", "?cell=x", f"?cell={board.cells.order_by('pk')[0].pk}", "?cell=" + "9" * 30):
        response = member.get(f"{board.get_absolute_url()}viewer/{query}", follow=True)
        assert "Choose two to four results" in response.content.decode()


def test_the_viewer_shows_no_cells_of_another_board(
    client: Client, judged: Judged, stranger: User
) -> None:
    board = judged()
    client.force_login(stranger)
    assert client.get(f"{board.get_absolute_url()}viewer/?cell=1&cell=2").status_code == 404


def test_the_viewer_takes_few_queries(
    member: Client, judged: Judged, django_assert_max_num_queries: Any
) -> None:
    board = judged(prompts="a\nb")
    page_of(member, board)
    with django_assert_max_num_queries(9):
        page_of(member, board, 4)


HTMX = {"hx-request": "true"}


def test_a_marked_cell_shows_its_mark_on_the_board(member: Client, judged: Judged) -> None:
    board = judged()
    cell = board.cells.order_by("pk")[0]
    address = f"{board.get_absolute_url()}cells/{cell.pk}/mark/"
    assert "Judge a result" in member.get(address).content.decode()
    posted = {"stars": "4", "verdict": "fail", "note": "<b>six fingers", "tags": "hands, light"}
    assert member.post(address, posted)["Location"] == f"{board.get_absolute_url()}#cell-{cell.pk}"
    page = member.get(board.get_absolute_url()).content.decode()
    assert 'aria-label="4 of 5 stars">★★★★☆<' in page
    assert "&lt;b&gt;six fingers" in page
    assert ">hands<" in page.replace("\n", "")
    assert Mark.objects.get().verdict == "fail"


def test_marking_with_htmx_swaps_the_form_and_then_the_mark(member: Client, judged: Judged) -> None:
    board = judged()
    address = f"{board.get_absolute_url()}cells/{board.cells.order_by('pk')[0].pk}/mark/"
    form = member.get(address, headers=HTMX).content.decode()
    assert "<form" in form
    assert "<html" not in form
    mark = member.post(address, {"stars": "2"}, headers=HTMX).content.decode()
    assert "2 of 5 stars" in mark
    assert "<form" not in mark


def test_a_rows_winner_can_be_set_and_cleared(member: Client, judged: Judged) -> None:
    board = judged()
    address = f"{board.get_absolute_url()}rows/{board.rows.get(position=0).pk}/mark/"
    assert "Winner of a row" in member.get(address).content.decode()
    member.post(address, {"winner": "1", "tags": "portrait"})
    won = RowMark.objects.get().winner
    assert won
    assert won.endpoint.endpoint_id == "lab/turbo"
    member.post(address, {"winner": "99"})
    assert RowMark.objects.get().winner == won
    member.post(address, {"winner": ""})
    assert RowMark.objects.get().winner is None
    assert RowMark.objects.get().tags == ["portrait"]

"""Marks of cells and rows: by the board's owner alone, with and without JavaScript."""

from __future__ import annotations

import pytest
from django.test import Client

from boards.models import Mark, RowMark
from tests.boards.judging import Judged

pytestmark = pytest.mark.django_db
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

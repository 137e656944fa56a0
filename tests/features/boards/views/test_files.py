"""Downloads of a board as tables, and presets on boards."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.boards.views.files import file_name
from playground.form import presets
from tests.features.boards.judging import Judged

pytestmark = pytest.mark.django_db


def test_downloads_of_a_board_are_named_by_title_and_day(make_judged_board: Judged) -> None:
    board = make_judged_board()
    board.title = "Füchse & Mühlen"
    board.created_at = datetime(2026, 11, 26, tzinfo=UTC)
    assert file_name(board) == "Füchse-Mühlen-2026-11-26"
    board.title = ""
    assert file_name(board) == "board-2026-11-26"


def test_the_table_is_a_download(member: Client, make_judged_board: Judged) -> None:
    board = make_judged_board()
    table = member.get(f"{board.get_absolute_url()}board.csv")
    assert table["Content-Disposition"] == f'attachment; filename="{file_name(board)}.csv"'
    assert "http://testserver/runs/" in table.content.decode()


def test_a_preset_can_be_compared_on_a_board(
    member: Client, make_judged_board: Judged, user: User
) -> None:
    preset = presets.create(
        user, make_judged_board().columns.all()[0].endpoint, "Slow", {"num_inference_steps": 41}
    )
    page = member.get(f"/presets/of/{preset.endpoint.endpoint_id}/").content.decode()
    address = next(link for link in re.findall(r'href="([^"]+)"', page) if "/compare/new/" in link)
    plan = member.get(address.replace("&amp;", "&")).content.decode()
    assert 'value="41"' in plan
    assert 'value="lab/flux"' in plan


def test_its_table_takes_as_many_queries_for_a_large_board(
    member: Client, make_judged_board: Judged, django_assert_max_num_queries: Any
) -> None:
    board = make_judged_board(prompts="\n".join(map(str, range(12))))
    with django_assert_max_num_queries(18):
        member.get(f"{board.get_absolute_url()}board.csv")

"""A run's page leads to the boards that it is on."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from boards.models import Board
from boards.runs.belonging import boards_of
from runs.models import Run


def test_a_run_links_to_its_board_for_those_who_may_see_it(
    member: Client, user: User, stranger: User, send: Any, plan_of: Any
) -> None:
    board = send(plan_of("flux", row_values="a cat", row_field="prompt")).board
    Board.objects.filter(pk=board.pk).update(title="Cats")
    run = Run.objects.get()
    page = member.get(run.get_absolute_url()).content.decode()
    assert f'<a href="{board.get_absolute_url()}">Cats</a>' in page
    assert boards_of(stranger, run) == []
    Board.objects.update(deleted_at=run.created_at)
    assert boards_of(user, run) == []

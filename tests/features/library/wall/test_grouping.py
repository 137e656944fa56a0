"""Groups of the wall: in the order of time over all pages, or gathered, with a link to all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from features.boards.models import Board, Cell, Column, Row
from features.library.wall import sections
from runs.models import Run
from tests.features.library.selected import with_files
from tests.sampling import sample

pytestmark = pytest.mark.django_db
START = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)


@pytest.fixture
def make_run_after(make_run: Any) -> Any:
    """Return a function that makes a run a number of minutes after the start."""

    def make(minutes: int, **values: Any) -> Run:
        run = with_files(make_run, 1, **values)
        Run.objects.filter(pk=run.pk).update(created_at=START + timedelta(minutes=minutes))
        run.refresh_from_db()
        return run

    return make


def read_sections(client: Client, address: str) -> list[tuple[str, list[str]]]:
    """Return the titles of all pages' sections, with their runs."""
    listed: list[tuple[str, list[str]]] = []
    while address:
        page = client.get(f"/runs/{address}")
        for section, _ in page.context["sections"]:
            keys = [str(stack.run.pk) for stack in section.stacks]
            if section.title:
                listed.append((section.title, keys))
            else:
                listed[-1][1].extend(keys)
        address = page.context["more"]
    return listed


@pytest.mark.parametrize("size", sample([2, 48, 1, 3], 1))
def test_sections_in_time_hold_over_pages(member, make_run_after, monkeypatch, size):
    monkeypatch.setattr(sections, "PAGE", size)
    batch = uuid4()
    a = make_run_after(0)
    b = make_run_after(50, batch=batch, title="an owl")
    c = make_run_after(100, batch=batch, title="an owl")
    d = make_run_after(200)
    e = make_run_after(24 * 60)
    names = {str(run.pk): name for run, name in zip((a, b, c, d, e), "abcde", strict=True)}

    def group_names(by: str) -> list[str]:
        return [
            "".join(names[key] for key in keys) for _, keys in read_sections(member, f"?by={by}")
        ]

    assert group_names("day") == ["e", "dcba"]
    assert group_names("session") == ["e", "d", "cba"]
    assert group_names("batch") == ["ed", "cb", "a"]


def test_boards_are_gathered_and_others_boards_stay_unseen(member, make_run_after, stranger):
    mine, theirs, none = make_run_after(1), make_run_after(2), make_run_after(3)
    for user, run, title in ((mine.user, mine, "Mine"), (stranger, theirs, "Secret")):
        board = Board.objects.create(
            user=user, source=run.endpoint, form_token=uuid4().hex, title=title
        )
        row = Row.objects.create(board=board, position=0, digest="r", label="r")
        column = Column.objects.create(
            board=board, position=0, endpoint=run.endpoint, digest="c", label="c"
        )
        Cell.objects.create(board=board, row=row, column=column, run=run)
    assert read_sections(member, "?by=board") == [
        ("Mine", [str(mine.pk)]),
        ("On no board", [str(none.pk), str(theirs.pk)]),
    ]
    assert "Secret" not in member.get("/runs/").content.decode()

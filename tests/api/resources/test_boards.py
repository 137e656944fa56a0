"""Boards by the API: their owner's, with the runs in their cells."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from boards.models import Batch, Cell, Column, Row

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(user: Any, make_endpoint: Any, make_run: Any) -> Batch:
    """One input on two models, of which one could not be run."""
    flux, other = make_endpoint("fal-ai/flux/dev"), make_endpoint("fal-ai/other")
    made = Batch.objects.create(user=user, source=flux, title="Cats", form_token="t")
    row = Row.objects.create(board=made, position=0, label="a cat", values={"prompt": "a cat"})
    for position, endpoint in enumerate([flux, other]):
        column = Column.objects.create(
            board=made, position=position, endpoint=endpoint, digest=str(position)
        )
        run = None if position else make_run(endpoint=flux, state="succeeded")
        Cell.objects.create(
            board=made, row=row, column=column, run=run, not_sent="" if run else "Too dear."
        )
    return made


def test_a_board_is_read_with_its_runs(
    call: Any, board: Batch, django_assert_num_queries: Any
) -> None:
    call("GET", "/me")
    with django_assert_num_queries(5):  # token, board, columns, rows, cells
        found = call("GET", f"/boards/{board.pk}").json()
    assert [one["endpoint_id"] for one in found["columns"]] == ["fal-ai/flux/dev", "fal-ai/other"]
    assert found["rows"] == [{"label": "a cat", "values": {"prompt": "a cat"}}]
    first, second = found["cells"]
    assert call("GET", f"/runs/{first['run_id']}").json()["state"] == first["state"] == "succeeded"
    assert (second["column"], second["run_id"], second["not_sent"]) == (1, None, "Too dear.")


def test_a_deleted_run_is_not_named(call: Any, board: Batch) -> None:
    cell = board.cells.exclude(run=None).get()
    assert cell.run
    cell.run.deleted_at = timezone.now()
    cell.run.save()
    assert call("GET", f"/boards/{board.pk}").json()["cells"][0]["run_id"] is None


def test_boards_are_their_owners(call: Any, caller: Any, stranger: Any, board: Batch) -> None:
    assert [one["title"] for one in call("GET", "/boards").json()["items"]] == ["Cats"]
    other = caller(stranger, "read")
    assert other("GET", "/boards").json()["items"] == []
    assert other("GET", f"/boards/{board.pk}").status_code == 404
    board.deleted_at = timezone.now()
    board.save()
    assert call("GET", "/boards").json()["items"] == []

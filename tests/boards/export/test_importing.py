"""An exported board can be imported; an invalid file is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from boards.export.contents import contents_of
from boards.export.document import board_document
from boards.export.importing import import_board
from boards.models import Board
from boards.plan.editing import endpoints_of
from boards.plan.plan import read_plan
from boards.votes.rankings import rankings
from runs.models import Run
from tests.boards.judging import Judged

pytestmark = pytest.mark.django_db


def exported(board: Board) -> bytes:
    return board_document(contents_of(board), rankings(board)[0], str).encode()


def test_an_imported_board_plans_the_same_and_runs_nothing(judged: Judged, stranger: User) -> None:
    board = judged(prompts="a\nb", seeds="1, 2", **{"m0.num_inference_steps": "9"})
    count = Run.objects.count()
    imported = import_board(stranger, exported(board))
    assert imported.board.user == stranger
    assert imported.board.title == "Cats"
    assert not imported.unknown
    assert Run.objects.count() == count
    models, _ = endpoints_of(imported.board.plan["model"])
    plan = read_plan(imported.board.plan, models, imported.board.source)
    assert [row.values for row in plan.rows] == [row.values for row in board.rows.all()]
    assert [column.settings for column in plan.columns] == [
        column.settings for column in board.columns.all()
    ]
    assert plan.seeds == ["1", "2"]
    assert not plan.troubles


def test_unknown_models_are_left_out_and_the_others_keep_their_settings(
    judged: Judged, user: User
) -> None:
    board = judged("flux", "turbo", prompts="a", **{"m1.steps": "3"})
    settings = board.columns.get(position=1).settings
    document = json.loads(exported(board).replace(b'"lab/flux"', b'"lab/gone"'))
    imported = import_board(user, json.dumps(document).encode())
    assert imported.unknown == ["lab/gone"]
    assert "lab/gone" in imported.words
    models, _ = endpoints_of(imported.board.plan["model"])
    plan = read_plan(imported.board.plan, models, imported.board.source)
    assert [model.endpoint_id for model in models] == ["lab/turbo"]
    assert settings.items() <= {**plan.filled.shared, **plan.columns[0].settings}.items()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not a JSON document"), (b"[]", "not a board"), (b"{}", "not a board"),
        (b'{"format": "vitrine-board", "version": 9}', "newer Vitrine"),
        (b'{"format": "vitrine-board", "version": 1}', "no plan"),
        (b'{"format": "vitrine-board", "version": 1, "plan": {"model": 3}}', "not a list of texts"),
        (b'{"format": "vitrine-board", "version": 1, "plan": {"model": ["x/y"]}}', "None of the"),
        (b"[" * 100_000, "not a JSON document"), (b" " * (9 << 20), "larger than 8 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_board_is_refused(user: User, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        import_board(user, content)
    assert not Board.objects.exists()


def test_files_on_another_server_are_counted(judged: Judged, user: User) -> None:
    document: Any = json.loads(exported(judged()))
    address = "/uploads/00000000-0000-0000-0000-000000000000/a.png"
    document["rows"][0]["values"]["image_url"] = address
    imported = import_board(user, json.dumps(document).encode())
    assert "One file of its inputs" in imported.words

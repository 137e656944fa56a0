"""A board's CSV, in which no value can act as a formula."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from fal.db_safe import db_safe_text
from features.boards.export.contents import contents_of
from features.boards.export.document import board_document
from features.boards.export.importing import import_board
from features.boards.export.table import board_table
from features.boards.models import Board
from features.boards.plan.editing import endpoints_of
from features.boards.plan.plan import read_plan
from features.boards.votes import marks
from features.boards.votes.rankings import rankings
from runs.models import Run
from runs.results import csv_text
from tests.features.boards.judging import Judged
from tests.tables import each_row


@pytest.mark.any_database
@each_row(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1 or so", "'+1 or so"), ("@SUM(A1)", "'@SUM(A1)"), ("-x", "'-x"),
        ("\t=1", "'\t=1"), ("\uff1d1", "'\uff1d1"), ("-1+2", "'-1+2"),
        ("-3", "-3"), ("+1.5e3", "+1.5e3"), (-0.5, "-0.5"),
        (2**63 - 1, "'9223372036854775807"), ("-1234567890123456", "'-1234567890123456"),
        ("123456789012345", "123456789012345"), ("'1234567890123456", "''1234567890123456"),
        (None, ""), ("a=b", "a=b"), ("", ""), ("a\x00b", "ab"),
    ],
)  # fmt: skip
def test_a_table_value_is_text_or_a_number(value: object, cell: str) -> None:
    assert csv_text.inert(value) == cell
    assert csv_text.original(cell) == db_safe_text("" if value is None else str(value))


@pytest.mark.any_database
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_no_table_cell_starts_like_a_formula(values: list[str]) -> None:
    text = csv_text.write(["name"] * len(values), [values])
    _, line = csv.reader(io.StringIO(text, newline=""))
    for cell in line:
        assert not cell[:1] or (cell[0] not in "=@\t\r" and (cell[0] not in "+-" or float(cell)))


@pytest.mark.django_db
def test_each_run_is_a_table_row_with_inputs_times_prices_and_marks(
    make_judged_board: Judged,
) -> None:
    board = make_judged_board(prompts="=cmd()\na dog", seeds="7")
    first = board.cells.order_by("pk")[0]
    marks.mark_cell(first, {"stars": "5", "verdict": "pass", "note": "+good", "tags": "x, y"})
    marks.mark_row(first.row, {"winner": "0"})
    text = board_table(contents_of(board), rankings(board)[0], lambda url: f"https://v{url}")
    lines = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(lines) == 4
    assert lines[0] | {"seconds": ""} == {
        "row": "1", "input": "'=cmd()", "input prompt": "'=cmd()", "column": "1",
        "model": "lab/flux", "variant": "", "settings": "", "seed": "7", "state": "succeeded",
        "reused": "", "seconds": "", "model seconds": "", "price": lines[0]["price"],
        "currency": "USD", "price kind": "by billed units", "stars": "5", "verdict": "pass",
        "note": "'+good", "tags": "x, y", "row winner": "yes",
        "votes won": "0", "votes lost": "0", "ties": "0", "score": "",
        "run": f"https://v/runs/{first.run_id}/",
        "files": f"https://v/runs/{first.run_id}/artifacts/0/", "text": "", "why not": "",
    }  # fmt: skip
    assert float(lines[0]["price"]) == 0.02
    assert [line["row winner"] for line in lines] == ["yes", "", "", ""]


def export_board(board: Board) -> bytes:
    return board_document(contents_of(board), rankings(board)[0], str).encode()


def test_an_imported_board_plans_the_same_and_runs_nothing(
    make_judged_board: Judged, stranger: User
) -> None:
    board = make_judged_board(prompts="a\nb", seeds="1, 2", **{"m0.num_inference_steps": "9"})
    count = Run.objects.count()
    imported = import_board(stranger, export_board(board))
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
    make_judged_board: Judged, user: User
) -> None:
    board = make_judged_board("flux", "turbo", prompts="a", **{"m1.steps": "3"})
    settings = board.columns.get(position=1).settings
    document = json.loads(export_board(board).replace(b'"lab/flux"', b'"lab/gone"'))
    imported = import_board(user, json.dumps(document).encode())
    assert imported.unknown == ["lab/gone"]
    assert "lab/gone" in imported.summary
    models, _ = endpoints_of(imported.board.plan["model"])
    plan = read_plan(imported.board.plan, models, imported.board.source)
    assert [model.endpoint_id for model in models] == ["lab/turbo"]
    assert settings.items() <= {**plan.filled.shared, **plan.columns[0].settings}.items()


@each_row(
    ("content", "message"),
    [
        (b"\xff\xfe", "not a JSON document"), (b"[]", "not a board"), (b"{}", "not a board"),
        (b'{"format": "vitrine-board", "version": 9}', "newer Vitrine"),
        (b'{"format": "vitrine-board", "version": 0}', "export it again"),
        (b'{"format": "vitrine-board"}', "export it again"),
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


def test_files_on_another_server_are_counted(make_judged_board: Judged, user: User) -> None:
    document: Any = json.loads(export_board(make_judged_board()))
    address = "/uploads/00000000-0000-0000-0000-000000000000/a.png"
    document["rows"][0]["values"]["image_url"] = address
    imported = import_board(user, json.dumps(document).encode())
    assert "One file of its inputs" in imported.summary

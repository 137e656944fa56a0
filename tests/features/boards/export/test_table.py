"""A board's CSV, in which no value can act as a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fal.db_safe import db_safe_text
from features.boards.export.contents import contents_of
from features.boards.export.table import board_table
from features.boards.votes import marks
from features.boards.votes.rankings import rankings
from runs.results import csv_text
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
def test_a_table_value_is_text_or_a_number(value, cell):
    assert csv_text.inert(value) == cell
    assert csv_text.original(cell) == db_safe_text("" if value is None else str(value))


@pytest.mark.any_database
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_no_table_cell_starts_like_a_formula(values):
    text = csv_text.write(["name"] * len(values), [values])
    _, line = csv.reader(io.StringIO(text, newline=""))
    for cell in line:
        assert not cell[:1] or (cell[0] not in "=@\t\r" and (cell[0] not in "+-" or float(cell)))


@pytest.mark.django_db
def test_each_run_is_a_table_row_with_inputs_times_prices_and_marks(make_judged_board):
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

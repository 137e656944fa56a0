"""The page "Judge" shows two to six results beside each other and saves the user's judgement."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.audit.entries import AuditEntry
from catalog.models import Endpoint
from features.boards.models import Board, Mark, RowMark
from runs.models import Run
from tests import charged
from tests.conftest import grant

pytestmark = pytest.mark.django_db


def read_page(member: Client, board: Board, count: int = 2, start: int = 0) -> str:
    keys = board.cells.order_by("pk").values_list("pk", flat=True)[start : start + count]
    query = "&".join(f"cell={key}" for key in keys)
    response = member.get(f"{board.get_absolute_url()}judge/?{query}")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def judge_rows(board: Board, *, but: int = 0) -> None:
    """Give each row a winner, except the last `but` ones."""
    winner = board.columns.order_by("position")[0]
    for row in board.rows.order_by("position")[: board.rows.count() - but]:
        RowMark.objects.create(row=row, winner=winner)


def test_pictures_are_shown_side_by_side_with_differences(member, make_judged_board):
    board = make_judged_board()
    second = board.cells.order_by("pk")[1]
    assert second.run_id
    Run.objects.filter(pk=second.run_id).update(billable_units="5")
    charged.settle(Run.objects.all())
    page = read_page(member, board)
    assert len(re.findall(r'<img src="/runs/[0-9a-f-]+/artifacts/0/"', page)) == 2
    assert "(+$0.03)" in page


def test_texts_are_shown_with_differing_words_marked(member, make_judged_board):
    board = make_judged_board(text="the <i>sea</i>")
    page = read_page(member, board)
    first, second = board.cells.order_by("pk")[:2]
    assert f"<del>{first.pk}</del><ins>{second.pk}</ins>" in page
    assert "&lt;" in page
    assert "<i>sea" not in page


def test_judge_shows_up_to_six_results_and_goes_from_row_to_row(member, make_judged_board):
    board = make_judged_board(prompts="a\nb\nc", seeds="1, 2")
    assert read_page(member, board, 9).count('class="look-pane"') == 6
    first, second, _ = board.rows.order_by("position")
    address = f"{board.get_absolute_url()}judge/"
    for query in ("", "?cell=x", f"?cell={board.cells.order_by('pk')[0].pk}", "?row=" + "9" * 30):
        page = member.get(f"{address}{query}").content.decode()
        assert "Row 1 of 3" in page
        assert f'href="{address}?row={second.pk}"' in page
    member.post(f"{address}?row={first.pk}", {"cell": first.cells.all()[0].pk, "winner": "0"})
    assert "Row 2 of 3" in member.get(address).content.decode()


def test_a_wide_row_goes_by_knock_out(member, make_judged_board):
    board = make_judged_board(prompts="a", seeds="1, 2, 3, 4")
    address = f"{board.get_absolute_url()}judge/"
    page = member.get(address).content.decode()
    assert page.count('class="look-pane"') == 6
    row = board.rows.get()
    after = f"{address}?row={row.pk}&from=6"
    assert after.replace("&", "&amp;") in page
    assert member.get(after).content.decode().count('class="look-pane"') == 2
    first = board.cells.order_by("column__position", "pk")[0]
    member.post(address, {"cell": first.pk, "winner": str(first.column.position)})
    page = member.get(after).content.decode()
    assert page.count('class="look-pane"') == 3
    # The winner has not met the last two: nothing can be decided yet.
    assert "0 of 1 row judged. Then you can decide." in page
    assert "Still wins" in page
    member.post(after, {"cell": first.pk, "winner": str(first.column.position)})
    assert "It rests on 1 row with 8 results." in member.get(after).content.decode()


def test_a_decision_needs_all_rows_to_be_judged(member, make_judged_board):
    board = make_judged_board()
    judge_rows(board, but=1)
    page = read_page(member, board)
    assert "1 of 2 rows judged. Then you can decide." in page
    assert "We take…" not in page
    posted = {"column": "0", "why": "Best"}
    answer = member.post(f"{board.get_absolute_url()}decision/", posted, follow=True)
    assert "Judge the others first." in answer.content.decode()
    last_cells = board.rows.order_by("-position")[0].cells.all()
    for cell in last_cells:
        Mark.objects.create(cell=cell, stars=3)
    Run.objects.filter(cells=last_cells[0]).update(state="running")
    assert "1 of 2 rows judged." in read_page(member, board)
    Run.objects.filter(cells=last_cells[0]).update(state="succeeded")
    page = read_page(member, board)
    assert "We take…" in page


def test_judge_takes_few_queries(member, make_judged_board, django_assert_max_num_queries):
    board = make_judged_board(prompts="a\nb")
    read_page(member, board)
    with django_assert_max_num_queries(9):
        read_page(member, board, 4)


def test_what_is_said_of_a_cell_stands_on_the_board(member, make_judged_board):
    board = make_judged_board()
    cell = board.cells.order_by("pk")[0]
    address = f"{board.get_absolute_url()}judge/?row={cell.row_id}"
    posted = {"cell": cell.pk, "stars": "4", "verdict": "fail"}
    assert member.post(address, posted)["Location"] == f"{address}&from=0"
    member.post(address, {"cell": cell.pk, "note": "<b>six fingers", "tags": "hands, light"})
    for number in ("00099", "6", "x", "9" * 5000):
        member.post(address, {"cell": cell.pk, "stars": number})
    page = member.get(board.get_absolute_url()).content.decode()
    assert 'aria-label="4 of 5 stars"' in page
    assert "&lt;b&gt;six fingers" in page
    assert ">hands<" in page.replace("\n", "")
    assert Mark.objects.get().verdict == "fail"


def test_a_rows_winner_can_be_set_and_cleared(member, make_judged_board):
    board = make_judged_board()
    row = board.rows.get(position=0)
    cell = row.cells.order_by("pk")[0]
    address = f"{board.get_absolute_url()}judge/?row={row.pk}"
    member.post(address, {"cell": cell.pk, "winner": "1"})
    member.post(address, {"row": row.pk, "tags": "portrait"})
    won = RowMark.objects.get().winner
    assert won
    assert won.endpoint.endpoint_id == "lab/turbo"
    member.post(address, {"cell": cell.pk, "winner": "99"})
    assert RowMark.objects.get().winner == won
    member.post(address, {"cell": cell.pk, "winner": ""})
    assert RowMark.objects.get().winner is None
    assert RowMark.objects.get().tags == ["portrait"]
    for posted in ({"cell": "99999", "stars": "1"}, {"row": "99999"}):
        assert member.post(address, posted).status_code == 404


def test_a_curator_marks_in_the_same_step(member, make_judged_board, user):
    grant(user, "catalog.change_endpoint")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    board = make_judged_board()
    judge_rows(board)
    member.post(
        f"{board.get_absolute_url()}decision/", {"column": "0", "why": "Best", "is_approved": "1"}
    )
    marked = Endpoint.objects.get(mark="approved")
    assert (marked.endpoint_id, marked.mark_reason) == ("lab/flux", "Best")


def test_we_take_a_model_for_a_reason(member, make_judged_board, client, stranger):
    board = make_judged_board()
    judge_rows(board)
    address = f"{board.get_absolute_url()}decision/"
    about = "/models/lab/turbo/?tab=about"
    mark = {"column": "1", "why": "Hands are right, half the price", "is_approved": "1"}
    for posted, words in (({"column": "1"}, "Say why"),):
        assert words in member.post(address, posted, follow=True).content.decode()
    page = member.post(address, mark, follow=True).content.decode()
    assert "Hands are right, half the price" in page
    assert not Endpoint.objects.exclude(mark="").exists()  # only curators mark models
    assert AuditEntry.objects.filter(event="decided on").count() == 1
    client.force_login(stranger)
    assert "Taken for" not in client.get(about).content.decode()
    client.force_login(board.user)
    assert "Hands are" not in client.post(address, {"undo": "1"}, follow=True).content.decode()
    assert "Taken for" not in client.get(about).content.decode()

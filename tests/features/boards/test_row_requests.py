"""Rows added with a prompt: makers' rows run at once, others' rows wait for a maker's click."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from features.boards import row_requests
from features.boards.models import Board, RowRequest
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from projects.kept.voices.participant import Participant
from projects.models import Project
from runs.models import Run
from runs.start.refused_starts import StartRefused
from tests.features.pages import read_page
from tests.projects.people import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(plan_of: Callable[..., Plan], project: Project) -> Board:
    """A maker's board of two rows on two models, to which its viewers may propose rows."""
    plan = plan_of(row_field="prompt", row_values="a cat\na dog", title="Cats")
    sending.run_plan(person("mia"), plan, expand(plan), "token", project=project)
    Board.objects.update(viewers_may=["rows"])
    return Board.objects.select_related("project").get()


def test_a_makers_row_runs_at_once_in_every_column(board):
    mia = logged_in(person("mia"))
    assert mia.post(f"{board.get_absolute_url()}rows/", {"prompt": " a fox "}).status_code == 302
    row = board.rows.last()
    assert row
    assert (row.label, row.values["prompt"], row.position) == ("a fox", "a fox", 2)
    assert Run.objects.count() == 6
    assert not RowRequest.objects.exists()


def test_a_viewers_row_waits_for_a_makers_click(board):
    vera, mia = logged_in(person("vera")), logged_in(person("mia"))
    page = read_page(vera, board.get_absolute_url())
    assert vera.post(f"{board.get_absolute_url()}rows/", {"prompt": "a fox"}).status_code == 302
    assert Run.objects.count() == 4  # the request has sent no run
    request = RowRequest.objects.get()
    page = read_page(mia, board.get_absolute_url())
    assert re.search(r"<strong>vera</strong> asks for a row: <span[^>]*>a fox", page)
    assert re.search(r"Run it · <span[^>]*>about \$0.02<", page)
    seen = read_page(vera, board.get_absolute_url())
    assert "a fox" in seen
    assert "Run it" not in seen
    address = f"{board.get_absolute_url()}rows/requests/{request.pk}/"
    assert vera.post(address, {"do": "run"}).status_code == 403
    assert Run.objects.count() == 4
    assert mia.post(address, {"do": "run"}).status_code == 302
    assert Run.objects.count() == 6
    request.refresh_from_db()
    assert request.row == board.rows.last()
    assert request.decided_by == person("mia")
    assert {run.user for run in Run.objects.all()} == {person("mia")}  # the maker who clicks pays
    mia.post(address, {"do": "run"})
    assert Run.objects.count() == 6  # a second click sends nothing


def test_a_row_that_was_left_out_can_still_be_run(board):
    mia = logged_in(person("mia"))
    guest = Participant.of_guest("guest:1", "Anna")
    request = row_requests.request_row(guest, board, row_requests.row_of(board, "a fox"))
    address = f"{board.get_absolute_url()}rows/requests/{request.pk}/"
    mia.post(address, {"do": "leave"})
    mia.post(address, {"do": "run"})
    assert Run.objects.count() == 6


def test_the_boards_cap_decides_on_a_requested_row(board):
    Board.objects.update(cap_usd=Decimal("0.04"))
    board.refresh_from_db()
    request = row_requests.request_row(
        Participant.of_user(person("vera")), board, row_requests.row_of(board, "a fox")
    )
    sent = row_requests.run_request(person("mia"), request)
    assert (sent.sent, sent.held) == (0, 2)
    assert Run.objects.count() == 4


def test_a_row_is_asked_for_once_and_only_if_it_is_new(board):
    vera = logged_in(person("vera"))
    address = f"{board.get_absolute_url()}rows/"
    too_long = "x" * (row_requests.MAX_PROMPT_CHARS + 1)
    vera.post(address, {"prompt": "a fox"})
    for typed, why in (
        ("a cat", "The board already has this row."),
        ("a fox", "Somebody has already asked for this row."),
        (too_long, "Keep it to 5000 characters"),
    ):
        response = vera.post(address, {"prompt": typed})
        page = response.content.decode()
        assert response.status_code == 422
        assert why in page
        assert f">\n{typed}</textarea>" in page
    assert RowRequest.objects.count() == 1


def test_who_may_not_ask_is_refused(board):
    Board.objects.update(viewers_may=["vote", "comment"])
    vera = logged_in(person("vera"))
    assert "Ask for a row" not in read_page(vera, board.get_absolute_url())
    address = f"{board.get_absolute_url()}rows/"
    assert vera.post(address, {"prompt": "a fox"}).status_code == 403
    assert logged_in(person("olaf")).post(address, {"prompt": "a fox"}).status_code == 404
    assert not RowRequest.objects.exists()


@pytest.mark.exhaustive
def test_waiting_rows_are_limited(board):
    vera = Participant.of_user(person("vera"))
    for number in range(row_requests.MAX_WAITING):
        row = row_requests.row_of(board, f"fox {number}")
        row_requests.request_row(vera, board, row)
    with pytest.raises(ValueError, match="already has 50 waiting rows"):
        row_requests.request_row(vera, board, row_requests.row_of(board, "one more"))


def test_requests_take_as_many_queries_whatever_their_number(board, django_assert_max_num_queries):
    mia, vera = logged_in(person("mia")), Participant.of_user(person("vera"))
    for number in range(6):
        row_requests.request_row(vera, board, row_requests.row_of(board, f"fox {number}"))
    mia.get(board.get_absolute_url())
    with django_assert_max_num_queries(30):
        mia.get(board.get_absolute_url())


def test_a_row_that_no_model_can_run_is_refused(board):
    row = row_requests.row_of_values({"steps": 4}, "no prompt")
    with pytest.raises(StartRefused, match="missing"):
        row_requests.run_row(person("mia"), board, row)
    assert not board.rows.filter(digest=row.digest).exists()

"""A withdrawn example disappears from other users' boards and from their votes."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.boards.models import Board, Vote
from features.boards.owner import boards_of
from features.boards.runs.visibility import WITHHELD
from features.boards.votes import ballots
from projects.kept.voices.participant import Participant
from projects.models.project import private_project
from runs.models import Run
from tests.features.boards.judging import Judged, open_vote, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def borrowing(make_judged_board: Judged, stranger: User) -> Board:
    """A board whose first row shows runs that a stranger has published as examples."""
    board = make_judged_board()
    cells = board.cells.filter(row__position=0)
    Run.objects.filter(cells__in=cells).update(
        user=stranger, project=private_project(stranger), is_example=True
    )
    cells.update(is_reused=True)
    return board


def borrowed_runs(board: Board) -> list[Run]:
    return list(Run.objects.filter(cells__board=board, cells__is_reused=True))


def take_back(board: Board) -> None:
    Run.objects.filter(cells__board=board, cells__is_reused=True).update(is_example=False)


def addresses_on_pages(client: Client, board: Board) -> dict[str, str]:
    keys = [f"cell={pk}" for pk in board.cells.filter(row__position=0).values_list("pk", flat=True)]
    parts = [
        *("", "?all=1", "board.csv", "parts/0/", "results/"),
        f"judge/?{'&'.join(keys)}",
        f"rows/{board.rows.order_by('position')[0].pk}/columns/0/",
    ]
    return {
        part: client.get(f"{board.get_absolute_url()}{part}", follow=True).content.decode()
        for part in parts
    }


@pytest.mark.system
def test_a_withdrawn_example_is_hidden_on_all_board_pages(member, borrowing):
    run_ids = [str(run.pk) for run in borrowed_runs(borrowing)]
    addresses = addresses_on_pages(member, borrowing)
    is_shown = {part: all(pk in page for pk in run_ids) for part, page in addresses.items()}
    assert all(is_shown.values())

    take_back(borrowing)
    after = addresses_on_pages(member, borrowing)
    assert not {part for part, page in after.items() if any(pk in page for pk in run_ids)}
    for part in ("", "board.csv"):
        assert after[part].count(WITHHELD) == 2, part


def test_the_api_leaves_out_withdrawn_examples(member, borrowing):
    from api import tokens

    _, secret = tokens.create(borrowing.user, "script")
    address, headers = f"/api/v1/boards/{borrowing.pk}", {"authorization": f"Bearer {secret}"}
    run_ids = [str(run.pk) for run in borrowed_runs(borrowing)]
    before = member.get(address, headers=headers).json()["cells"]
    assert {cell["run_id"] for cell in before} >= {*run_ids}
    take_back(borrowing)
    cells = member.get(address, headers=headers).json()["cells"]
    withheld = [cell for cell in cells if cell["run_id"] is None]
    assert [(cell["state"], cell["not_sent"]) for cell in withheld] == [(None, WITHHELD)] * 2


def test_a_withdrawn_example_leaves_the_vote(client, borrowing, stranger):
    voter = User.objects.create_user("vera")
    client.force_login(voter)
    pairs = {pair.keys: pair for pair in ballots.pairs_of(ballots.voted_cells(borrowing))}
    borrowed = borrowing.cells.filter(is_reused=True).values_list("pk", flat=True)
    pair = pairs[tuple(sorted(borrowed))]
    page = client.get(open_vote(borrowing)).content.decode()
    assert "of 2 judged" in page
    files = re.findall(r'<img[^>]*?src="(/compare/[^"]+)"', page, re.DOTALL)
    assert [status_of(client, file) for file in files] == [200, 200]
    Run.objects.update(is_example=False)
    # the voter may no longer see any of the results
    Run.objects.update(project=private_project(stranger))
    assert [status_of(client, file) for file in files] == [404, 404]
    assert "Nothing to judge yet" in client.get(open_vote(borrowing)).content.decode()
    participant = Participant.of_user(voter)
    with pytest.raises(ValueError, match="no longer"):
        ballots.record(participant, borrowing, ballots.token_of(participant, pair), "1")
    assert not Vote.objects.exists()


def test_a_run_links_to_its_board_for_those_who_may_see_it(user, stranger, send, plan_of):
    send(plan_of("flux", row_values="a cat", row_field="prompt"))
    run = Run.objects.get()
    assert len(boards_of(user, run)) == 1
    assert boards_of(stranger, run) == []

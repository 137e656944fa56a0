"""The ballot does not betray which model made a result; only the owner sees the outcome."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from features.boards.display.ballot import ballot_of
from features.boards.models import Board, Vote
from features.boards.votes import ballots, voting
from features.notifications.models import Notification
from projects.kept.voices.participant import Participant
from runs.files.stripped_copies import copy_name
from tests.accounts.access.boards import VOTE_ACCESS, VOTERS
from tests.features.boards.judging import SECRET, open_vote, status_of
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def voter(client: Client, stranger: User) -> Client:
    """Another user, who has the link."""
    client.force_login(stranger)
    return client


def files_in(page: str) -> list[str]:
    return re.findall(r'<img[^>]*?src="(/compare/[^"]+)"', page, re.DOTALL)


def test_nothing_on_the_ballot_names_a_model(voter, make_judged_board):
    board = make_judged_board()
    page = voter.get(open_vote(board)).content.decode()
    betraying = [SECRET, "flux", "turbo", "lab/", "fal.media", "Cats", "$", "0.02", "artifacts"]
    betraying += [str(cell.run_id) for cell in board.cells.all()]
    assert not [word for word in betraying if word in page]
    assert len(files_in(page)) == 2


def test_a_ballots_files_have_no_name_and_no_metadata(voter, make_judged_board):
    page = voter.get(open_vote(make_judged_board())).content.decode()
    for address in files_in(page):
        response: Any = voter.get(address)
        content = b"".join(response.streaming_content)
        assert content.startswith(b"\x89PNG")
        assert SECRET.encode() not in content
        headers = " ".join(f"{name}: {value}" for name, value in response.items())
        assert SECRET not in headers
        assert 'filename="result.png"' in headers
        assert "judged" not in response["ETag"]


def test_a_file_that_could_reveal_its_model_is_not_served(voter, make_judged_board, stored_picture):
    page = voter.get(open_vote(make_judged_board())).content.decode()
    Path(default_storage.path(stored_picture)).write_bytes(b"words of " + SECRET.encode())
    try:
        assert [status_of(voter, address) for address in files_in(page)] == [404, 404]
    finally:
        default_storage.delete(copy_name(stored_picture))


def test_a_ballot_file_is_served_only_to_its_voter(voter, make_judged_board, user):
    page = voter.get(open_vote(make_judged_board())).content.decode()
    voter.force_login(user)
    assert [voter.get(address).status_code for address in files_in(page)] == [404, 404]


def test_a_choice_brings_the_next_pair_without_javascript(voter, make_judged_board):
    link = open_vote(make_judged_board())
    address = link.partition("?")[0]
    voter.get(link)  # from now on the session allows voting without the token
    for number in (1, 2):
        page = voter.get(address).content.decode()
        pair = re.findall(r'name="pair"\s+value="([^"]+)"', page)[0]
        response = voter.post(address, {"pair": pair, "choice": "1"})
        assert response["Location"] == address
        assert Vote.objects.count() == number
    assert "You have judged every pair" in re.sub(r"\s+", " ", voter.get(address).content.decode())
    voter.post(f"{address}retraction/")
    assert Vote.objects.count() == 1


@pytest.mark.system
def test_the_owner_sees_results_and_exports_votes(member, make_judged_board, user):
    from tests.features.boards.votes.test_ballots import judge_all

    board = make_judged_board(prompts="\n".join("abcdefg"))
    judge_all(user, board, "lab/flux")
    text = member.get(f"{board.get_absolute_url()}votes.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 7
    assert {line["winner"] for line in lines} == {"flux"}
    answer = member.post(f"{board.get_absolute_url()}votes/reset/", follow=True).content.decode()
    assert "7 votes no longer count." in answer
    answer = member.post(f"{board.get_absolute_url()}votes/recovery/", follow=True).content.decode()
    assert "7 votes count again." in answer


def test_a_ballot_takes_few_queries_whatever_the_board(
    voter, make_judged_board, django_assert_max_num_queries
):
    board = make_judged_board(prompts="\n".join(map(str, range(12))))
    voter.get(open_vote(board))
    with django_assert_max_num_queries(10):
        voter.get(f"{board.get_absolute_url()}vote/")


def test_the_owner_can_open_the_vote_twice(client, make_judged_board, user):
    board = make_judged_board()
    results, address = (f"{board.get_absolute_url()}{part}" for part in ("results/", "vote/"))
    client.force_login(user)
    assert client.get(address).status_code == 200  # owners need no link for their own vote
    page = client.post(f"{board.get_absolute_url()}voting/", follow=True).content.decode()
    (link,) = re.findall(rf'value="http://testserver({address}\?token=[^"]+)"', page)
    # the owner presses again in another tab: the link stays valid
    client.post(f"{board.get_absolute_url()}voting/")
    assert link in client.get(results).content.decode()


def test_those_who_may_vote_are_notified_until_they_see_the_ballot(member, make_judged_board, user):
    board = make_judged_board()
    project = make_project("Film", ana="manager", mia="maker", vic="viewer", leo="viewer")
    User.objects.filter(username="leo").update(is_active=False)
    Board.objects.filter(pk=board.pk).update(project=project)
    for viewers, notified in ([], ["mia"]), (["vote"], ["mia", "vic"]):
        Board.objects.filter(pk=board.pk).update(viewers_may=viewers, voting_opened_at=None)
        Notification.objects.all().delete()
        for _ in range(2):  # the second press changes nothing
            member.post(f"{board.get_absolute_url()}voting/")
        lines = Notification.objects.order_by("user__username")
        assert [line.user.get_username() for line in lines] == notified
    mia = logged_in(person("mia"))
    mia.get(f"{board.get_absolute_url()}vote/")
    assert not Notification.objects.filter(user__username="mia", seen_at=None).exists()


def test_a_voting_link_opens_only_its_own_board(voter, make_judged_board, user):
    board = make_judged_board()
    other = Board.objects.create(user=user, source=board.source, form_token="other")
    token = open_vote(board).partition("?")[2]
    open_vote(other)
    assert voter.get(f"{other.get_absolute_url()}vote/?{token}").status_code == 404


def test_a_voting_link_survives_a_new_secret_key(voter, make_judged_board, stranger, settings):
    link = open_vote(make_judged_board())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 9, [settings.SECRET_KEY]
    voter.force_login(stranger)
    assert voter.get(link).status_code == 200


@pytest.mark.parametrize("name", sorted(VOTE_ACCESS))
def test_access_to_a_vote_follows_the_table(name, make_judged_board, user, stranger):
    board = make_judged_board()
    old = open_vote(board)
    voting.close_voting(board)
    links = {"owner": "", "link": open_vote(board), "old link": old, "none": ""}
    measured = []
    for voter in VOTERS:
        browser = Client()
        browser.force_login(user if voter == "owner" else stranger)
        if links[voter]:
            browser.get(links[voter])
        status = _request_vote(browser, name, board, stranger)
        measured.append({404: "none", 200: "yes", 302: "yes"}[status])
    assert " ".join(measured) == VOTE_ACCESS[name]


def _request_vote(browser: Client, name: str, board: Board, voter: User) -> int:
    address = f"{board.get_absolute_url()}vote/"
    if name == "boards:vote-retraction":
        return browser.post(f"{address}retraction/").status_code
    if name == "boards:vote":
        return status_of(browser, address)
    files = files_in(browser.get(address).content.decode())
    if not files:  # this page shows no file: take one that it would show if a pair were left
        participant = Participant.of_user(voter)
        pair, _ = ballots.next_pair(participant, board)
        assert pair
        files = [ballot_of(participant, board, pair).sides[0].shown[0].src]
    return status_of(browser, files[0])

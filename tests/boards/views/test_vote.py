"""The ballot betrays nothing; the owner sees the results."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from boards.models import Vote
from tests.boards.judging import SECRET, Judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def voter(client: Client, stranger: User) -> Client:
    """Somebody else who has the link."""
    client.force_login(stranger)
    return client


def files_in(page: str) -> list[str]:
    return re.findall(r'<img[^>]*?src="(/compare/[^"]+)"', page, re.DOTALL)


def test_nothing_on_the_ballot_names_a_model(voter: Client, judged: Judged) -> None:
    board = judged()
    page = voter.get(f"{board.get_absolute_url()}vote/").content.decode()
    betraying = [SECRET, "flux", "turbo", "lab/", "fal.media", "Cats", "$", "0.02", "artifacts"]
    betraying += [str(cell.run_id) for cell in board.cells.all()]
    assert not [word for word in betraying if word in page]
    assert len(files_in(page)) == 2


def test_a_ballots_files_have_no_name_and_no_metadata(voter: Client, judged: Judged) -> None:
    page = voter.get(f"{judged().get_absolute_url()}vote/").content.decode()
    for address in files_in(page):
        response: Any = voter.get(address)
        content = b"".join(response.streaming_content)
        assert content.startswith(b"\x89PNG")
        assert SECRET.encode() not in content
        told = " ".join(f"{name}: {value}" for name, value in response.items())
        assert SECRET not in told
        assert 'filename="result.png"' in told
        part: Any = voter.get(address, headers={"range": "bytes=0-99"})
        assert (part.status_code, b"".join(part.streaming_content)) == (206, content[:100])


def test_an_address_is_its_voters_alone(voter: Client, judged: Judged, user: User) -> None:
    page = voter.get(f"{judged().get_absolute_url()}vote/").content.decode()
    voter.force_login(user)
    assert [voter.get(address).status_code for address in files_in(page)] == [404, 404]


def test_a_choice_brings_the_next_pair_without_javascript(voter: Client, judged: Judged) -> None:
    address = f"{judged().get_absolute_url()}vote/"
    for number in (1, 2):
        page = voter.get(address).content.decode()
        pair = re.findall(r'name="pair"\s+value="([^"]+)"', page)[0]
        response = voter.post(address, {"pair": pair, "choice": "1"})
        assert response["Location"] == address
        assert Vote.objects.count() == number
    assert "You have judged every pair" in re.sub(r"\s+", " ", voter.get(address).content.decode())
    voter.post(f"{address}retraction/")
    assert Vote.objects.count() == 1


def test_a_broken_ballot_is_said_and_shows_another(voter: Client, judged: Judged) -> None:
    response = voter.post(f"{judged().get_absolute_url()}vote/", {"pair": "x", "choice": "1"})
    assert response.status_code == 422
    assert "not valid" in response.content.decode()
    assert 'name="pair"' in response.content.decode()


def test_texts_are_judged_too(voter: Client, judged: Judged) -> None:
    page = voter.get(f"{judged(text='<b>words').get_absolute_url()}vote/").content.decode()
    assert page.count("&lt;b&gt;words") == 2


def test_the_owner_sees_results_and_exports_votes(
    member: Client, judged: Judged, user: User
) -> None:
    from tests.boards.votes.test_ballots import judge_all

    board = judged(prompts="\n".join("abcdefg"))
    judge_all(user, board, "lab/flux")
    page = re.sub(r"\s+", " ", member.get(f"{board.get_absolute_url()}results/").content.decode())
    assert "flux is better than each of the others." in page
    assert "7 of 7" in page
    assert f"http://testserver/compare/{board.pk}/vote/" in page
    text = member.get(f"{board.get_absolute_url()}votes.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 7
    assert {line["winner"] for line in lines} == {"flux"}
    said = member.post(f"{board.get_absolute_url()}votes/reset/", follow=True).content.decode()
    assert "7 votes no longer count." in said
    said = member.post(f"{board.get_absolute_url()}votes/recovery/", follow=True).content.decode()
    assert "7 votes count again." in said


def test_a_voter_does_not_see_the_results(voter: Client, judged: Judged) -> None:
    board = judged()
    for part in ("", "results/", "votes.csv", "board.csv", "board.json", "sheet/", "sheet.png"):
        assert voter.get(f"{board.get_absolute_url()}{part}").status_code == 404
    assert voter.post(f"{board.get_absolute_url()}votes/reset/").status_code == 404
    assert "results/" not in voter.get(f"{board.get_absolute_url()}vote/").content.decode()


def test_a_ballot_takes_few_queries_whatever_the_board(
    voter: Client, judged: Judged, django_assert_max_num_queries: Any
) -> None:
    board = judged(prompts="\n".join(map(str, range(12))))
    voter.get(f"{board.get_absolute_url()}vote/")
    with django_assert_max_num_queries(10):
        voter.get(f"{board.get_absolute_url()}vote/")

"""A report's pages: began from a board, written to, frozen, deleted and restored."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from boards.models import Board
from people.accounts.models import AuditEntry
from runs.models import Run
from sharing.models import Report
from sharing.reports import saving
from tests.boards.judging import Judged, status_of

pytestmark = pytest.mark.django_db
Begin = Callable[[Board], Report]


def words_of(response: Any) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


def streamed(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_board_begins_one_live_report(member: Client, voted: Board) -> None:
    address = f"{voted.get_absolute_url()}report/"
    assert "Begin a report" in member.get(address).content.decode()
    first, second = (member.post(address)["Location"] for _ in range(2))
    assert first == second == Report.objects.get().get_absolute_url()
    assert AuditEntry.objects.filter(event="began").count() == 1


def test_the_page_says_question_winner_candidates_and_how_it_was_judged(
    member: Client, voted: Board, report_of: Begin
) -> None:
    words = words_of(member.get(report_of(voted).get_absolute_url()))
    for sentence in (
        "Which model does best on “Cats”?",
        "2 models on 8 inputs, 16 results, 8 blind votes.",
        "turbo won 100 % of 8 blind votes (68 to 100 %): it is better than each of the others.",
        "8 blind votes by 1 voter",
        "Who made the board is the only voter.",
        "$0.01 per image",
        "not stated",
        "won its only blind vote",
        "lost its only blind vote",
        "No run failed.",
    ):
        assert sentence in words


def test_pictures_are_shown_with_their_prompts(
    member: Client, voted: Board, report_of: Begin
) -> None:
    page = member.get(report_of(voted).get_absolute_url()).content.decode()
    alts = re.findall(r'<img\s+src="(/runs/[^"]+/artifacts/0/)"\s+alt="(turbo|flux): a \w"', page)
    assert sorted(name for _, name in alts) == ["flux"] * 4 + ["turbo"] * 4
    for address, _ in alts:
        assert status_of(member, address) == 200


def test_own_sentences_are_saved_and_stand_in_their_sections_as_text(
    member: Client, voted: Board, report_of: Begin
) -> None:
    report = report_of(voted)
    address = f"{report.get_absolute_url()}form/"
    assert "Which model does best" in member.get(address).content.decode()
    posted = {"question": "Which one for the shop?", "summary": "Take <b>turbo</b>.\n\nNow."}
    assert member.post(address, posted)["Location"] == report.get_absolute_url()
    page = member.get(report.get_absolute_url()).content.decode()
    assert "Which one for the shop?" in page
    assert "<p>Take &lt;b&gt;turbo&lt;/b&gt;.</p>" in page


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"question": " ", "summary": "kept"}, "Write the question"),
        ({"question": "q" * 301, "summary": "kept"}, "Keep it to 300 characters: this has 301."),
        ({"question": "kept", "winners": "w" * 5001}, "Keep it to 5000 characters"),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_field_and_what_was_typed_is_kept(
    member: Client, voted: Board, report_of: Begin, posted: dict[str, str], said: str
) -> None:
    report = report_of(voted)
    response = member.post(f"{report.get_absolute_url()}form/", posted)
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    assert page.count('aria-invalid="true"') == 1
    assert "kept" in page
    report.refresh_from_db()
    assert report.question == "Which model does best on “Cats”?"


def test_a_frozen_report_keeps_its_numbers_and_says_what_changed(
    member: Client, voted: Board, report_of: Begin
) -> None:
    report = report_of(voted)
    member.post(f"{report.get_absolute_url()}freezing/")
    voted.votes.update(reset_at="2026-01-01T00:00Z")
    endpoint = voted.columns.get(position=1).endpoint
    endpoint.unit_price_usd = Decimal("0.03")
    endpoint.save()
    words = words_of(member.get(report.get_absolute_url()))
    assert "As it was on" in words
    assert "turbo won 100 % of 8 blind votes" in words
    assert "Of 8 blind votes 0 still count." in words
    assert "turbo: the list price was $0.01 per image and is $0.03 per image now." in words
    assert "Now: Nothing has been judged yet" in words
    member.post(f"{report.get_absolute_url()}freezing/", {"follow": "1"})
    words = words_of(member.get(report.get_absolute_url()))
    assert "Follows the board as it is now" in words
    assert "turbo won" not in words.partition("Changed since")[0]
    assert [*AuditEntry.objects.values_list("event", flat=True).order_by("pk")][-2:] == [
        "froze",
        "unfroze",
    ]


def test_a_deleted_runs_picture_leaves_a_sentence_in_a_frozen_report(
    member: Client, voted: Board, report_of: Begin
) -> None:
    report = report_of(voted)
    member.post(f"{report.get_absolute_url()}freezing/")
    Run.objects.filter(endpoint__endpoint_id="lab/turbo").update(deleted_at="2026-01-01T00:00Z")
    page = member.get(report.get_absolute_url()).content.decode()
    assert page.count("This result was deleted, or is no longer shared.") == 4
    assert "a a" in page


def test_a_report_of_a_deleted_board_shows_what_it_kept_to_nobody_else(
    member: Client, voted: Board, report_of: Begin, stranger: User
) -> None:
    report = report_of(voted)
    Board.objects.filter(pk=voted.pk).update(deleted_at="2026-01-01T00:00Z")
    words = words_of(member.get(report.get_absolute_url()))
    assert "the board was deleted since" in words
    assert "turbo won 100 % of 8 blind votes" in words
    member.force_login(stranger)
    assert member.get(report.get_absolute_url()).status_code == 404


def test_a_boards_tab_shows_its_live_report_or_lists_them(
    member: Client, voted: Board, report_of: Begin, user: User
) -> None:
    tab = f"{voted.get_absolute_url()}report/"
    assert tab in member.get(voted.get_absolute_url()).content.decode()
    assert "No report yet" in member.get(tab).content.decode()
    report = report_of(voted)
    assert member.get(tab)["Location"] == report.get_absolute_url()
    saving.freeze(user, report)
    page = member.get(tab).content.decode()
    assert report.get_absolute_url() in page
    assert "Begin a report" in page
    Board.objects.update(deleted_at="2026-01-01T00:00Z")
    assert report.get_absolute_url() in member.get(tab).content.decode()
    report.delete_by(user)
    assert member.get(tab).status_code == 404


def test_what_is_withheld_from_the_board_is_not_in_its_report(
    member: Client, voted: Board, report_of: Begin, stranger: User
) -> None:
    from projects.models.project import private_project

    report = report_of(voted)
    turbo = Run.objects.filter(endpoint__endpoint_id="lab/turbo")
    turbo.update(user=stranger, project=private_project(stranger), title="secret plan")
    response = member.get(report.get_absolute_url())
    words = words_of(response)
    assert "8 results no longer shared with everybody who sees the board." in words
    assert "secret plan" not in words
    page = response.content.decode()
    assert not any(str(pk) in page for pk in turbo.values_list("pk", flat=True))


def test_markdown_is_a_download(member: Client, voted: Board, report_of: Begin) -> None:
    report = report_of(voted)
    markdown = member.get(f"{report.get_absolute_url()}report.md")
    assert markdown["Content-Type"] == "text/markdown; charset=utf-8"
    assert markdown["Content-Disposition"].startswith("attachment")
    assert "# Which model does best on “Cats”?" in markdown.content.decode()
    assert "](<http://testserver/runs/" in markdown.content.decode()
    assert AuditEntry.objects.filter(event="exported").count() == 1


def test_pages_take_as_many_queries_for_a_large_board(
    member: Client, judged: Judged, report_of: Begin, django_assert_max_num_queries: Any
) -> None:
    report = report_of(judged(prompts="\n".join(map(str, range(12)))))
    for part, most in (("", 32), ("report.md", 32), ("form/", 12)):
        with django_assert_max_num_queries(most):
            member.get(f"{report.get_absolute_url()}{part}")
    Report.objects.update(frozen_at="2026-01-01T00:00Z")
    with django_assert_max_num_queries(12):
        member.get(f"{report.board.get_absolute_url()}report/")

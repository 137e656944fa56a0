"""A report as a share's visitors see it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from boards.models import Board
from runs.models import Run
from sharing.models import Report, Share
from sharing.reports import saving
from tests.boards.conftest import models, plan_of, send
from tests.boards.judging import SECRET, Judged, judged, stored
from tests.sharing.kinds.walking import answers, betrayed, page_of, share_of

__all__ = ["judged", "models", "plan_of", "send", "stored"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def report(judged: Judged, user: User) -> Report:
    """A report on a board with marks, so that it has best and worst pictures."""
    from boards.models import Mark

    board = judged("flux", "turbo", prompts="quiet zebra\nloud heron")
    for stars, cell in enumerate(board.cells.order_by("pk"), start=1):
        Mark.objects.create(cell=cell, stars=stars)
    report = saving.begin(user, board)
    Report.objects.update(question="Which one draws animals?")
    return Report.objects.get(pk=report.pk)


def test_a_visitor_reads_the_report(report: Report, user: User) -> None:
    share = share_of(user, "report", str(report.pk))
    markup = page_of(share)
    assert "Which one draws animals?" in markup
    assert "quiet zebra" in markup
    assert "turbo" in markup
    assert share.get_absolute_url() + "files/" in markup
    assert markup.count("<h1") == 1


@pytest.mark.parametrize("follows", [False, True])
def test_nothing_hidden_is_told(report: Report, user: User, follows: bool) -> None:
    User.objects.update(username="anastasia-k", email="anastasia@example.org")
    share = share_of(
        user, "report", str(report.pk), follows=follows,
        shows_models=False, shows_settings=False, shows_prices=False,
    )  # fmt: skip
    answered = answers(share)
    secrets = ["lab/", "flux", "turbo", "anastasia", "zebra", "heron", "0.02", SECRET]
    secrets += [str(report.pk), *(str(pk) for pk in Run.objects.values_list("pk", flat=True))]
    assert not betrayed(answered, secrets)
    assert [address for address in answered if "/files/" in address]


def test_a_kept_report_keeps_its_numbers_and_words(report: Report, user: User) -> None:
    kept = share_of(user, "report", str(report.pk))
    following = share_of(user, "report", str(report.pk), follows=True)
    Report.objects.update(question="Another question?")
    assert "Which one draws animals?" in page_of(kept)
    assert "Another question?" in page_of(following)


def test_a_deleted_report_shows_nothing(report: Report, user: User) -> None:
    share = share_of(user, "report", str(report.pk))
    Report.objects.update(deleted_at=share.created_at)
    assert Share.objects.exists()
    assert Board.objects.exists()
    markup = page_of(share)
    assert markup.count("<h1") == 1
    assert "not there any more" in markup
    assert "zebra" not in markup

"""What a report shows to visitors of a share, and what goes along with its board."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from boards import taking
from boards.models import Board, Mark
from boards.participants import Participant
from library.selection import ResultKey
from runs.models import Artifact, Run
from runs.ownership import moving
from runs.promises import owners
from sharing.models import Report
from sharing.reports import saving, showing
from sharing.reports.gathering import content_of
from sharing.reports.markdown import as_markdown
from sharing.reports.showing import Address
from sharing.reports.words import verdict
from tests import charged
from tests.boards.judging import Judged
from tests.boards.votes.test_ballots import judge_all
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
Begin = Callable[[Board], Report]


def loaded(report: Report) -> Report:
    return Report.objects.select_related("board__project").get(pk=report.pk)


def fail(runs: Any, message: str) -> None:
    runs.update(state="failed", error={"error": "RunFailed", "message": message})


def test_visitors_get_the_addresses_of_their_share_and_no_others(
    voted: Board, report_of: Begin
) -> None:
    report = loaded(report_of(voted))
    numbers = {key: number for number, key in enumerate(showing.result_keys(report))}
    assert len(numbers) == 8

    def address_of(artifact: Artifact) -> Address:
        number = numbers[ResultKey(artifact.run_id, artifact.position)]
        return Address(f"/s/token/files/{number}/", f"/s/token/files/{number}/thumbnail/")

    shown = showing.shown(report, address_of, has_models=False, has_prices=False)
    page = render_to_string("sharing/reports/_report.html", {"shown": shown})
    told = page + as_markdown(shown, lambda path: f"https://house.example{path}")
    assert page.count('src="/s/token/files/') == 8
    assert "Model B won 100 % of 8 blind votes" in told
    runs = {str(pk) for pk in voted.cells.values_list("run_id", flat=True)}
    for secret in ("turbo", "flux", "lab/", "$", "/runs/", "/models/", "/compare/", *runs):
        assert secret not in told


def test_a_file_that_its_reader_has_no_address_for_leaves_a_sentence(
    voted: Board, report_of: Begin
) -> None:
    shown = showing.shown(loaded(report_of(voted)), lambda artifact: Address())
    assert {one.missing for one in (*shown.best, *shown.worst)} == {showing.GONE}


def test_failures_are_counted_by_model_and_reason_and_what_has_no_result_is_said(
    judged: Judged,
) -> None:
    board = judged(prompts="a\nb\nc\nd")
    cells = list(board.cells.select_related("run", "column").order_by("pk"))
    turbo = [cell for cell in cells if cell.column.position == 1]
    fail(Run.objects.filter(pk__in=[cell.run_id for cell in turbo[:2]]), "out of memory")
    assert turbo[2].run_id
    assert turbo[3].run_id
    Run.objects.filter(pk=turbo[2].run_id).update(deleted_at=timezone.now())
    Run.objects.filter(pk=turbo[3].run_id).update(state="cancelled")
    board.cells.filter(pk=cells[0].pk).update(run=None, not_sent="The cap is reached")
    content = content_of(board)
    (failure,) = content.failures
    assert (failure.candidate, failure.count) == (turbo[0].column_id, 2)
    assert "out of memory" in failure.words
    assert [one.words for one in content.left_out] == [
        "1 cell not sent: The cap is reached.",
        "1 result deleted.",
        "1 result cancelled.",
    ]
    assert (content.results, content.judging.unjudged) == (3, 3)


def test_stars_and_verdicts_choose_best_and_worst_where_nobody_voted(judged: Judged) -> None:
    board = judged(prompts="a\nb\nc")
    cells = list(board.cells.order_by("pk"))
    Mark.objects.create(cell=cells[0], stars=5, verdict="pass")
    Mark.objects.create(cell=cells[1], stars=1)
    Mark.objects.create(cell=cells[2], stars=3)
    content = content_of(board)
    assert [pick.run for pick in content.best] == [str(cells[0].run_id)]
    assert [pick.run for pick in content.worst] == [str(cells[1].run_id)]
    assert content.best[0].facts == "5 of 5 stars · Pass"


def test_what_was_taken_is_said_first_without_its_reason_where_models_are_hidden(
    voted: Board, user: User
) -> None:
    taking.take(user, voted, voted.columns.get(position=1), "Turbo's hands are right.")
    content = content_of(voted)
    assert verdict(content)[0] == "We take turbo: Turbo's hands are right."
    assert verdict(content.without_models())[0] in {"We take Model A.", "We take Model B."}
    assert "hands" not in str(content.without_models())


def test_guests_are_counted_among_the_voters(judged: Judged, user: User) -> None:
    board = judged(prompts="a\nb\nc")
    judge_all(user, board, "lab/flux")
    judge_all(Participant.of_guest(f"guest:{uuid.uuid4()}", "Ann"), board, "lab/turbo")
    judging = content_of(board).judging
    assert (judging.votes, judging.voters, judging.guests) == (6, 2, 1)
    assert judging.is_by_maker


def test_prices_are_medians_per_result_and_exact(judged: Judged) -> None:
    board = judged(prompts="a\nb\nc")
    of_flux = board.cells.filter(column__position=0).order_by("pk").values_list("run_id", flat=True)
    for run, units in zip(of_flux, ("1", "30", "3"), strict=True):
        Run.objects.filter(pk=run).update(billable_units=units)
    charged.settle(Run.objects.all())
    flux = next(one for one in content_of(board).candidates if one.name == "flux")
    assert flux.cost == Decimal("0.03")
    assert flux.list_price == "$0.01 per image"


def test_a_report_moves_with_its_board_and_is_seen_by_whoever_sees_it(
    client: Client, voted: Board, report_of: Begin, user: User
) -> None:
    report = report_of(voted)
    acme = make_project("Acme", **{user.username: "maker", "cleo": "viewer"})
    chosen = moving.choose(user, {"board": [str(voted.pk)]})
    client.force_login(person("cleo"))
    assert client.get(report.get_absolute_url()).status_code == 404
    moving.move(user, chosen, acme)
    report.refresh_from_db()
    assert report.project == acme
    page = client.get(report.get_absolute_url()).content.decode()
    assert "turbo won 100 %" in page
    assert "Write" not in page
    for part in ("form/", "freezing/", "deletion/"):
        assert client.post(f"{report.get_absolute_url()}{part}").status_code == 403
    assert client.post(f"{voted.get_absolute_url()}report/").status_code == 403
    tab = f"{voted.get_absolute_url()}report/"
    assert client.get(tab)["Location"] == report.get_absolute_url()


def test_what_a_frozen_report_shows_is_kept_by_a_project_that_deletes_old_runs(
    voted: Board, report_of: Begin, user: User
) -> None:
    report = loaded(report_of(voted))
    saving.freeze(user, report)
    shown = {key.run for key in showing.result_keys(report)}
    runs = set(voted.cells.values_list("run_id", flat=True))
    Board.objects.filter(pk=voted.pk).update(deleted_at=timezone.now())
    assert owners.kept_runs(runs) == shown
    report.delete_by(user)
    assert owners.kept_runs(runs) == set()

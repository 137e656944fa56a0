"""Standing trials: the models they record, the runs they send or hold back, their messages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from catalog.changelog import personal_news
from catalog.models import Change, Endpoint, Standing
from features.boards.models import Board, RowMark, StandingTrial, Trial, Vote
from features.boards.runs import budget
from features.boards.trials import planning, sending
from features.notifications import inbox
from features.notifications.models import Notification
from projects.models import Membership, Project, Rule
from runs.models import Run, View
from tests.features.boards import documents
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
Comes = Callable[..., Endpoint]


def new_runs(endpoint: Endpoint) -> int:
    return Run.objects.filter(endpoint=endpoint).count()


def test_a_new_model_that_fits_becomes_a_column_once(
    board: Board, standing: StandingTrial, comes: Comes
) -> None:
    new = comes()
    dear = comes("lab/dear", unit_price_usd=Decimal(3))
    sending.send_due_and_report()
    sending.send_due_and_report()
    trial = board.trials.get()
    assert (trial.endpoint, trial.state, trial.reason) == (new, "sent", "search")
    assert trial.column
    assert trial.column.cells.count() == new_runs(new) == 3
    assert new_runs(dear) == 0
    prompts = [run.arguments["prompt"] for run in Run.objects.filter(endpoint=new)]
    assert sorted(prompts) == ["a", "b", "c"]
    Run.objects.filter(endpoint=new).update(state="succeeded", billable_units="1")
    sending.send_due_and_report()
    assert board.trials.get().state == "done"


def test_new_versions_and_schemas_are_tried_with_their_columns_settings(
    board: Board, standing: StandingTrial, comes: Comes, models: dict[str, Endpoint]
) -> None:
    board.columns.filter(endpoint=models["flux"]).update(settings={"num_inference_steps": 12})
    StandingTrial.objects.update(params="")
    Endpoint.objects.filter(pk=models["flux"].pk).update(group_key="flux")
    version = comes("lab/flux/v2", group_key="flux")
    other = models["turbo"]
    richer = comes("tmp/x", documents.document("prompt", prompt=documents.PROMPT)).schema
    Endpoint.objects.filter(endpoint_id="tmp/x").update(gone_at=timezone.now())
    Change.objects.create(endpoint=other, kind="schema", at=timezone.now(), was=other.schema)
    Endpoint.objects.filter(pk=other.pk).update(schema=richer)
    sending.send_due_and_report()
    tried = {trial.endpoint: trial for trial in board.trials.all()}
    assert {trial.reason for trial in tried.values()} == {"version", "schema"}
    carried, again = tried[version].column, tried[other].column
    assert carried
    assert carried.settings == {"num_inference_steps": 12}
    assert again
    assert again.label.startswith("inputs of")
    assert again.cells.count() == 3
    assert board.columns.count() == 4


def test_a_model_that_does_not_fit_says_what_is_missing_and_sends_nothing(
    board: Board, standing: StandingTrial, comes: Comes
) -> None:
    editor = comes("lab/editor", documents.EDIT)
    sending.send_due_and_report()
    trial = board.trials.get()
    assert trial.state == "unfit"
    assert trial.note == "Image is missing."
    assert new_runs(editor) == 0
    assert board.columns.count() == 2


@pytest.mark.parametrize(
    ("change", "state"),
    [
        pytest.param({"standing": Standing.BLOCKED, "standing_reason": "No."}, "refused", id="no"),
        pytest.param({"gone_at": timezone.now()}, "refused", id="gone"),
        pytest.param({"schema": None}, "waiting", id="no-schema"),
    ],
)
def test_a_model_that_cannot_run_is_not_tried(
    board: Board, standing: StandingTrial, comes: Comes, change: dict[str, Any], state: str
) -> None:
    new = comes()
    planning.note_all()
    Endpoint.objects.filter(pk=new.pk).update(**change)
    sending.send_due_and_report()
    assert board.trials.get().state == state
    assert new_runs(new) == 0


def test_a_trial_beyond_the_monthly_cap_waits_for_the_next_month(
    board: Board, standing: StandingTrial, comes: Comes
) -> None:
    StandingTrial.objects.update(monthly_cap_usd=Decimal("0.05"))
    first, second = comes("lab/n1"), comes("lab/n2")
    unknown = comes("lab/n3", unit_price_usd=None, price_unit="")
    Trial.objects.create(board=board, endpoint=unknown, reason="version")
    sending.send_due_and_report()
    states = {trial.endpoint: trial for trial in board.trials.all()}
    sent = [endpoint for endpoint in (first, second) if states[endpoint].state == "sent"]
    held = [endpoint for endpoint in (first, second) if states[endpoint].state == "held"]
    assert len(sent) == len(held) == 1
    assert states[held[0]].note.startswith("It may cost $0.03, and $0.02 of $0.05 is left")
    assert states[unknown].note.startswith("Its price is unknown")
    assert new_runs(held[0]) == 0
    assert board.columns.count() == 3
    sending.send_due_and_report()
    assert new_runs(held[0]) == 0
    (notification,) = Notification.objects.filter(
        kind="budget_warning"
    )  # one message a month for all trials together
    assert (notification.user, notification.path) == (
        board.user,
        f"{board.get_absolute_url()}trials/",
    )
    assert "A cap stopped a trial on the board “Cats”" in notification.subject
    sending.send_due(timezone.now() + timedelta(days=32))
    assert new_runs(held[0]) == 3


def test_trials_paused_or_set_to_night_are_not_sent_at_noon(
    board: Board, standing: StandingTrial, comes: Comes
) -> None:
    new = comes()
    StandingTrial.objects.update(state="paused")
    sending.send_due_and_report()
    assert board.trials.get().state == "waiting"
    StandingTrial.objects.update(state="on", when="night")
    noon = timezone.localtime().replace(hour=12)
    sending.send_due(noon)
    assert new_runs(new) == 0
    sending.send_due(noon.replace(hour=3))
    assert new_runs(new) == 3
    StandingTrial.objects.update(state="off", watched_until=noon - timedelta(days=2))
    comes("lab/later")
    sending.send_due_and_report()
    assert board.trials.count() == 1


def test_the_owner_is_told_which_model_won(
    board: Board, standing: StandingTrial, comes: Comes, user: User, stranger: User, client: Client
) -> None:
    new = comes()
    flux = board.columns.get(position=0)
    for row in board.rows.all():
        RowMark.objects.create(row=row, winner=flux)
    sending.send_due_and_report()
    Run.objects.filter(endpoint=new).update(state="succeeded")
    sending.send_due_and_report()
    (entry,) = personal_news.entries(user)
    assert entry.title == "new was tried on 3 rows: look and judge"
    trial = board.trials.get()
    first, second, third = board.rows.all()
    RowMark.objects.filter(row=first).update(winner=trial.column)
    RowMark.objects.filter(row__in=[second, third]).delete()
    cells = [board.cells.get(row=second, column=column) for column in (flux, trial.column)]
    Vote.objects.create(
        board=board, voter=stranger, first=cells[0], second=cells[1], winner=cells[1]
    )
    RowMark.objects.create(row=third, winner=flux)
    sending.send_due_and_report()
    sending.send_due_and_report()
    subjects = list(Notification.objects.filter(user=user).values_list("subject", flat=True))
    assert sorted(subjects) == [
        "new was tried on 3 rows: look and judge",
        "new won 2 of 3 rows against flux",
    ]
    assert inbox.count_new(user) == 2
    client.force_login(user)
    client.get(f"{board.get_absolute_url()}trials/")
    assert inbox.count_new(user) == 0
    assert personal_news.entries(stranger) == []


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_trial_once_within_the_cap(
    board: Board, standing: StandingTrial, comes: Comes
) -> None:
    StandingTrial.objects.update(monthly_cap_usd=Decimal("0.07"))
    new = [comes(f"lab/n{number}") for number in range(4)]
    ready = threading.Barrier(3)
    problems: list[BaseException] = []

    def work() -> None:
        try:
            ready.wait()
            sending.send_due_and_report()
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Trial.objects.count() == 4
    assert Run.objects.filter(endpoint__in=new).count() == 6
    assert sorted(Trial.objects.values_list("state", flat=True)) == ["held", "held", "sent", "sent"]
    assert sending.spent_since(board, timezone.now()) <= Decimal("0.07")


def test_a_trial_that_a_rule_refused_says_so_and_works_once_the_rule_is_gone(
    client: Client, board: Board, standing: StandingTrial, comes: Comes
) -> None:
    new = comes()
    planning.note_all()
    rule = Rule.objects.create(kind="id", value=new.endpoint_id, reason="Too dear for us")
    sending.send_due_and_report()
    trial = board.trials.get()
    client.force_login(board.user)
    page = f"{board.get_absolute_url()}trials/"
    text = client.get(page).content.decode()
    assert "Too dear for us" in text
    assert "Try again" in text
    address = f"{page}{trial.pk}/"
    client.post(address, {"do": "send"})
    trial.refresh_from_db()
    assert trial.state == "refused"
    rule.delete()
    client.post(address, {"do": "send"})
    trial.refresh_from_db()
    assert trial.state == "sent"
    assert new_runs(new) > 0


@pytest.fixture
def project(board: Board, standing: StandingTrial) -> Project:
    """The board's project; the board's owner is a maker there."""
    project = make_project("Film", ana="maker", ben="maker", vera="viewer")
    Board.objects.update(project=project)
    Run.objects.update(project=project)
    board.refresh_from_db()
    return project


def of_ana(project: Project) -> Membership:
    return Membership.objects.get(project=project, user__username="ana")


def test_a_trial_runs_for_the_boards_user_in_its_project(
    project: Project, board: Board, comes: Comes
) -> None:
    new = comes()
    sending.send_due_and_report()
    runs = Run.objects.filter(endpoint=new)
    assert {(run.user.username, run.project) for run in runs} == {("ana", project)}


def test_nothing_is_tried_while_the_boards_user_may_run_nothing(
    project: Project, board: Board, comes: Comes
) -> None:
    membership = of_ana(project)
    membership.role = "viewer"
    membership.save()
    new = comes()
    sending.send_due_and_report()
    assert not board.trials.exists()
    membership.role = "maker"
    membership.save()
    Project.objects.update(archived_at=timezone.now())
    sending.send_due_and_report()
    assert not board.trials.exists()
    Project.objects.update(archived_at=None)
    sending.send_due_and_report()
    assert Run.objects.filter(endpoint=new).count() == 3


def test_another_maker_is_told_why_a_trial_is_not_sent(
    project: Project, board: Board, make_endpoint: Callable[..., Endpoint]
) -> None:
    trial = board.trials.create(endpoint=make_endpoint("lab/x"), reason="search")
    of_ana(project).delete()
    browser = Client()
    browser.force_login(person("ben"))
    address = f"{board.get_absolute_url()}trials/{trial.pk}/"
    page = browser.post(address, {"do": "send"}, follow=True).content.decode()
    assert "Its runs would belong to ana, who may not run anything in this project now." in page


def test_news_go_to_the_boards_user_while_they_are_a_member(
    project: Project, board: Board, user: User, comes: Comes
) -> None:
    comes()
    sending.send_due_and_report()
    Run.objects.update(state="succeeded")
    of_ana(project).delete()
    sending.send_due_and_report()
    assert not Notification.objects.exists()
    Membership.objects.create(project=project, user=user, role="maker")
    sending.send_due_and_report()
    notice = Notification.objects.get()
    assert list(inbox.lines(user)) == [notice]
    of_ana(project).delete()
    assert list(inbox.lines(user)) == []


def test_no_warning_of_a_cap_goes_to_who_has_left(project: Project, board: Board) -> None:
    Board.objects.update(cap_usd=Decimal("0.01"))
    board.refresh_from_db()
    of_ana(project).delete()
    assert not budget.warn_of_board(board, 1)
    assert not Notification.objects.exists()


def test_the_form_offers_the_views_of_who_reads_it(project: Project, board: Board) -> None:
    for name in ("ana", "ben"):
        View.objects.create(user=person(name), name=f"of {name}", line="q=x", of="models")
    browser = Client()
    browser.force_login(person("ben"))
    page = browser.get(f"{board.get_absolute_url()}trials/").content.decode()
    assert "of ben" in page
    assert "of ana" not in page

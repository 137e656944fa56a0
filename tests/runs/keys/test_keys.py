"""Projects' keys against the sandbox: checked, used until a run ends, switched, withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from core.db import clock
from projects.models import Project
from runs.keys import new_key, ring, vault
from runs.models import ProjectKey, Run
from runs.progress import worker_status
from runs.results import refusals
from runs.state import state_machine
from tests.projects.people import make_project
from tests.runs.conftest import Ask, Control, Work, have_ended
from tests.runs.keys.conftest import AskIn, Enter
from tests.sampling import sample

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

FAST, SLOW = "sandbox/ridgeline", "mischief/slow"
STATE = ProjectKey.State


def test_a_key_is_tried_then_used_for_its_project_alone(
    spring: Project, enter: Enter, ask_in: AskIn, ask: Ask, work: Work, sandbox: Control
) -> None:
    row = enter(spring, "spring-1:sandbox-key-secret")
    assert (row.state, row.trouble) == (STATE.ACTIVE, "")
    assert "spring-1:sandbox-key-secret" not in row.secret
    mine, other = ask_in(spring, FAST, prompt="a"), ask(FAST, prompt="b")
    work(lambda: have_ended(mine, other))
    for run in (mine, other):
        run.refresh_from_db()
        assert run.state == Run.State.SUCCEEDED
    assert (mine.project_key_id, other.project_key_id) == (row.pk, None)
    calls = sandbox.calls_by_key()
    assert calls["spring-1"]["submit"] == 1
    assert calls["test"]["submit"] == 1  # the account's own key


def test_a_wrong_key_is_never_kept_nor_is_the_accounts_own(
    spring: Project, enter: Enter, sandbox: Control
) -> None:
    wrong = enter(spring, "wrong-id:wrong-secret")
    assert (wrong.state, wrong.secret) == (STATE.REFUSED, "")
    assert wrong.trouble.startswith("fal refuses this key.")
    own = enter(spring, "test:account-never-shown")
    assert (own.state, own.secret) == (STATE.REFUSED, "")
    assert own.trouble.startswith("This is the account's own key")
    assert new_key.can_take()


@pytest.mark.exhaustive
def test_a_key_that_cannot_be_tried_now_is_tried_again(
    spring: Project, enter: Enter, secret: str, admin: User, work: Work, sandbox: Control
) -> None:
    work(new_key.can_take)
    sandbox.fault("pricing", "500", times=4)
    row = new_key.enter(spring, "spring-1:sandbox-key-secret", admin)

    def is_said() -> bool:
        row.refresh_from_db()
        return row.trouble != ""

    work(is_said)
    assert row.state == STATE.TRIED
    assert row.trouble.startswith("fal gives no answer yet")
    sandbox.reset()
    work(lambda: ProjectKey.objects.get(pk=row.pk).state == STATE.ACTIVE)
    row.refresh_from_db()
    assert row.trouble == ""


def test_a_run_keeps_its_key_to_the_end_while_the_next_one_has_the_new(
    spring: Project, enter: Enter, ask_in: AskIn, work: Work, sandbox: Control
) -> None:
    first = enter(spring, "spring-1:sandbox-key-secret")
    running = ask_in(spring, SLOW, prompt="slow", duration=60)
    work(lambda: Run.objects.filter(pk=running.pk, state__in=["queued", "running"]).exists())
    second = enter(spring, "spring-2:sandbox-key-secret")
    first.refresh_from_db()
    assert (first.state, second.state) == (STATE.REPLACED, STATE.ACTIVE)
    following = ask_in(spring, FAST, prompt="next")
    work(lambda: have_ended(following))
    state_machine.request_cancel(running.pk)
    work(lambda: have_ended(running))
    running.refresh_from_db()
    following.refresh_from_db()
    assert (running.project_key_id, following.project_key_id) == (first.pk, second.pk)
    calls = sandbox.calls_by_key()
    assert calls["spring-1"]["cancel"] == 1
    assert "cancel" not in calls["spring-2"]
    assert calls["spring-2"]["submit"] == 1


def test_a_leaked_key_that_was_withdrawn_gives_way_also_for_runs_under_way(
    spring: Project, enter: Enter, ask_in: AskIn, work: Work, sandbox: Control
) -> None:
    enter(spring, "spring-1:sandbox-key-secret")
    running = ask_in(spring, SLOW, prompt="under way", duration=2)
    work(lambda: Run.objects.filter(pk=running.pk, state="running").exists())
    sandbox.withdraw("spring-1:sandbox-key-secret")
    enter(spring, "spring-2:sandbox-key-secret")
    work(lambda: have_ended(running))
    running.refresh_from_db()
    assert running.state == Run.State.SUCCEEDED
    assert sandbox.calls_by_key()["spring-2"]["status"] > 0


def test_a_refused_key_holds_its_projects_runs_and_nobody_elses(
    spring: Project, enter: Enter, ask_in: AskIn, ask: Ask, work: Work, sandbox: Control
) -> None:
    row = enter(spring, "spring-1:sandbox-key-secret")
    sandbox.withdraw("spring-1:sandbox-key-secret")
    held = [ask_in(spring, FAST, prompt=f"held {number}") for number in range(3)]
    others = [ask(FAST, prompt=f"free {number}") for number in range(3)]

    def is_said() -> bool:
        row.refresh_from_db()
        noted = Run.objects.filter(pk__in=[run.pk for run in held], note__contains="this project")
        return have_ended(*others) and row.trouble != "" and noted.count() == len(held)

    work(is_said)
    assert row.trouble == refusals.KEY_OF_PROJECT_REFUSED
    assert {run.state for run in Run.objects.filter(user__username="ana")} == {"succeeded"}
    assert not worker_status.is_account_refused(worker_status.workers_alive())
    enter(spring, "spring-2:sandbox-key-secret")
    work(lambda: have_ended(*held))
    assert {Run.objects.get(pk=run.pk).state for run in held} == {"succeeded"}


@pytest.mark.exhaustive
def test_what_a_former_worker_said_of_a_key_is_corrected(
    spring: Project, enter: Enter, ask_in: AskIn, work: Work
) -> None:
    row = enter(spring, "spring-1:sandbox-key-secret")
    ProjectKey.objects.filter(pk=row.pk).update(trouble=refusals.KEY_OF_PROJECT_REFUSED)
    run = ask_in(spring, FAST, prompt="taken")
    work(lambda: have_ended(run) and ProjectKey.objects.get(pk=row.pk).trouble == "")


def test_a_key_that_nobody_can_decrypt_sends_nothing_with_another_one(
    spring: Project, enter: Enter, ask_in: AskIn, work: Work, sandbox: Control, settings: object
) -> None:
    row = enter(spring, "spring-1:sandbox-key-secret")
    settings.KEYS_SECRETS = [vault.new_secret()]  # type: ignore[attr-defined]
    run = ask_in(spring, FAST, prompt="waits")

    def is_said() -> bool:
        row.refresh_from_db()
        return row.trouble == ring.UNREADABLE

    work(is_said)
    run.refresh_from_db()
    assert run.state in {"created", "submitting"}
    assert "submit" not in sandbox.calls_by_key().get("test", {})
    enter(spring, "spring-1:sandbox-key-secret")
    work(lambda: have_ended(run))


def test_removed_and_put_back_and_forgotten(
    spring: Project, enter: Enter, ask_in: AskIn, work: Work, sandbox: Control
) -> None:
    row = enter(spring, "spring-1:sandbox-key-secret")
    new_key.remove(row)
    run = ask_in(spring, FAST, prompt="own")
    work(lambda: have_ended(run))
    run.refresh_from_db()
    assert run.project_key_id is None
    new_key.put_back(row)
    again = ask_in(spring, FAST, prompt="again")
    work(lambda: have_ended(again))
    again.refresh_from_db()
    assert again.project_key_id == row.pk
    new_key.remove(row)
    ProjectKey.objects.filter(pk=row.pk).update(ended_at=clock.now() - timedelta(days=2))
    work(lambda: ProjectKey.objects.get(pk=row.pk).secret == "")
    with pytest.raises(new_key.Refused, match="no longer has this key"):
        new_key.put_back(row)


@pytest.mark.parametrize(
    "key", sample(["", "id", ":secret", "id:", "a b:c", "id:ß", "i:" + "x" * 300], 2, by_seed=1)
)
def test_what_is_no_key_is_refused(spring: Project, admin: User, key: str) -> None:
    with pytest.raises(new_key.Refused, match="key_id:key_secret"):
        new_key.enter(spring, key, admin)
    assert not ProjectKey.objects.exists()


@pytest.mark.exhaustive
def test_a_double_click_says_so_and_the_second_press_counts(
    spring: Project, enter: Enter, admin: User, work: Work
) -> None:
    work(new_key.can_take)
    first = new_key.enter(spring, "spring-1:sandbox-key-secret", admin)
    second = new_key.enter(spring, "spring-1:sandbox-key-secret", admin)
    with pytest.raises(new_key.Refused, match="meanwhile"):
        new_key.wait_for_answer(first, 5)
    work(lambda: ProjectKey.objects.get(pk=second.pk).state == STATE.ACTIVE)
    assert ProjectKey.objects.count() == 1


def test_a_key_is_for_one_project(spring: Project, enter: Enter, admin: User) -> None:
    enter(spring, "spring-1:sandbox-key-secret")
    autumn = make_project("Autumn", root="manager")
    with pytest.raises(new_key.Refused, match="“Spring” has this key"):
        new_key.enter(autumn, "spring-1:sandbox-key-secret", admin)

"""The status page: problems come first, each with its remedy; admins are told of what lasts."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

import fal
from catalog.models import SyncReport
from core.db import clock
from features.notifications.models import Channel, Delivery, Notification
from features.spending.models import BillingState
from house.operations import owner, status
from runs.models import Run, Worker
from runs.worker.circuit_breaker import BreakerRegistry
from tests.conftest import grant
from tests.house.made import make_admin
from tests.projects.people import make_project
from tests.runs.looks import let_look

pytestmark = pytest.mark.django_db
PAGE = "/admin/status/"


@pytest.fixture
def ops(client: Client) -> Client:
    """A browser of an operator, who may not see runs."""
    olga = User.objects.create_user("olga")
    grant(olga, "playground.view_worker")
    client.force_login(olga)
    return client


def alive(**values: Any) -> None:
    defaults = {"beat_at": clock.now(), "has_key": True}
    Worker.objects.create(name="vm:1", **(defaults | values))


def synced(**values: Any) -> None:
    SyncReport.objects.create(**({"state": "done", "ended_at": timezone.now()} | values))


def test_a_healthy_system_shows_no_problems(ops):
    alive()
    synced()
    html = ops.get(PAGE).content.decode()
    assert "All is well." in html
    assert "vm:1" in html


@pytest.mark.parametrize(
    ("values", "problem_text"),
    [
        (None, "No worker is running"),
        ({"beat_at": timezone.now() - timedelta(hours=1)}, "No worker is running"),
        ({"trouble": "queue.fal.run does not answer."}, "queue.fal.run does not answer."),
    ],
)
def test_problems_of_the_workers_are_shown(values, problem_text):
    synced()
    if values is not None:
        alive(**values)
    assert any(problem_text in problem for problem in status.load_status(User()).problems)


def test_a_refused_admin_key_is_a_problem(ops):
    alive()
    synced()
    trouble = "fal refuses FAL_ADMIN_KEY."
    BillingState.objects.create(pk=1, has_key=True, trouble=trouble)
    html = ops.get(PAGE).content.decode()
    assert "All is well." not in html
    assert f"{trouble} Meanwhile" in html
    assert any(trouble in problem for problem in status.problems())


@pytest.mark.parametrize(
    ("values", "problem_text"),
    [
        (None, "never synced"),
        ({"ended_at": timezone.now() - timedelta(days=2)}, "long ago"),
    ],
)
def test_problems_of_the_sync_are_shown(values, problem_text):
    alive()
    if values is not None:
        synced(**values)
    assert any(problem_text in problem for problem in status.load_status(User()).problems)


def test_a_low_disk_and_a_long_waiting_run_are_shown(settings, make_run):
    alive()
    synced()
    settings.DISK_FLOOR_MB = 99_999_999
    run = make_run(state="queued")
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=3))
    problems = " ".join(status.load_status(User()).problems)
    assert "The disk is nearly full" in problems
    assert "A run has been under way for" in problems


def test_errors_are_shown_only_with_the_permission_to_see_runs(ops, make_run):
    fox = make_project("Fox", ana="manager")
    make_run(state="failed", error={"message": "no fox in the snow"}, project=fox)
    assert "no fox in the snow" not in ops.get(PAGE).content.decode()
    grant(User.objects.get(username="olga"), "playground.view_run")
    assert "no fox in the snow" in ops.get(PAGE).content.decode()


def test_a_breaker_is_summarised_by_its_host():
    breakers = BreakerRegistry()
    url = "https://queue.fal.run/fal-ai/flux"
    breakers.record_response(url, None)
    assert breakers.summary() == [{"host": "queue.fal.run", "state": "closed", "trouble": ""}]
    breakers.record_response(url, fal.Unreachable("refused"))
    (breaker,) = breakers.summary()
    assert breaker["state"] == "open"
    assert breaker["trouble"].startswith("queue.fal.run")


def test_upstreams_words_about_a_private_run_are_not_shown(client, make_run):
    eva = User.objects.create_user("eva")
    grant(eva, "playground.view_worker", "playground.view_run")
    client.force_login(eva)
    error = {"error": "InvalidInput", "status": 422, "detail": "No heron at dawn, please"}
    run = make_run(state="failed", error=error, ended_at=timezone.now())
    html = client.get(PAGE).content.decode()
    assert "heron" not in html
    assert run.get_absolute_url() in html
    assert "The model did not accept the input" in html
    let_look(eva, run)
    assert "No heron at dawn" in client.get(PAGE).content.decode()


@pytest.fixture(autouse=True)
def _first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "_before", frozenset())


def test_admins_are_told_of_what_lasts_once_a_day(user, settings):
    eva = make_admin("eva")
    owner.tell_admins()
    assert not Notification.objects.exists()
    owner.tell_admins()
    owner.tell_admins()
    notices = Notification.objects.all()
    assert {notification.user for notification in notices} == {eva}
    subjects = sorted(notification.subject for notification in notices)
    assert len(subjects) == len(set(subjects))
    assert any(subject.startswith("No worker is running") for subject in subjects)
    assert {notification.path for notification in notices} == {"/admin/status/"}
    assert not Delivery.objects.exists()  # without EMAIL_URL, no mail is sent


def test_trouble_is_mailed_to_admins_who_have_chosen_nothing(settings):
    settings.EMAIL_URL = "smtp://mail.example.com"
    eva, mia = make_admin("eva"), make_admin("mia")
    User.objects.filter(pk__in=[eva.pk, mia.pk]).update(email="admin@example.com")
    Channel.objects.create(user=mia, method="email", name="mail", kinds=["budget_warning"])
    for _ in range(3):
        owner.tell_admins()
    mails = Delivery.objects.filter(notification__subject__startswith="No worker is running")
    assert [(mail.user, mail.address) for mail in mails] == [(eva, "admin@example.com")]

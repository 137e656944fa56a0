"""Something limits the growth of every table; jobs are tested on the rows of a year."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import CASCADE, Model
from django.utils import timezone

from accounts import housekeeping
from accounts.audit.entries import AuditEntry
from accounts.models import LoginLink, RateBucket, SignInCounter, SpentToken
from api import tokens
from catalog.changelog import recorder
from catalog.models import Change, Endpoint, SyncReport
from catalog.sync import pipeline
from house.operations.retention import expired
from projects.kept.models import Kept
from projects.models.project import private_project

pytestmark = pytest.mark.django_db
DAYS = 365
Values = Callable[[int], dict[str, Any]]

# Limits of the tables whose rows are not deleted with others or by age; each model needs one.
HELD: Mapping[str, str] = {
    "the code: rows for each of its models": "auth.Permission contenttypes.ContentType",
    "few for each person, by their acts": (
        "account.EmailAddress accounts.Preferences api.Token auth.Group auth.User "
        "catalog.Collection catalog.Reader mfa.Authenticator notifications.Channel "
        "notifications.NotificationPreferences people.GivenPermission people.Invitation "
        "playground.Share projects.Project retirement.Replacement "
        "socialaccount.SocialAccount socialaccount.SocialApp"
    ),
    "housekeeping: what has expired goes within the hour, the audit log after AUDIT_DAYS": (
        "accounts.AuditEntry accounts.LoginLink accounts.QueuedMail accounts.RateBucket "
        "accounts.SignInCounter accounts.SpentToken allauth_idp_oidc.Client "
        "allauth_idp_oidc.Token sessions.Session usersessions.UserSession"
    ),
    "the catalogue: one for each of upstream's, the newest changes and syncs": (
        "catalog.Change catalog.Endpoint catalog.Picture catalog.Revision catalog.Schema "
        "catalog.SyncReport"
    ),
    "a row for each run, which outlives it, and a row for each model in a project": (
        "playground.RecordSum playground.RecordedRun"
    ),
    "a row or two": (
        "notifications.SigningKey playground.KeptFigures playground.UpstreamKeys "
        "spending.BillingState spending.SpendingRules"
    ),
    "days of projects and of the house, and the purge": (
        "playground.DiscardedContent playground.Run playground.Upload"
    ),
    "few by their nature: versions, processes at work, kinds of events": (
        "operations.Counter operations.CspReport operations.DataVersion operations.ServerProcess"
    ),
    "queues, which the worker empties": (
        "playground.UploadReservation playground.UpstreamDeletion playground.WantedCopy"
    ),
    "money, kept for ever": (
        "api.KeyedCall playground.Charge playground.DailySum spending.BillingEvent"
    ),
}


def holder(model: type[Model]) -> str:
    """Return what keeps a table from growing without end; empty if nothing does."""
    label = model._meta.label
    for rows in expired.ROWS:
        if rows.model == label:
            return f"goes by {rows.setting}"
    if issubclass(model, Kept):
        return "people make them and delete them"
    for words, labels in HELD.items():
        if label in labels.split():
            return words
    for field in model._meta.concrete_fields:
        above = field.related_model
        goes_along = getattr(field.remote_field, "on_delete", None) is CASCADE
        if goes_along and isinstance(above, type) and above is not User:
            return f"goes with its {above._meta.verbose_name}"
    return ""


def test_each_table_is_held_by_something():
    models = apps.get_models(include_auto_created=True)
    free = [model._meta.label for model in models if not holder(model)]
    assert free == [], "say in HELD what keeps these tables from growing"
    lines = " ".join(HELD.values()).split()
    assert sorted(lines) == sorted({*lines} & {model._meta.label for model in models})


def fill(model: type[Model], values: Values, at: str) -> None:
    """Make a row for each day of the last year, the newest a minute old."""
    newest = timezone.now() - timedelta(minutes=1)
    moments = [newest - timedelta(days=day) for day in range(DAYS)]
    rows = model._default_manager.bulk_create(
        model(**{at: moment} | values(day)) for day, moment in enumerate(moments)
    )
    for row, moment in zip(rows, moments, strict=True):
        setattr(row, at, moment)  # some columns are set to the present when a row is created
    model._default_manager.bulk_update(rows, [at], batch_size=DAYS)


def add_key(key: str, values: dict[str, Any], day: int) -> dict[str, Any]:
    return {key: f"{day}"} | values


@pytest.fixture
def of_day(user: User, make_run: Any) -> dict[str, Values]:
    """Return the columns that a row of each model needs."""
    run, home = make_run(), private_project(user)
    token, _ = tokens.create(user, "assistant")
    address = EmailAddress.objects.create(user=user, email="ana@example.com")
    people = User.objects.bulk_create(User(username=f"p{day}") for day in range(DAYS))
    endpoints = Endpoint.objects.bulk_create(
        Endpoint(endpoint_id=f"x/{day}", display_name="x", owner="x") for day in range(DAYS)
    )
    return {
        "playground.Draft": lambda day: {
            "user": user,
            "endpoint": endpoints[day],
            "post": {},
        },
        "boards.PlanDraft": lambda day: {
            "user": people[day],
            "project": home,
            "post": {},
        },
        "notifications.Notification": lambda day: {"user": user, "kind": "test", "key": f"{day}"},
        "notifications.Delivery": lambda day: {
            "user": user,
            "method": "email",
            "state": "delivered",
        },
        "account.EmailConfirmation": lambda day: {"email_address": address, "key": f"{day}"},
        "api.Consent": lambda day: {
            "token": token,
            "project": home,
            "body": {},
            "inputs": {},
            "expires_at": timezone.now(),
        },
        "api.ProxyPart": lambda day: {
            "user": user,
            "file_id": uuid.uuid4(),
            "number": 1,
            "size_bytes": 1,
        },
        "playground.WebhookReport": lambda day: {"run": run, "headers": {}, "body": b""},
        "playground.Worker": lambda day: {"name": f"vm:{day}", "started_at": timezone.now()},
        "projects.Look": lambda day: {"kind": "x", "row": uuid.uuid4(), "by": user},
        "projects.Move": lambda day: {"user": user, "target": home, "rows": {}},
        "playground.LedgerAccount": lambda day: {"kind": "assistant", "key": f"{day}"},
        "admin.LogEntry": lambda day: {"user": user, "action_flag": 1, "object_repr": "x"},
        "operations.Backup": lambda day: {"reason": "the day's", "state": "proved"},
    }


def test_what_goes_by_age_is_as_old_as_its_setting_says(of_day, settings):
    settings.AUDIT_DAYS = 100
    assert set(of_day) == {rows.model for rows in expired.ROWS}
    for rows in expired.ROWS:
        fill(apps.get_model(rows.model), of_day[rows.model], rows.at)
    while expired.delete_expired() != expired.EVERY_S:
        pass
    for rows in expired.ROWS:
        left = apps.get_model(rows.model)._default_manager.count()
        assert left == getattr(settings, rows.setting), rows.model


def test_what_waits_is_not_deleted_by_age(user, make_run):
    delivery = apps.get_model("notifications.Delivery")
    delivery.objects.create(user=user, method="runs", state="waiting", run=make_run())
    board = apps.get_model("playground.LedgerAccount")
    board.objects.create(kind="board", key="b")
    reserved = board.objects.create(kind="assistant", key="a")
    reserved.entries.create(amount_usd=1)
    for model in (delivery, board):
        model.objects.update(created_at=timezone.now() - timedelta(days=DAYS))
    expired.delete_expired()
    assert delivery.objects.count() == 1
    assert set(board.objects.values_list("key", flat=True)) == {"a", "b"}


def test_housekeeping_and_the_catalogue_hold_their_tables(
    user, make_endpoint, settings, monkeypatch
):
    settings.AUDIT_DAYS = 100
    LoginLink.objects.create(user=user, digest="d", auth_hash="a", expires_at=timezone.now())
    of_key: list[tuple[type[Model], str, str, dict[str, Any]]] = [
        (Session, "session_key", "expire_date", {"session_data": ""}),
        (UserSession, "session_key", "last_seen_at", {"user": user, "ip": "::1"}),
        (RateBucket, "key", "counted_at", {"tokens": 1.0}),
        (SignInCounter, "key", "updated_at", {}),
        (SpentToken, "digest", "forget_at", {}),
    ]
    for model, key, at, values in of_key:
        fill(model, partial(add_key, key, values), at)
    moments = [timezone.now() - timedelta(days=day, minutes=1) for day in range(DAYS)]
    AuditEntry.objects.bulk_create(
        AuditEntry(event="x", actor_name="x", timestamp=at, action=3) for at in moments
    )
    while housekeeping.delete_expired() != housekeeping.EVERY_S:
        pass
    for expired_one in ("sessions.Session", "usersessions.UserSession", "accounts.SpentToken"):
        assert not apps.get_model(expired_one)._default_manager.exists(), expired_one
    assert not LoginLink.objects.exists()
    assert RateBucket.objects.count() <= 2
    assert SignInCounter.objects.count() <= 2
    assert AuditEntry.objects.filter(event="x").count() == 100
    endpoint = make_endpoint()
    SyncReport.objects.bulk_create(SyncReport(state="done") for _ in range(2 * DAYS))
    pipeline._begin(full=False)
    assert SyncReport.objects.count() <= pipeline.REPORTS_KEPT
    Change.objects.bulk_create(
        Change(endpoint=endpoint, kind="new", at=timezone.now()) for _ in range(DAYS)
    )
    while recorder.prune(kept=50):
        pass
    assert Change.objects.count() == 50

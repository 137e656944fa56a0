"""The audit log: acts, changed rows with old and new values, sign-ins; nothing takes them back."""

import json
import logging
import logging.handlers
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import housekeeping
from accounts.audit import append_only, entries, trail
from accounts.audit.entries import AuditEntry
from accounts.models import SignInCounter
from api import tokens
from api.models import Token
from catalog.models import Collection, Note
from config import audit
from config.audit import AUDITED
from features.notifications.models import Channel
from projects import members, settings
from runs.models import Run
from runs.ownership import handover
from tests.accounts.audit.audited import changes, events
from tests.house.made import invite, make_admin
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(db: None) -> User:
    """An admin."""
    return User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(client: Client, eva: User) -> Client:
    """Eva's browser."""
    client.force_login(eva)
    return client


def logged() -> list[tuple[str, str, str, str]]:
    """Return actor, event, and the row's kind and name of each entry but sign-ins, oldest first."""
    return [(row.actor_name, row.event, row.kind, row.object_repr) for row in events()]


def test_audit_entries_survive_the_removal_of_their_admin(admin, eva, stranger):
    admin.post("/admin/auth/group/add/", {"name": "Design"})
    change = {"name": "Designers"}
    admin.post(
        f"/admin/auth/group/{Group.objects.get(name__startswith='Design').pk}/change/", change
    )
    admin.post(
        f"/admin/auth/group/{Group.objects.get(name__startswith='Design').pk}/delete/",
        {"post": "yes"},
    )
    boss = User.objects.create_user("boss", is_staff=True, is_superuser=True)
    handover.remove(eva, stranger, boss)
    assert not LogEntry.objects.exists()
    assert logged() == [
        ("eva", "added", "auth.group", "Design"),
        ("eva", "changed", "auth.group", "Designers"),
        ("eva", "deleted", "auth.group", "Designers"),
        ("boss", "removed", "auth.user", "eva"),
    ]
    assert "Name" in AuditEntry.objects.get(event="changed").detail


def test_acts_on_models_collections_notes_and_people_are_logged(admin, eva, user, make_endpoint):
    endpoint = make_endpoint()
    page = reverse("playground:mark", args=[endpoint.endpoint_id])
    admin.post(page, {"mark": "blocked", "reason": "Too dear"})
    admin.post(page, {"mark": ""})
    Collection.objects.create(slug="calm", title="Calm", owner=eva)
    admin.post(reverse("catalog:collection-deletion", args=["calm"]))
    note = Note.objects.create(user=user, endpoint=endpoint, text="Slow at night")
    admin.post(reverse("playground:note-deletion", args=[note.pk]))
    admin.post(f"/people/{user.pk}/departure/", {"fate": "stays", "to": eva.pk})
    admin.post(f"/people/{user.pk}/return/")
    name = endpoint.endpoint_id
    acts = [(event, row) for _, event, _, row in logged()]
    assert acts[:4] == [
        ("blocked", name),
        ("cleared", name),
        ("deleted", "Calm"),
        ("deleted", "Slow at night"),
    ]
    assert {("deactivated", "ana"), ("activated", "ana")} <= {*acts[4:]}
    assert AuditEntry.objects.get(event="blocked").detail == "Too dear"


def test_creation_and_revocation_of_tokens_are_logged(admin, eva, user, capsys):
    admin.post(reverse("api:tokens"), {"name": "n8n", "scope": ["read"], "days": "30"})
    token = Token.objects.get()
    admin.post(reverse("api:token-revocation", args=[token.pk]))
    admin.post(f"/undo/token/{token.pk}/")
    call_command("token", "ana", "--name", "nightly")
    nightly = Token.objects.get(name="nightly")
    admin.post(f"/admin/api/token/{nightly.pk}/delete/", {"post": "yes"})
    assert [(who, action) for who, action, *_ in logged()] == [
        ("eva", "created"),
        ("eva", "revoked"),
        ("eva", "restored"),
        ("command line", "created"),
        ("eva", "deleted"),
    ]
    assert AuditEntry.objects.filter(detail__contains="of ana, read run, without an end").exists()
    secret = capsys.readouterr().out.strip()
    assert not AuditEntry.objects.filter(detail__contains=secret).exists()


def test_deletions_and_recoveries_of_runs_are_logged(admin, make_run, user):
    runs = [make_run(state="succeeded") for _ in range(2)]
    posted = {"run": [run.pk for run in runs]}
    admin.post(reverse("playground:runs-deletion"), posted)
    admin.post(reverse("playground:runs-recovery"), {"run": runs[0].pk})
    admin.post(reverse("playground:runs-deletion"), posted | {"for_good": "1"})
    acts = [(action, kind) for _, action, kind, _ in logged()]
    assert acts == [
        ("deleted", "playground.run"),
        ("deleted", "playground.run"),
        ("restored", "playground.run"),
        ("deleted for good", "playground.run"),
    ]
    details = AuditEntry.objects.filter(kind="playground.run").values_list("detail", flat=True)
    assert set(details) == {"of ana"}
    Run.objects.all().delete()
    assert AuditEntry.objects.filter(object_pk=str(runs[0].pk)).count() == 2


def test_the_server_log_has_ids_instead_of_names(eva, caplog):
    with caplog.at_level(logging.INFO, "accounts.audit"):
        token, _ = tokens.create(eva, "secret project", by=eva)
    assert caplog.messages == [f"created: api.token {token.pk} by person {eva.pk}"]


def test_a_changed_person_has_before_and_after_with_who_and_from_where(admin, user):
    posted = {
        "username": "ana",
        "first_name": "Ana",
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    assert admin.post(f"/admin/auth/user/{user.pk}/change/", posted).status_code == 302
    rows = AuditEntry.objects.filter(
        event="row changed", object_pk=str(user.pk), actor__isnull=False
    )
    entry = rows.order_by("pk")[0]
    assert entry.changes == {"first_name": ["", "Ana"], "is_staff": ["False", "True"]}
    assert (entry.actor_name, entry.remote_addr, entry.kind) == ("eva", "127.0.0.1", "auth.user")


def test_the_address_is_the_proxys_word_and_not_the_clients(admin, user, settings):
    forged = {"x-forwarded-for": "6.6.6.6, 192.0.2.7"}
    admin.post("/admin/auth/group/add/", {"name": "A"}, headers=forged)
    settings.PUBLIC_URL = "http://testserver"
    admin.post("/admin/auth/group/add/", {"name": "B"}, headers=forged)
    rows = AuditEntry.objects.filter(event="row added", kind="auth.group", actor_name="eva")
    addresses = rows.order_by("pk").values_list("remote_addr", flat=True)
    assert list(addresses) == ["127.0.0.1", "192.0.2.7"]


def test_groups_and_permissions_are_logged_by_name(user):
    group = Group.objects.create(name="Curators")
    permission = Permission.objects.get(codename="change_endpoint")
    group.permissions.add(permission)
    user.groups.add(group)
    user.groups.remove(group)
    assert changes("auth.group", group) == [
        ("row added", {"name": ["None", "Curators"]}),
        (
            "row changed",
            {"permissions": {"type": "m2m", "operation": "add", "objects": [str(permission)]}},
        ),
    ]
    of_ana = AuditEntry.objects.filter(event="row changed", kind="auth.user").order_by("-pk")[:2]
    assert [entries.as_json(entry)["changes"] for entry in of_ana] == [
        {"groups": ["Curators", ""]},
        {"groups": ["", "Curators"]},
    ]


def test_a_project_and_its_members_are_logged_and_private_ones_are_not(user, stranger):
    fox = make_project("Fox", ana="manager")
    members.add(user, fox, stranger.pk, "viewer")
    members.change_role(user, fox, stranger.pk, "maker", "viewer")
    settings.archive(user, fox)
    members.remove(user, fox, stranger.pk)
    assert "Private" not in str(list(AuditEntry.objects.values_list("object_repr", "changes")))
    added, removed = changes("projects.membership")[1], changes("projects.membership")[-1]
    names = {"project": ["None", "Fox"], "user": ["None", "sam"], "role": ["None", "viewer"]}
    assert added == ("row added", names)
    assert removed[0] == "row deleted"
    [role] = events().filter(event="changed a role in")
    assert role.changes == {"role of sam": ["viewer", "maker"]}
    assert {entry.in_project for entry in AuditEntry.objects.filter(kind__startswith="projects.")}
    assert AuditEntry.objects.filter(in_project=fox.pk, kind="projects.membership").exists()


def test_no_secret_and_no_time_of_use_is_in_the_log(user):
    user.set_password("correct horse")
    user.save()
    _, secret = tokens.create(user, "script", by=user)
    tokens.authenticate(secret)
    Channel.objects.create(user=user, method="slack", name="ops", address="https://hooks.test/s3")
    invitation, invited = invite(make_admin("boss"), email="zoe@example.com")
    text = str(list(AuditEntry.objects.values()))
    token = Token.objects.get()
    secrets = (secret, token.digest, token.hint, user.password, "hooks.test")
    for value in (*secrets, invited, invitation.digest):
        assert value not in text
    assert "zoe@example.com" in text
    assert changes("api.token")[0][1] is not None
    assert len(changes("api.token")) == 1


def test_ways_in_are_logged_without_their_secrets(user):
    factor = Authenticator.objects.create(user=user, type="totp", data={"secret": "s3cret"})
    factor.record_usage()
    account = SocialAccount.objects.create(
        user=user, provider="https://id.acme.example", uid="u-1", extra_data={"note": "s3cret"}
    )
    account.extra_data = {"note": "another s3cret"}
    account.save()
    EmailAddress.objects.create(user=user, email="ana@acme.example", verified=True, primary=True)
    factor_key, account_key = factor.pk, account.pk
    factor.delete()
    account.delete()
    kinds = AuditEntry.objects.exclude(kind__startswith="auth").order_by("pk")
    assert list(kinds.values_list("kind", "event", "object_pk"))[-5:] == [
        ("mfa.authenticator", "row added", str(factor_key)),
        ("socialaccount.socialaccount", "row added", str(account_key)),
        ("account.emailaddress", "row added", str(EmailAddress.objects.get().pk)),
        ("mfa.authenticator", "row deleted", str(factor_key)),
        ("socialaccount.socialaccount", "row deleted", str(account_key)),
    ]
    text = str(list(AuditEntry.objects.values()))
    assert "ana@acme.example" in text
    assert "s3cret" not in text


def test_every_field_that_is_named_exists_and_none_is_a_secret():
    from django.apps import apps

    secrets = {"password", "last_login", "digest", "hint", "address", "last_used_at"}
    secrets |= {"data", "extra_data", "uses"}
    for row in AUDITED:
        names = {field.name for field in apps.get_model(row["model"])._meta.get_fields()}
        assert set(row["include_fields"]) <= names
        assert not secrets & set(row["include_fields"])


@pytest.mark.both_databases
def test_a_deletion_keeps_what_was_there(user):
    Collection.objects.create(slug="calm", title="Calm", owner=user).delete()
    event, before = changes("catalog.collection")[-1]
    assert event == "row deleted"
    assert before is not None
    assert before["title"] == ["Calm", "None"]


def test_runs_counters_and_endpoints_of_a_sync_pay_nothing(make_run, make_endpoint, user):
    run, endpoint = make_run(), make_endpoint("fal-ai/other")
    before = AuditEntry.objects.count()
    with CaptureQueriesContext(connection) as queries:
        run.save(update_fields=["note"])
        endpoint.save(update_fields=["description"])
        SignInCounter.objects.create(key="k", updated_at=timezone.now())
    writes = [query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(writes) == 3
    assert AuditEntry.objects.count() == before


def test_sign_ins_are_logged_with_their_address(client, user):
    client.post("/login/", {"login": "ana", "password": "wrong"})
    client.post("/login/", {"login": "my secret password", "password": "x"})
    client.post("/login/", {"login": "ana", "password": "pw"})
    client.post("/logout/")
    rows = AuditEntry.objects.filter(event__contains="sign").order_by("pk")
    assert list(rows.values_list("event", "actor_name", "object_repr", "remote_addr")) == [
        ("failed to sign in", "somebody", "ana", "127.0.0.1"),
        ("failed to sign in", "somebody", "an unknown name", "127.0.0.1"),
        ("signed in", "ana", "ana", "127.0.0.1"),
        ("signed out", "ana", "ana", "127.0.0.1"),
    ]


@pytest.mark.both_databases
def test_entries_cannot_be_changed_or_deleted_in_the_database(user):
    trail.record(user, "blocked", [user], "Too dear")
    entries = AuditEntry.objects.filter(event="blocked")
    attempts: list[Any] = [
        lambda: entries.update(detail="Nothing"),
        lambda: entries.update(actor=user),
        lambda: entries.update(timestamp=timezone.now() - timedelta(days=400)),
        lambda: entries.delete(),
        lambda: entries.get().save(),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="audit log"), transaction.atomic():
            attempt()
    assert entries.get().detail == "Too dear"


@pytest.mark.both_databases
def test_the_triggers_are_installed_again_without_harm():
    append_only.install()
    append_only.install()


@pytest.mark.both_databases
@pytest.mark.parametrize(("days", "left"), [(40, ["young"]), (0, ["old", "young"])])
def test_old_entries_go_after_the_days_of_the_setting(user, settings, days, left):
    settings.AUDIT_DAYS = days
    for event, age in (("old", 41), ("young", 39)):
        at = timezone.now() - timedelta(days=age)
        AuditEntry.objects.bulk_create([AuditEntry(timestamp=at, event=event, actor_name="ana")])
    housekeeping.delete_expired()
    named = AuditEntry.objects.filter(event__in=["old", "young"]).order_by("timestamp")
    assert list(named.values_list("event", flat=True)) == left


def test_fewer_days_than_the_database_keeps_are_refused():
    with pytest.raises(ImproperlyConfigured, match="30 or more, or 0"):
        audit.require_days(29)
    assert audit.require_days(0) == 0
    assert audit.require_days(30) == 30


def test_a_line_is_written_after_the_commit(
    user, settings, tmp_path, django_capture_on_commit_callbacks
):
    file = tmp_path / "audit.jsonl"
    settings.AUDIT_LOG = str(file)
    config = audit.handlers(str(file))["audit"]
    handler = logging.handlers.WatchedFileHandler(config["filename"], delay=config["delay"])
    handler.setFormatter(logging.Formatter(audit.FORMATTERS[config["formatter"]]["format"]))
    entries.LOGGER.addHandler(handler)
    entries.LOGGER.setLevel(logging.INFO)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            trail.record(user, "blocked", [user], "Zu teuer: “dear”\nsecond line")
            user.first_name = "Ana"
            user.save()
            assert not file.exists()
    finally:
        entries.LOGGER.removeHandler(handler)
        handler.close()
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in written] == ["blocked", "row changed"]
    assert written[0]["detail"] == "Zu teuer: “dear”\nsecond line"
    assert written[1]["changes"] == {"first_name": ["", "Ana"]}
    assert written[1]["id"] == AuditEntry.objects.filter(event="row changed").latest("pk").pk


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("syslog:", "/dev/log"),
        ("syslog://logs.test", ("logs.test", 514)),
        ("syslog://[2001:db8::1]:1514", ("2001:db8::1", 1514)),
    ],
)
def test_a_syslog_is_named_by_its_address(place, address):
    assert audit.handlers(place)["audit"]["address"] == address


@pytest.mark.parametrize("place", ["trail.log", "syslog://x:port"])
def test_a_place_that_is_none_stops_the_start(place):
    with pytest.raises(ImproperlyConfigured, match="AUDIT_LOG must be"):
        audit.handlers(place)

"""The audit log has all acts on shared objects; entries outlive the people and the rows."""

import logging
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.audit.entries import AuditEntry
from api import tokens
from api.models import Token
from catalog.models import Collection, Note
from runs.models import Run
from runs.ownership import handover
from tests.accounts.audit.audited import events

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


def entries() -> list[tuple[str, str, str, str]]:
    """Return actor, event, and the row's kind and name of each entry but sign-ins, oldest first."""
    return [(row.actor_name, row.event, row.kind, row.object_repr) for row in events()]


def test_audit_entries_survive_the_removal_of_their_admin(
    admin: Client, eva: User, stranger: User
) -> None:
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
    assert entries() == [
        ("eva", "added", "auth.group", "Design"),
        ("eva", "changed", "auth.group", "Designers"),
        ("eva", "deleted", "auth.group", "Designers"),
        ("boss", "removed", "auth.user", "eva"),
    ]
    assert "Name" in AuditEntry.objects.get(event="changed").detail


def test_acts_on_models_collections_notes_and_people_are_logged(
    admin: Client, eva: User, user: User, make_endpoint: Any
) -> None:
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
    acts = [(event, row) for _, event, _, row in entries()]
    assert acts[:4] == [
        ("blocked", name),
        ("cleared", name),
        ("deleted", "Calm"),
        ("deleted", "Slow at night"),
    ]
    assert {("deactivated", "ana"), ("activated", "ana")} <= {*acts[4:]}
    assert AuditEntry.objects.get(event="blocked").detail == "Too dear"


def test_creation_and_revocation_of_tokens_are_logged(
    admin: Client, eva: User, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    admin.post(reverse("api:tokens"), {"name": "n8n", "scope": ["read"], "days": "30"})
    token = Token.objects.get()
    admin.post(reverse("api:token-revocation", args=[token.pk]))
    admin.post(f"/undo/token/{token.pk}/")
    call_command("token", "ana", "--name", "nightly")
    nightly = Token.objects.get(name="nightly")
    admin.post(f"/admin/api/token/{nightly.pk}/delete/", {"post": "yes"})
    assert [(who, action) for who, action, *_ in entries()] == [
        ("eva", "created"),
        ("eva", "revoked"),
        ("eva", "restored"),
        ("command line", "created"),
        ("eva", "deleted"),
    ]
    assert AuditEntry.objects.filter(detail__contains="of ana, read run, without an end").exists()
    secret = capsys.readouterr().out.strip()
    assert not AuditEntry.objects.filter(detail__contains=secret).exists()


def test_deletions_and_recoveries_of_runs_are_logged(
    admin: Client, make_run: Any, user: User
) -> None:
    runs = [make_run(state="succeeded") for _ in range(2)]
    posted = {"run": [run.pk for run in runs]}
    admin.post(reverse("playground:runs-deletion"), posted)
    admin.post(reverse("playground:runs-recovery"), {"run": runs[0].pk})
    admin.post(reverse("playground:runs-deletion"), posted | {"for_good": "1"})
    acts = [(action, kind) for _, action, kind, _ in entries()]
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


def test_the_server_log_has_ids_instead_of_names(
    eva: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "accounts.audit"):
        token, _ = tokens.create(eva, "secret project", by=eva)
    assert caplog.messages == [f"created: api.token {token.pk} by person {eva.pk}"]

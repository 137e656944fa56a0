"""The page of the audit log: who may read it, its filters, and its download."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from accounts.audit import trail
from accounts.audit.entries import AuditEntry
from projects import creation
from tests.conftest import grant

pytestmark = pytest.mark.django_db
PAGE = "/people/audit/"


@pytest.fixture
def admin(client: Client, stranger: User) -> Client:
    """The browser of a user who may read the audit log."""
    grant(stranger, "accounts.view_auditentry")
    client.force_login(stranger)
    return client


def find_objects(client: Client, **asked: str) -> list[str]:
    """Return the objects that the page lists for these filters, without sign-ins and rows."""
    entries = [row.entry for row in client.get(PAGE, asked).context["page"].entries]
    left_out = ("signed in", "row added", "row changed")
    return [entry.object_repr for entry in entries if entry.event not in left_out]


@pytest.fixture
def three(user: User, admin: Client) -> list[Group]:
    """Three entries: by ana about two groups, and by a program about a third."""
    groups = [Group(pk=number, name=f"group {number}") for number in (1, 2, 3)]
    trail.record(user, "blocked", groups[:1], "Too dear")
    trail.record(user, "cleared", groups[1:2])
    trail.record(None, "deleted", groups[2:], program="retention")
    return groups


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["group 3", "group 2", "group 1"]),
        ({"who": "ana"}, ["group 2", "group 1"]),
        ({"event": "blocked"}, ["group 1"]),
        ({"kind": "auth.group", "row": "2"}, ["group 2"]),
        ({"q": "DEAR"}, ["group 1"]),
        ({"address": "192.0.2.1"}, []),
        ({"until": "2000-01-01"}, []),
    ],
)
def test_each_filter_finds_what_it_says(admin, three, asked, names):
    assert find_objects(admin, **asked) == names


def test_a_project_finds_what_happened_in_it(admin, user):
    fox, hare = (creation.create(user, name=name) for name in ("Fox", "Hare"))
    assert set(find_objects(admin, place=str(fox.pk), event="made")) == {"Fox"}
    assert find_objects(admin, place=str(hare.pk), event="made") == ["Hare"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"address": "somewhere"}, "valid IPv4 or IPv6 address"),
        ({"since": "yesterday"}, "Write a day as"),
        ({"until": "9999-12-31"}, "Choose an earlier day."),
        ({"place": "77777"}, "no such project"),
        ({"who": "a" * 151}, "at most 150"),
    ],
)
def test_a_filter_that_is_none_is_said_beside_it(admin, three, asked, sentence):
    response = admin.get(PAGE, asked)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not response.context["page"].entries
    assert admin.get(f"{PAGE}download/", asked).status_code == 422


def test_what_no_field_or_model_is_called_any_more_is_shown_as_it_is(admin, user):
    changes = {user.pk: {"role of sam": ("viewer", "maker")}}
    trail.record(user, "changed a role in", [user], changes=changes)
    AuditEntry.objects.create(event="blocked", kind="gone.thing", changes={"old_name": [None, 1]})
    text = admin.get(PAGE).content.decode()
    for word in ("role of sam", "old name", "gone.thing"):
        assert word in text


def test_what_is_filtered_is_downloaded_as_json_lines(admin, three, user):
    response = admin.get(f"{PAGE}download/", {"who": "ana"})
    assert response["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    content: Any = response.streaming_content
    lines = [json.loads(line) for line in b"".join(content).splitlines()]
    assert [(line["event"], line["object"]) for line in lines] == [
        ("cleared", "group 2"),
        ("blocked", "group 1"),
    ]
    line = lines[1]
    assert (line["who_id"], line["object_id"], line["detail"]) == (user.pk, "1", "Too dear")
    assert AuditEntry.objects.filter(event="exported", detail="the audit log: who=ana").exists()


def test_text_of_people_is_escaped(admin, user):
    trail.record(user, "blocked", [Group(pk=1, name="<script>x</script>")], "<img src=x>")
    text = admin.get(PAGE).content.decode()
    assert "<script>x" not in text
    assert "<img src=x>" not in text

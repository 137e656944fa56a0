"""Searching the audit log gives the same on both databases, and finds rare words by an index."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from house.audit import filters
from tests.conftest import grant
from tests.sampling import sample

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/people/audit/"
TEXTS: tuple[dict[str, str], ...] = (
    {"actor_name": "zacharias", "event": "blocked", "object_repr": "Fox 1", "detail": "Too dear"},
    {"actor_name": "ana", "event": "exported", "object_repr": "Letterpress", "detail": "of füchse"},
    {"actor_name": "ana", "event": "made", "object_repr": "fox_2", "detail": "100%, said 'so\\'"},
    {"actor_name": "王伟", "event": "made", "object_repr": "press", "detail": ""},
)


@pytest.fixture
def admin(client: Client, stranger: User) -> Client:
    """The browser of a user who may read the audit log."""
    grant(stranger, "accounts.view_auditentry")
    client.force_login(stranger)
    AuditEntry.objects.bulk_create(
        AuditEntry(kind="x.y", timestamp=timezone.now() - timedelta(hours=number), **texts)
        for number, texts in enumerate(TEXTS)
    )
    return client


def matches(client: Client, q: str, **more: str) -> list[int]:
    """Return the positions in TEXTS of the entries that the page shows, in its order."""
    entries = client.get(PAGE, {"q": q, "kind": "x.y", **more}).context["page"].entries
    names = [texts["object_repr"] for texts in TEXTS]
    return [names.index(entry.entry.object_repr) for entry in entries]


@pytest.mark.parametrize("scanned_first", [filters.SCANNED_FIRST, 1])
@pytest.mark.parametrize(
    ("q", "places"),
    sample(
        [
            ("zacharias", [0]),
            ("LETTERPRESS", [1]),
            ("terpre", [1]),
            ("fox", [0, 2]),
            ("füchse", [1]),
            ("press ana", [1]),
            ("zacharias press", []),
            ("anaexported", []),
            ("fox_", [2]),
            ("0%", [2]),
            ("so\\", [2]),
            ("王伟", [3]),
            ("ox", [0, 2]),
            ('"fox"', []),
            ("fox OR press", []),
            ("fox*", []),
        ],
        8,
        by_seed=3,
    ),
)
def test_words_are_found_in_any_case_and_place(admin, monkeypatch, scanned_first, q, places):
    monkeypatch.setattr(filters, "SCANNED_FIRST", scanned_first)
    assert matches(admin, q) == places


@pytest.mark.parametrize(
    ("asked", "every"), [("?q=quince", 1), ("?q=quince", 7), ("?event=cleared", 1)]
)
def test_pages_follow_each_other_without_gaps(admin, monkeypatch, asked, every):
    monkeypatch.setattr(filters, "SCANNED_FIRST", 100)
    at = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor_name="ana",
            event="cleared",
            kind="x.y",
            object_repr=f"{'Quince' if number % every == 0 else 'Pear'} {number}",
            timestamp=at - timedelta(seconds=number // 5),  # several entries have the same time
        )
        for number in range(120 * every)
    )
    numbers: list[int] = []
    address = asked
    while address:
        context = admin.get(PAGE + address).context
        numbers += [int(entry.entry.object_repr.split()[1]) for entry in context["page"].entries]
        address = context["earlier"]
    assert sorted(numbers) == list(range(0, 120 * every, every))
    assert [number // 5 for number in numbers] == sorted(number // 5 for number in numbers)


def test_words_and_other_filters_are_both_asked_for(admin):
    assert matches(admin, "fox", who="ana") == [2]
    assert matches(admin, "press", event="made") == [3]


def test_postgresql_searches_by_the_index_of_the_texts(admin):
    entries = filters.Filters({"q": "ana press"}).entries()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
        plan = entries.explain()
        assert plan.count("audit_text") >= len(filters.SEARCHED), plan
    assert entries.count() == 1


def test_rare_words_are_not_searched_for_by_time(admin, monkeypatch):
    """PostgreSQL would read the whole log, newest first, to find words of old entries."""
    monkeypatch.setattr(filters, "SCANNED_FIRST", 1)
    chosen = filters.Filters({"q": "letterpress"})
    with CaptureQueriesContext(connection) as queries:
        page = filters.page_of_entries(chosen.entries(), "", chosen.search_words)
    if connection.vendor == "postgresql":
        _newest, rest = (query["sql"] for query in queries if "UPPER" in query["sql"])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {rest}")
            plan = str(cursor.fetchall())
        assert "audit_text" in plan
        assert "audit_by_time" not in plan
    assert [entry.entry.object_repr for entry in page.entries] == ["Letterpress"]

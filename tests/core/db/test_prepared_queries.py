"""Prepared queries return the same as their querysets, with any parameters, on both databases."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import BigAutoField, DateTimeField, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.db.prepared_queries import Param, ParamList, PreparedQuery
from runs.models import Run

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]

WHOLE = PreparedQuery(lambda: Run.objects.with_endpoint().filter(pk=Param("pk", UUIDField())))
SOME = PreparedQuery(
    lambda: Run.objects.filter(pk__in=ParamList("pks", UUIDField())).order_by("created_at")
)
STATES = PreparedQuery(
    lambda: (
        Run.objects.filter(created_at__lt=Param("before", DateTimeField()))
        .order_by("created_at")
        .values_list("pk", "state")[:2]
    )
)


def columns(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_prepared_query_returns_the_rows_of_its_queryset(make_run):
    runs = [
        make_run(arguments={"prompt": text, "n": 2**60}, state="queued") for text in ("a", "ü ☃")
    ]
    for run in runs:
        with CaptureQueriesContext(connection) as captured:
            loaded = WHOLE.get(pk=run.pk)
            assert loaded.endpoint.endpoint_id == run.endpoint.endpoint_id
        assert len(captured) == 1
        plain = Run.objects.with_endpoint().get(pk=run.pk)
        assert columns(loaded) == columns(plain)
        assert columns(loaded.endpoint) == columns(plain.endpoint)


def test_each_call_uses_its_own_parameters(make_run):
    runs = [make_run() for _ in range(3)]
    assert [run.pk for run in SOME.all(pks=[run.pk for run in runs[:2]])] == [
        r.pk for r in runs[:2]
    ]
    assert SOME.all(pks=[]) == []
    assert SOME.all(pks={run.pk for run in runs}) == runs
    soon = timezone.now() + timedelta(days=1)
    assert STATES.all(before=soon) == [(run.pk, run.state) for run in runs[:2]]
    assert STATES.all(before=runs[0].created_at) == []


def test_a_prepared_get_without_a_row_raises(db):
    assert WHOLE.first(pk=uuid.uuid4()) is None
    with pytest.raises(Run.DoesNotExist):
        WHOLE.get(pk=uuid.uuid4())


@pytest.mark.django_db(transaction=True)
def test_each_thread_uses_its_own_connection(make_run):
    runs = [make_run() for _ in range(4)]

    def ask(run: Run) -> bool:
        try:
            return all(WHOLE.get(pk=run.pk) == run for _ in range(50))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, runs))


def test_prefetched_rows_are_loaded_too(make_run):
    run = make_run(state="succeeded")
    run.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    make_run()
    lately = PreparedQuery(
        lambda: Run.objects.filter(user_id=Param("user", BigAutoField())).recent()
    )
    with CaptureQueriesContext(connection) as captured:
        loaded = lately.all(user=run.user_id)
        assert [len(run_row.artifacts.all()) for run_row in loaded] == [0, 1]
    assert len(captured) == 2


def test_a_number_that_no_column_holds_matches_nothing(user):
    """An address may contain any number: SQLite refused large ones, and the page was a 500."""
    by_user = PreparedQuery(lambda: Run.objects.filter(user_id=Param("pk", BigAutoField())))
    of_users = PreparedQuery(
        lambda: Run.objects.filter(user_id__in=ParamList("pks", BigAutoField()))
    )
    for number in (10**20, -(10**20)):
        assert by_user.first(pk=number) is None
        assert of_users.all(pks=[user.pk, number]) == []

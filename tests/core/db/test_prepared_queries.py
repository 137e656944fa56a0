"""What is put together once answers as the queryset itself would, whatever is asked, on both
databases.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import BigAutoField, CharField, DateTimeField, F, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Endpoint
from core.db import prepared_queries
from core.db.prepared_queries import Param, ParamList, PreparedDelete, PreparedQuery, PreparedUpdate
from runs.models import Artifact, Run

pytestmark = pytest.mark.django_db

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


def test_it_finds_what_the_queryset_finds_with_all_that_was_joined(
    make_run: Callable[..., Run],
) -> None:
    runs = [
        make_run(arguments={"prompt": text, "n": 2**60}, state="queued") for text in ("a", "ü ☃")
    ]
    for run in runs:
        with CaptureQueriesContext(connection) as captured:
            found = WHOLE.get(pk=run.pk)
            assert found.endpoint.endpoint_id == run.endpoint.endpoint_id
        assert len(captured) == 1
        plain = Run.objects.with_endpoint().get(pk=run.pk)
        assert columns(found) == columns(plain)
        assert columns(found.endpoint) == columns(plain.endpoint)


def test_each_asking_has_its_own_values(make_run: Callable[..., Run]) -> None:
    runs = [make_run() for _ in range(3)]
    assert [run.pk for run in SOME.all(pks=[run.pk for run in runs[:2]])] == [
        r.pk for r in runs[:2]
    ]
    assert SOME.all(pks=[]) == []
    assert SOME.all(pks={run.pk for run in runs}) == runs
    soon = timezone.now() + timedelta(days=1)
    assert STATES.all(before=soon) == [(run.pk, run.state) for run in runs[:2]]
    assert STATES.all(before=runs[0].created_at) == []


def test_where_nothing_is_found_it_says_so(db: None) -> None:
    assert WHOLE.first(pk=uuid.uuid4()) is None
    with pytest.raises(Run.DoesNotExist):
        WHOLE.get(pk=uuid.uuid4())


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection(make_run: Callable[..., Run]) -> None:
    runs = [make_run() for _ in range(4)]

    def ask(run: Run) -> bool:
        try:
            return all(WHOLE.get(pk=run.pk) == run for _ in range(50))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, runs))


@pytest.mark.parametrize(
    "values",
    [
        {"note": "it's 100 % “%s” ☃", "version": 7},
        {"output": {"a": [1, 2.5, None, "ü"], "n": 2**60}, "error": None},
        {"output": None, "handle": {"request_id": "x"}, "queue_position": None},
        {"ended_at": None, "sent_at": "now", "lease_until": "now"},
    ],
)
def test_a_change_writes_what_an_update_would(
    make_run: Callable[..., Run], values: dict[str, Any]
) -> None:
    one, other, untouched = make_run(), make_run(), make_run()
    now = timezone.now()
    values = {name: now if value == "now" else value for name, value in values.items()}
    before = columns(Run.objects.get(pk=untouched.pk))
    prepared_queries.update_row(one, values)
    Run.objects.filter(pk=other.pk).update(**values)
    written, plain = (columns(Run.objects.get(pk=run.pk)) for run in (one, other))
    assert {name: written[name] for name in values} == {name: plain[name] for name in values}
    assert columns(Run.objects.get(pk=untouched.pk)) == before
    nulls = [name for name, value in values.items() if value is None]
    assert Run.objects.filter(pk=one.pk, **{f"{name}__isnull": True for name in nulls}).exists()


def test_an_update_counts_its_rows_and_may_reckon(make_run: Callable[..., Run]) -> None:
    runs = [make_run(attempts=number) for number in (0, 4, 7)]
    again = PreparedUpdate(
        lambda: Run.objects.filter(pk__in=ParamList("pks", UUIDField())),
        attempts=F("attempts") + 1,
        worker=Param("worker", CharField()),
    )
    assert again.run(pks=[run.pk for run in runs[:2]], worker="w") == 2
    found = [(run.attempts, run.worker) for run in SOME.all(pks=[run.pk for run in runs])]
    assert found == [(1, "w"), (5, "w"), (7, "")]
    assert again.run(pks=[], worker="w") == 0


def test_a_deletion_takes_the_rows_of_its_queryset(
    make_run: Callable[..., Run],
) -> None:
    run, other = make_run(), make_run()
    for one in (run, other):
        for position in range(4):
            one.artifacts.create(position=position)
    newest = Artifact.objects.filter(run_id=Param("run", UUIDField())).order_by("-position")
    clean = PreparedDelete(lambda: Artifact.objects.filter(pk__in=newest.values("pk")[2:]))
    assert [clean.run(run=run.pk) for _ in range(2)] == [2, 0]
    left = Artifact.objects.order_by("run_id", "position").values_list("run_id", "position")
    expected = [(run.pk, 2), (run.pk, 3), *((other.pk, n) for n in range(4))]
    assert sorted(left) == sorted(expected)


def test_an_inserted_row_is_the_one_that_save_would_write(
    make_run: Callable[..., Run], user: User
) -> None:
    values = {"user": user, "arguments": {"prompt": "ü", "seed": 2**60}, "title": "ü"}
    plain = make_run(**values)
    fresh = Run(endpoint=plain.endpoint, form_token="another", **values)
    assert prepared_queries.insert_rows(fresh)
    assert not fresh._state.adding
    found, expected = (columns(Run.objects.get(pk=run.pk)) for run in (fresh, plain))
    differing = {name for name, value in found.items() if value != expected[name]}
    assert differing == {"id", "form_token", "webhook_token", "created_at"}
    again = Run(endpoint=plain.endpoint, form_token="another", **values)
    assert not prepared_queries.insert_rows(again)
    assert again._state.adding
    assert Run.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        prepared_queries.insert_rows(Run(endpoint=None, form_token="third", **values))


def test_rows_are_inserted_together_as_bulk_create_would(make_run: Callable[..., Run]) -> None:
    run = make_run()
    many = prepared_queries.INSERT_BATCH_ROWS + 1
    plain = [Artifact(run=run, position=n, path=f"[{n}]", size_bytes=2**40) for n in range(many)]
    Artifact.objects.bulk_create(plain)
    rows = [
        Artifact(run=run, position=n + many, path=f"[{n}]", size_bytes=2**40) for n in range(many)
    ]
    assert prepared_queries.insert_rows(*rows)
    written = [columns(one) for one in Artifact.objects.order_by("position")]
    for one in written:
        del one["id"], one["position"]
    assert written[many:] == written[:many]
    assert not prepared_queries.insert_rows(
        Artifact(run=run, position=0), Artifact(run=run, position=2 * many)
    )
    assert Artifact.objects.count() == 2 * many + 1


def test_cards_are_read_with_their_picture_and_no_more(
    make_endpoint: Callable[..., Endpoint],
) -> None:
    keys = [make_endpoint(endpoint_id=f"fal-ai/{n}", unit_price_usd="0.025").pk for n in range(3)]
    cards = PreparedQuery(
        lambda: Endpoint.objects.for_cards().filter(pk__in=ParamList("keys", Endpoint._meta.pk))
    )
    found = {card.pk: columns(card) for card in cards.all(keys=keys)}
    assert found == {
        key: columns(card) for key, card in Endpoint.objects.for_cards().in_bulk(keys).items()
    }


def test_what_is_fetched_with_the_rows_is_there_too(make_run: Callable[..., Run]) -> None:
    run = make_run(state="succeeded")
    run.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    make_run()
    lately = PreparedQuery(
        lambda: Run.objects.filter(user_id=Param("user", BigAutoField())).recent()
    )
    with CaptureQueriesContext(connection) as captured:
        found = lately.all(user=run.user_id)
        assert [len(one.artifacts.all()) for one in found] == [0, 1]
    assert len(captured) == 2

"""A sync survives errors of upstream, interruptions, and a concurrent sync."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from catalog.models import Endpoint, SyncReport
from catalog.sync import pipeline
from tests.catalog.upstream import (
    after_two_expansions,
    error,
    ids,
    item,
    kind_of,
    once,
)

RunSync = Callable[..., SyncReport]


def test_a_cursor_that_repeats_ends_the_list_and_marks_nothing_as_gone(upstream, run_sync):
    """C1, C7."""
    upstream.add(*ids(3))
    run_sync()

    def circle(request: Any) -> Any:
        if kind_of(request) != "list" or "status" in request.url.params:
            return None
        page = {
            "models": [upstream.items["fal-ai/model-000"]],
            "has_more": True,
            "next_cursor": "x",
        }
        return httpx.Response(200, json=page)

    upstream.faults = [circle]
    report = run_sync()
    assert report.state == "done"
    assert report.gone == []
    assert Endpoint.objects.listed().count() == 3


def test_items_without_metadata_or_with_unknown_values_are_stored(upstream, run_sync):
    """C3, C8."""
    upstream.add("fal-ai/strange", status="retired", category="smell-to-image", pinned=True)
    upstream.items["fal-ai/strange"]["metadata"] |= {"highlighted": True, "mood": "blue"}
    upstream.items["fal-ai/strange"]["extra"] = 1
    upstream.items["workflows/ana/flow"] = item("workflows/ana/flow", metadata=None)
    report = run_sync()
    assert report.state == "done"
    strange = Endpoint.objects.get(endpoint_id="fal-ai/strange")
    assert (strange.status, strange.category) == ("retired", "smell-to-image")
    bare = Endpoint.objects.get(endpoint_id="workflows/ana/flow")
    assert (bare.display_name, bare.owner) == ("workflows/ana/flow", "ana")


def test_malformed_items_are_reported_and_do_not_affect_others(upstream, run_sync):
    upstream.add(*ids(3))
    upstream.items["a"] = {"metadata": {"display_name": "nameless"}}
    upstream.items["b"] = "not an object"
    upstream.items["c"] = {"endpoint_id": "fal-ai/odd", "metadata": ["a list"]}
    upstream.items["d"] = item("x/" + "long" * 100)
    report = run_sync()
    assert report.state == "done"
    assert Endpoint.objects.count() == 3
    assert [name for name, _ in report.failed][:3] == ["?", "?", "fal-ai/odd"]
    assert "too long" in report.failed[-1][1]


def test_texts_too_long_for_a_column_are_cut_and_nul_is_dropped(upstream, run_sync):
    upstream.add("fal-ai/loud", display_name="N" * 900, category="c" * 90, tags=["a\0b", "é"])
    upstream.items["fal-ai/loud"]["metadata"]["thumbnail_url"] = "javascript:alert(1)"
    report = run_sync()
    assert report.state == "done"
    loud = Endpoint.objects.get()
    assert (len(loud.display_name), len(loud.category)) == (255, 64)
    assert loud.tags == ["ab", "é"]
    assert loud.thumbnail_url == ""


def test_a_schema_error_keeps_the_old_schema_and_is_retried(upstream, run_sync):
    """C4."""
    upstream.add(*ids(2))
    run_sync()
    before = Endpoint.objects.get(endpoint_id="fal-ai/model-001").schema_id
    upstream.items["fal-ai/model-001"]["metadata"]["updated_at"] = "2026-05-05T00:00:00Z"
    failure = {"error": {"code": "expansion_failed", "message": "No document today"}}
    good = upstream.documents["fal-ai/model-001"]
    upstream.documents["fal-ai/model-001"] = failure
    report = run_sync()
    endpoint = Endpoint.objects.get(endpoint_id="fal-ai/model-001")
    assert endpoint.schema_id == before
    assert endpoint.schema_error == "expansion_failed: No document today"
    assert report.failed == [["fal-ai/model-001", "expansion_failed: No document today"]]
    upstream.documents["fal-ai/model-001"] = good
    assert run_sync().schemas_done == 1
    endpoint.refresh_from_db()
    assert endpoint.schema_error == ""
    assert run_sync().schemas_due == 0


def test_an_endpoint_without_a_document_is_not_fetched_forever(upstream, run_sync):
    upstream.add("fal-ai/bare")
    upstream.documents.clear()
    run_sync()
    assert Endpoint.objects.get().schema_error == "Upstream has no schema for it."
    assert run_sync().schemas_due == 0


def test_duplicates_across_pages_are_stored_once(upstream, run_sync):
    """C7."""
    upstream.add(*ids(4))
    upstream.items["again"] = item("fal-ai/model-000", display_name="a later copy")
    upstream.most_per_page = 3
    report = run_sync()
    assert report.listed == 4
    assert Endpoint.objects.get(endpoint_id="fal-ai/model-000").display_name == "model-000"


def test_an_incomplete_list_keeps_its_items_and_marks_nothing_as_gone(upstream, run_sync):
    """C6, C7: partial data stays, the sync ends cleanly, and the report states the reason."""
    upstream.add(*ids(10))
    run_sync()
    upstream.add("fal-ai/aaa")
    upstream.items = {"fal-ai/aaa": upstream.items.pop("fal-ai/aaa")} | upstream.items
    upstream.most_per_page = 4

    def break_page(request: Any) -> Any:
        if request.url.params.get("cursor") == "6" or "cursor" in request.url.params:
            return error(500, "server_error", "The registry is away")
        return None

    upstream.faults = [break_page]
    report = run_sync()
    assert report.state == "failed"
    assert "The registry is away" in report.error
    assert report.new == ["fal-ai/aaa"]
    assert Endpoint.objects.listed().count() == 11


def test_a_sync_waits_for_a_rate_limit(upstream, run_sync):
    """C6."""
    upstream.add(*ids(3))
    limit = error(429, "rate_limited", "Slow down", **{"Retry-After": "7"})
    upstream.faults = [once(lambda request: limit if kind_of(request) == "expand" else None)]
    report = run_sync()
    assert (report.state, report.schemas_done) == ("done", 3)
    assert len(upstream.pauses) == 1
    assert 7 <= upstream.pauses[0] < 10


def test_a_persistent_rate_limit_ends_the_sync_and_the_next_resumes(upstream, run_sync):
    """C6."""
    upstream.add(*ids(35))
    upstream.faults = [after_two_expansions("Slow down")]
    report = run_sync()
    assert report.state == "failed"
    assert report.error == "Slow down"
    schema_count = Endpoint.objects.filter(schema__isnull=False).count()
    assert schema_count == 20
    upstream.faults = []
    again = run_sync()
    assert (again.state, again.schemas_due) == ("done", 15)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (error(500, "server_error", "Cannot serialise"), "Cannot serialise"),
        (error(404, "not_found", "Unknown endpoint"), ""),  # in the list, unknown in find mode
    ],
)
def test_one_document_that_fails_upstream_does_not_affect_others(
    upstream, run_sync, failure, reason
):
    """C5."""
    upstream.add(*ids(12))

    def poisoned(request: Any) -> Any:
        requested_ids = request.url.params.get_list("endpoint_id")
        if kind_of(request) == "expand" and "fal-ai/model-004" in requested_ids:
            return httpx.Response(failure.status_code, content=failure.content)
        return None

    upstream.faults = [poisoned]
    report = run_sync()
    assert report.state == "done"
    ((model, said),) = report.failed
    assert (model, reason in said) == ("fal-ai/model-004", True)
    assert Endpoint.objects.filter(schema__isnull=False).count() == 11


def test_an_upstream_outage_ends_the_sync_soon(upstream, run_sync):
    upstream.add(*ids(200))
    down = error(503, "server_error", "Down for maintenance")
    upstream.faults = [lambda request: down if kind_of(request) == "expand" else None]
    report = run_sync()
    assert report.state == "failed"
    assert report.error == "Down for maintenance"
    assert len(upstream.calls("expand")) < 60
    assert Endpoint.objects.count() == 200


def test_a_concurrent_sync_is_refused_with_a_message(upstream, run_sync):
    SyncReport.objects.create(beat_at=timezone.now(), schemas_due=90, schemas_done=40)
    with pytest.raises(pipeline.AlreadyRunning, match=r"already running .*40 of 90 schemas read"):
        run_sync()
    assert upstream.requests == []


def test_a_dead_sync_is_marked_stopped_and_the_next_runs(upstream, run_sync):
    upstream.add(*ids(3))
    dead = SyncReport.objects.create(beat_at=timezone.now() - timedelta(minutes=2))
    assert run_sync().state == "done"
    dead.refresh_from_db()
    assert dead.state == "stopped"


def test_a_sync_that_was_taken_over_ends_without_changing_reports(upstream, run_sync):
    upstream.add(*ids(3))

    async def taken(request: Any) -> None:
        await SyncReport.objects.aupdate(state="stopped", error="taken")
        # then the sync reports its progress
        await asyncio.sleep(pipeline.SHOW_EVERY.total_seconds())

    upstream.faults = [taken]
    with pytest.raises(pipeline.AlreadyRunning):
        run_sync()
    assert SyncReport.objects.get().error == "taken"


def test_a_cancelled_sync_says_that_it_was_stopped(upstream, run_sync):
    upstream.add(*ids(200))
    with pytest.raises(asyncio.CancelledError):
        run_sync(stop_after=10)
    report = SyncReport.objects.get()
    assert (report.state, report.error) == ("stopped", "It was stopped.")
    assert 10 <= Endpoint.objects.filter(schema__isnull=False).count() < 200
    again = run_sync()
    assert again.state == "done"
    assert 0 < again.schemas_due < 200
    assert not Endpoint.objects.filter(schema__isnull=True).exists()


def test_a_stopped_full_sync_resumes_with_the_rest(upstream, run_sync):
    upstream.add(*ids(40))
    run_sync()
    upstream.faults = [after_two_expansions("Enough")]
    assert run_sync(full=True).state == "failed"
    upstream.faults = []
    report = run_sync()
    assert 0 < report.schemas_due < 40
    assert not any(e.schema_updated == "" for e in Endpoint.objects.all())

"""A sync brings everything in, writes only what differs, and knows what went."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import sync
from catalog.models import Endpoint, Schema, SyncReport
from tests.catalog.upstream import CatalogueUpstream, error, item, kind_of, once

RunSync = Callable[..., SyncReport]


def ids(count: int, owner: str = "fal-ai") -> list[str]:
    return [f"{owner}/model-{n:03}" for n in range(count)]


def writes(queries: CaptureQueriesContext) -> list[str]:
    return [
        query["sql"]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
        and "catalog_syncreport" not in query["sql"]
    ]


def after_two_expansions(message: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """A rate limit that lets two calls for schemas pass."""
    passed: list[httpx.Request] = []

    def limited(request: httpx.Request) -> httpx.Response | None:
        if kind_of(request) != "expand":
            return None
        passed.append(request)
        return error(429, "rate_limited", message) if len(passed) > 2 else None

    return limited


def test_a_first_sync_brings_every_field_in(
    upstream: CatalogueUpstream, run_sync: RunSync, catalogue_items: list[dict[str, Any]]
) -> None:
    for each in catalogue_items:
        upstream.items[each["endpoint_id"]] = each
        upstream.documents[each["endpoint_id"]] = {"openapi": "3.0.4"}
    upstream.prices = {"fal-ai/flux/dev": 0.025}
    report = run_sync()
    assert (report.state, report.listed, len(report.new)) == ("done", 150, 150)
    assert report.failed == []
    assert Endpoint.objects.count() == 150
    flux = Endpoint.objects.get(endpoint_id="fal-ai/flux/dev")
    data = upstream.items["fal-ai/flux/dev"]["metadata"]
    assert flux.display_name == data["display_name"]
    assert flux.tags == data["tags"]
    assert flux.owner == "fal-ai"
    assert flux.upstream_updated == data["updated_at"]
    assert (flux.unit_price_usd, flux.price_unit) == (Decimal("0.025"), "image")
    ltx = Endpoint.objects.get(endpoint_id="fal-ai/ltx-2-19b/audio-to-video")
    assert ltx.training_endpoint_ids == ["fal-ai/ltx2-video-trainer"]
    assert (ltx.group_key, ltx.group_label) == ("ltx-2-19b", "Audio to Video")
    assert ltx.published_at == datetime(2026, 1, 27, 15, 45, 6, 60000, tzinfo=UTC)
    assert ltx.position == list(upstream.items).index(ltx.endpoint_id)


def test_a_document_is_stored_once_whatever_the_number_of_endpoints(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(25))
    upstream.documents = {i: {"openapi": "3.0.4", "paths": {}} for i in ids(25)}
    run_sync()
    assert Schema.objects.count() == 1
    assert Endpoint.objects.filter(schema=Schema.objects.get()).count() == 25


def test_a_document_is_kept_unchanged_in_the_order_of_the_wire(
    upstream: CatalogueUpstream, run_sync: RunSync, documents: dict[str, Any]
) -> None:
    upstream.add(*documents)
    upstream.documents = documents
    run_sync()
    for endpoint in Endpoint.objects.select_related("schema"):
        assert endpoint.schema is not None
        stored = endpoint.schema.document
        assert stored == json.dumps(
            documents[endpoint.endpoint_id], ensure_ascii=False, separators=(",", ":")
        )


def test_schemas_are_asked_for_ten_at_a_time_and_four_calls_at_once(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C5."""
    upstream.add(*ids(95))
    upstream.delay_s = 0.002
    report = run_sync()
    calls = upstream.calls("expand")
    sizes = [len(call.url.params.get_list("endpoint_id")) for call in calls]
    assert sorted(sizes) == [5, *[10] * 9]
    assert upstream.most_in_flight == 4
    assert (report.schemas_due, report.schemas_done) == (95, 95)


def test_a_second_sync_with_nothing_changed_fetches_no_schema_and_writes_no_row(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(30))
    upstream.prices = {"fal-ai/model-001": 0.5}
    run_sync()
    upstream.requests.clear()
    with CaptureQueriesContext(connection) as queries:
        report = run_sync()
    assert upstream.calls("expand") == []
    assert writes(queries) == []
    assert (report.new, report.changed, report.gone, report.schemas_due) == ([], [], [], 0)


def test_only_what_changed_is_fetched_and_written(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(30))
    run_sync()
    upstream.add("fal-ai/model-007", updated_at="2026-03-01T00:00:00Z", description="Better now.")
    upstream.documents["fal-ai/model-007"] = {"openapi": "3.0.4", "info": {"title": "second"}}
    upstream.add("fal-ai/brand-new")
    upstream.requests.clear()
    report = run_sync()
    assert (report.new, report.changed) == (["fal-ai/brand-new"], ["fal-ai/model-007"])
    asked = [
        i for call in upstream.calls("expand") for i in call.url.params.get_list("endpoint_id")
    ]
    assert sorted(asked) == ["fal-ai/brand-new", "fal-ai/model-007"]
    changed = Endpoint.objects.select_related("schema").get(endpoint_id="fal-ai/model-007")
    assert changed.description == "Better now."
    assert changed.schema is not None
    assert "second" in changed.schema.document


def test_a_full_sync_reads_every_schema_anew(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(12))
    run_sync()
    upstream.documents["fal-ai/model-003"] = {"openapi": "3.0.4", "info": {"title": "silent"}}
    assert run_sync().schemas_due == 0
    report = run_sync(full=True)
    assert (report.is_full, report.schemas_done) == (True, 12)
    endpoint = Endpoint.objects.select_related("schema").get(endpoint_id="fal-ai/model-003")
    assert endpoint.schema is not None
    assert "silent" in endpoint.schema.document


def test_upstreams_order_is_kept_and_a_move_alone_is_no_change(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(5))
    run_sync()
    upstream.items = dict(reversed(upstream.items.items()))
    report = run_sync()
    assert report.changed == []
    assert [e.endpoint_id for e in Endpoint.objects.all()] == ids(5)[::-1]


def test_the_list_is_followed_to_its_end(upstream: CatalogueUpstream, run_sync: RunSync) -> None:
    """C1, C5: a limit that is too large is halved, the last page has no next_cursor."""
    upstream.add(*ids(70))
    upstream.most_per_page = 31
    report = run_sync()
    assert report.listed == 70
    assert {call.url.params["limit"] for call in upstream.calls("list")} >= {"1000", "500", "31"}


def test_a_cursor_that_repeats_ends_the_list_and_marks_nothing_as_gone(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
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


def test_parameters_with_several_values_repeat_the_plain_name(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C2."""
    upstream.add("fal-ai/flux/dev", "fal-ai/flux-2")
    run_sync()
    query = upstream.calls("expand")[0].url.query.decode()
    assert "endpoint_id=fal-ai%2Fflux%2Fdev&endpoint_id=fal-ai%2Fflux-2" in query
    assert "expand=openapi-3.0" in query


def test_items_without_metadata_and_with_unknown_words_survive(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
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


def test_metadata_that_goes_missing_leaves_what_is_known(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C3."""
    upstream.add("fal-ai/flux/dev", display_name="FLUX.1 [dev]")
    run_sync()
    upstream.items["fal-ai/flux/dev"] = item("fal-ai/flux/dev", metadata=None)
    run_sync()
    assert Endpoint.objects.get().display_name == "FLUX.1 [dev]"


def test_malformed_items_are_reported_and_cost_the_others_nothing(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(3))
    upstream.items["a"] = {"metadata": {"display_name": "nameless"}}
    upstream.items["b"] = "not an object"
    upstream.items["c"] = {"endpoint_id": "fal-ai/odd", "metadata": ["a list"]}
    upstream.items["d"] = item("x/" + "long" * 100)
    report = run_sync()
    assert report.state == "done"
    assert Endpoint.objects.count() == 3
    assert [what for what, _ in report.failed][:3] == ["?", "?", "fal-ai/odd"]
    assert "too long" in report.failed[-1][1]


def test_texts_that_no_column_holds_are_cut_and_nul_is_dropped(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add("fal-ai/loud", display_name="N" * 900, category="c" * 90, tags=["a\0b", "é"])
    upstream.items["fal-ai/loud"]["metadata"]["thumbnail_url"] = "javascript:alert(1)"
    report = run_sync()
    assert report.state == "done"
    loud = Endpoint.objects.get()
    assert (len(loud.display_name), len(loud.category)) == (255, 64)
    assert loud.tags == ["ab", "é"]
    assert loud.thumbnail_url == ""


def test_an_error_in_place_of_a_schema_keeps_the_old_one_and_is_asked_again(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
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


def test_an_endpoint_without_a_document_is_not_asked_for_it_for_ever(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add("fal-ai/bare")
    upstream.documents.clear()
    run_sync()
    assert Endpoint.objects.get().schema_error == "Upstream has no schema for it."
    assert run_sync().schemas_due == 0


def test_a_batch_with_an_unknown_id_is_asked_for_singly(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C5: the list names an endpoint that find mode does not know."""
    upstream.add(*ids(4))

    def vanish(request: Any) -> Any:
        asked = request.url.params.get_list("endpoint_id")
        if kind_of(request) == "expand" and "fal-ai/model-002" in asked:
            return error(404, "not_found", "Unknown endpoint")
        return None

    upstream.faults = [vanish]
    report = run_sync()
    assert Endpoint.objects.filter(schema__isnull=False).count() == 3
    assert report.failed[0][0] == "fal-ai/model-002"


def test_duplicates_across_pages_are_one_model(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C7."""
    upstream.add(*ids(4))
    upstream.items["again"] = item("fal-ai/model-000", display_name="a later copy")
    upstream.most_per_page = 3
    report = run_sync()
    assert report.listed == 4
    assert Endpoint.objects.get(endpoint_id="fal-ai/model-000").display_name == "model-000"


@pytest.mark.parametrize("is_left_out", [False, True], ids=["404", "left out"])
def test_an_endpoint_that_vanished_is_marked_and_unmarked_when_it_returns(
    upstream: CatalogueUpstream, run_sync: RunSync, is_left_out: bool
) -> None:
    upstream.forgets_unknown = is_left_out
    upstream.add(*ids(5))
    run_sync()
    lost = upstream.items.pop("fal-ai/model-002")
    report = run_sync()
    assert report.gone == ["fal-ai/model-002"]
    assert Endpoint.objects.get(endpoint_id="fal-ai/model-002").gone_at is not None
    assert run_sync().gone == []
    upstream.items["fal-ai/model-002"] = lost
    assert run_sync().changed == ["fal-ai/model-002"]
    assert Endpoint.objects.get(endpoint_id="fal-ai/model-002").gone_at is None


def test_an_endpoint_that_find_mode_gives_bare_is_gone(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(3))
    run_sync()

    def hide(request: Any) -> Any:
        upstream.items["fal-ai/model-001"] = item("fal-ai/model-001", metadata=None)
        if kind_of(request) == "list":
            upstream.items.pop("fal-ai/model-001")

    upstream.faults = [hide]
    assert run_sync().gone == ["fal-ai/model-001"]


def test_an_endpoint_that_the_list_forgot_but_find_mode_knows_stays(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """3.2: some list modes leave deprecated endpoints out."""
    upstream.add(*ids(3))
    run_sync()
    upstream.items["fal-ai/model-001"]["metadata"]["status"] = "hidden"
    upstream._is_listed = lambda each, params: (  # type: ignore[method-assign]
        each["metadata"]["status"] != "hidden" and "status" not in params
    )
    report = run_sync()
    assert report.gone == []
    assert report.changed == ["fal-ai/model-001"]


def test_deprecated_endpoints_come_in_by_a_pass_of_their_own(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(3))
    upstream.add("fal-ai/old", status="deprecated")
    upstream.lists_deprecated = False
    assert run_sync().listed == 4
    assert Endpoint.objects.get(endpoint_id="fal-ai/old").status == "deprecated"
    assert run_sync().gone == []


def test_a_list_that_breaks_off_keeps_what_came_and_marks_nothing_as_gone(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C6, C7: partial data kept, a clean end, the reason in the report."""
    upstream.add(*ids(10))
    run_sync()
    upstream.add("fal-ai/aaa")
    upstream.items = {"fal-ai/aaa": upstream.items.pop("fal-ai/aaa")} | upstream.items
    upstream.most_per_page = 4

    def broken(request: Any) -> Any:
        if request.url.params.get("cursor") == "6" or "cursor" in request.url.params:
            return error(500, "server_error", "The registry is away")
        return None

    upstream.faults = [broken]
    report = run_sync()
    assert report.state == "failed"
    assert "The registry is away" in report.error
    assert report.new == ["fal-ai/aaa"]
    assert Endpoint.objects.listed().count() == 11


def test_a_rate_limit_is_waited_for(upstream: CatalogueUpstream, run_sync: RunSync) -> None:
    """C6."""
    upstream.add(*ids(3))
    limit = error(429, "rate_limited", "Slow down", **{"Retry-After": "7"})
    upstream.faults = [once(lambda request: limit if kind_of(request) == "expand" else None)]
    report = run_sync()
    assert (report.state, report.schemas_done) == ("done", 3)
    assert len(upstream.pauses) == 1
    assert 7 <= upstream.pauses[0] < 10


def test_a_persistent_rate_limit_ends_the_sync_and_the_next_goes_on(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    """C6."""
    upstream.add(*ids(35))
    upstream.faults = [after_two_expansions("Slow down")]
    report = run_sync()
    assert report.state == "failed"
    assert report.error == "Slow down"
    kept = Endpoint.objects.filter(schema__isnull=False).count()
    assert kept == 20
    upstream.faults = []
    again = run_sync()
    assert (again.state, again.schemas_due) == ("done", 15)


def test_one_document_that_breaks_upstream_costs_only_itself(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(12))

    def poisoned(request: Any) -> Any:
        asked = request.url.params.get_list("endpoint_id")
        if kind_of(request) == "expand" and "fal-ai/model-004" in asked:
            return error(500, "server_error", "Cannot serialise")
        return None

    upstream.faults = [poisoned]
    report = run_sync()
    assert report.state == "done"
    assert report.failed == [["fal-ai/model-004", "Cannot serialise"]]
    assert Endpoint.objects.filter(schema__isnull=False).count() == 11


def test_an_upstream_that_is_down_ends_the_sync_soon(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(200))
    down = error(503, "server_error", "Down for maintenance")
    upstream.faults = [lambda request: down if kind_of(request) == "expand" else None]
    report = run_sync()
    assert report.state == "failed"
    assert report.error == "Down for maintenance"
    assert len(upstream.calls("expand")) < 60
    assert Endpoint.objects.count() == 200


def test_an_upstream_that_does_not_answer_ends_the_sync(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no route", request=request)

    upstream.faults = [silent]
    report = run_sync()
    assert report.state == "failed"
    assert "no route" in report.error
    assert report.ended_at is not None


def test_prices_need_a_key_and_their_absence_is_no_failure(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(3))
    upstream.prices = dict.fromkeys(ids(3), 0.1)
    upstream.key = ""
    report = run_sync()
    assert report.state == "done"
    assert report.failed == [["prices", "A key is needed for prices"]]
    upstream.key = "id:secret"
    run_sync()
    assert set(Endpoint.objects.values_list("unit_price_usd", flat=True)) == {Decimal("0.1")}


def test_prices_are_asked_for_fifty_at_a_time_and_absurd_ones_left_out(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(120))
    upstream.prices = {"fal-ai/model-000": 1e12, "fal-ai/model-001": 0.000000014}
    run_sync()
    sizes = [len(c.url.params.get_list("endpoint_id")) for c in upstream.calls("pricing")]
    assert sorted(sizes) == [20, 50, 50]
    prices = dict(Endpoint.objects.values_list("endpoint_id", "unit_price_usd"))
    assert prices["fal-ai/model-000"] is None
    assert prices["fal-ai/model-001"] == Decimal("0.00000001")


def test_a_second_sync_at_the_same_time_is_refused_in_one_sentence(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    SyncReport.objects.create(beat_at=timezone.now(), schemas_due=90, schemas_done=40)
    with pytest.raises(sync.AlreadyRunning, match=r"already running .*40 of 90 schemas read"):
        run_sync()
    assert upstream.requests == []


def test_a_sync_that_died_is_cleared_away_and_gone_on_with(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(3))
    dead = SyncReport.objects.create(beat_at=timezone.now() - timedelta(minutes=2))
    assert run_sync().state == "done"
    dead.refresh_from_db()
    assert dead.state == "stopped"


def test_a_sync_whose_place_was_taken_ends_and_leaves_the_reports_alone(
    upstream: CatalogueUpstream, run_sync: RunSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "SHOW_EVERY", timedelta(0))
    upstream.add(*ids(3))

    async def taken(request: Any) -> None:
        await SyncReport.objects.aupdate(state="stopped", error="taken")

    upstream.faults = [taken]
    with pytest.raises(sync.AlreadyRunning):
        run_sync()
    assert SyncReport.objects.get().error == "taken"


def test_a_cancelled_sync_says_that_it_was_stopped(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
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


def test_a_stopped_full_sync_goes_on_with_the_rest(
    upstream: CatalogueUpstream, run_sync: RunSync
) -> None:
    upstream.add(*ids(40))
    run_sync()
    upstream.faults = [after_two_expansions("Enough")]
    assert run_sync(full=True).state == "failed"
    upstream.faults = []
    report = run_sync()
    assert 0 < report.schemas_due < 40
    assert not any(e.schema_updated == "" for e in Endpoint.objects.all())


def test_progress_is_told_while_it_happens(upstream: CatalogueUpstream, run_sync: RunSync) -> None:
    upstream.add(*ids(100))
    seen: list[tuple[int, int]] = []
    run_sync(progress=lambda report: seen.append((report.listed, report.schemas_done)))
    assert seen[0] == (100, 0)
    assert seen[-1] == (100, 100)
    assert seen == sorted(seen)
    assert any(0 < done < 100 for _, done in seen)


def test_old_reports_are_cleared_away(
    upstream: CatalogueUpstream, run_sync: RunSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "REPORTS_KEPT", 3)
    for _ in range(6):
        run_sync()
    assert SyncReport.objects.count() == 3

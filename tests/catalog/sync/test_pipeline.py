"""A sync stores everything, writes only differences, and marks endpoints that are gone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Endpoint, SyncReport
from catalog.sync import pipeline
from tests.catalog.upstream import ids, item, kind_of

pytestmark = pytest.mark.both_databases

RunSync = Callable[..., SyncReport]


def writes(queries: CaptureQueriesContext) -> list[str]:
    return [
        query["sql"]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
        and "catalog_syncreport" not in query["sql"]
    ]


def test_a_first_sync_stores_every_field(upstream, run_sync, catalogue_items):
    for each in catalogue_items:
        upstream.items[each["endpoint_id"]] = each
        upstream.documents[each["endpoint_id"]] = {"openapi": "3.0.4"}
    upstream.prices = {"fal-ai/flux/dev": 0.025}
    report, count = run_sync(), len(catalogue_items)
    assert (report.state, report.listed, len(report.new)) == ("done", count, count)
    assert report.failed == []
    assert Endpoint.objects.count() == count
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


def test_a_document_is_stored_unchanged_in_wire_order(upstream, run_sync, documents):
    upstream.add(*documents)
    upstream.documents = documents
    run_sync()
    for endpoint in Endpoint.objects.select_related("schema"):
        assert endpoint.schema is not None
        stored = endpoint.schema.document
        assert stored == json.dumps(
            documents[endpoint.endpoint_id], ensure_ascii=False, separators=(",", ":")
        )


def test_schemas_are_fetched_ten_a_call_and_four_calls_at_once(upstream, run_sync):
    """C5: ten schemas a call."""
    upstream.add(*ids(95))
    upstream.delay_s = 0.002
    report = run_sync()
    calls = upstream.calls("expand")
    sizes = [len(call.url.params.get_list("endpoint_id")) for call in calls]
    assert sorted(sizes) == [5, *[10] * 9]
    assert upstream.most_in_flight == 4
    assert (report.schemas_due, report.schemas_done) == (95, 95)


def test_a_second_sync_with_nothing_changed_fetches_no_schema_and_writes_no_row(upstream, run_sync):
    upstream.add(*ids(30))
    upstream.prices = {"fal-ai/model-001": 0.5}
    run_sync()
    upstream.requests.clear()
    with CaptureQueriesContext(connection) as queries:
        report = run_sync()
    assert upstream.calls("expand") == []
    assert writes(queries) == []
    assert (report.new, report.changed, report.gone, report.schemas_due) == ([], [], [], 0)


def test_only_changed_endpoints_are_fetched_and_written(upstream, run_sync):
    upstream.add(*ids(30))
    run_sync()
    upstream.add("fal-ai/model-007", updated_at="2026-03-01T00:00:00Z", description="Better now.")
    upstream.documents["fal-ai/model-007"] = {"openapi": "3.0.4", "info": {"title": "second"}}
    upstream.add("fal-ai/brand-new")
    upstream.requests.clear()
    report = run_sync()
    assert (report.new, report.changed) == (["fal-ai/brand-new"], ["fal-ai/model-007"])
    requested_ids = [
        i for call in upstream.calls("expand") for i in call.url.params.get_list("endpoint_id")
    ]
    assert sorted(requested_ids) == ["fal-ai/brand-new", "fal-ai/model-007"]
    changed = Endpoint.objects.select_related("schema").get(endpoint_id="fal-ai/model-007")
    assert changed.description == "Better now."
    assert changed.schema is not None
    assert "second" in changed.schema.document


def test_a_full_sync_fetches_every_schema_again(upstream, run_sync):
    upstream.add(*ids(12))
    run_sync()
    upstream.documents["fal-ai/model-003"] = {"openapi": "3.0.4", "info": {"title": "silent"}}
    assert run_sync().schemas_due == 0
    report = run_sync(full=True)
    assert (report.is_full, report.schemas_done) == (True, 12)
    endpoint = Endpoint.objects.select_related("schema").get(endpoint_id="fal-ai/model-003")
    assert endpoint.schema is not None
    assert "silent" in endpoint.schema.document


def test_upstreams_order_is_stored_and_a_move_is_no_change(upstream, run_sync):
    upstream.add(*ids(5))
    run_sync()
    upstream.items = dict(reversed(upstream.items.items()))
    report = run_sync()
    assert report.changed == []
    assert [e.endpoint_id for e in Endpoint.objects.all()] == ids(5)[::-1]


def test_parameters_with_several_values_repeat_the_plain_name(upstream, run_sync):
    """C2: the plain name, without brackets."""
    upstream.add("fal-ai/flux/dev", "fal-ai/flux-2")
    run_sync()
    query = upstream.calls("expand")[0].url.query.decode()
    assert "endpoint_id=fal-ai%2Fflux%2Fdev&endpoint_id=fal-ai%2Fflux-2" in query
    assert "expand=openapi-3.0" in query


@pytest.mark.parametrize("is_left_out", [False, True], ids=["404", "left out"])
def test_a_vanished_endpoint_is_marked_gone_until_it_returns(upstream, run_sync, is_left_out):
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


def test_an_endpoint_without_metadata_in_find_mode_is_gone(upstream, run_sync):
    upstream.add(*ids(3))
    run_sync()

    def hide(request: Any) -> Any:
        upstream.items["fal-ai/model-001"] = item("fal-ai/model-001", metadata=None)
        if kind_of(request) == "list":
            upstream.items.pop("fal-ai/model-001")

    upstream.faults = [hide]
    assert run_sync().gone == ["fal-ai/model-001"]


def test_an_endpoint_missing_in_the_list_but_known_in_find_mode_stays(upstream, run_sync):
    """3.2: some list modes leave deprecated endpoints out."""
    upstream.add(*ids(3))
    run_sync()
    upstream.items["fal-ai/model-001"]["metadata"]["status"] = "hidden"
    upstream._is_listed = lambda each, params: (
        each["metadata"]["status"] != "hidden" and "status" not in params
    )
    report = run_sync()
    assert report.gone == []
    assert report.changed == ["fal-ai/model-001"]


def test_deprecated_endpoints_are_listed_in_a_separate_pass(upstream, run_sync):
    upstream.add(*ids(3))
    upstream.add("fal-ai/old", status="deprecated")
    upstream.lists_deprecated = False
    assert run_sync().listed == 4
    assert Endpoint.objects.get(endpoint_id="fal-ai/old").status == "deprecated"
    assert run_sync().gone == []


def test_prices_need_a_key_and_a_sync_succeeds_without_them(upstream, run_sync):
    upstream.add(*ids(3))
    upstream.prices = dict.fromkeys(ids(3), 0.1)
    upstream.key = ""
    report = run_sync()
    assert report.state == "done"
    assert report.failed == [["prices", "A key is needed for prices"]]
    upstream.key = "id:secret"
    run_sync()
    assert set(Endpoint.objects.values_list("unit_price_usd", flat=True)) == {Decimal("0.1")}


def test_prices_are_fetched_fifty_a_call_and_absurd_ones_ignored(upstream, run_sync):
    upstream.add(*ids(120))
    upstream.prices = dict(zip(ids(4), [1e12, 0.000000014, 0.000000001, 0], strict=True))
    run_sync()
    sizes = [len(c.url.params.get_list("endpoint_id")) for c in upstream.calls("pricing")]
    assert sorted(sizes) == [20, 50, 50]
    prices = dict(Endpoint.objects.values_list("endpoint_id", "unit_price_usd"))
    assert prices["fal-ai/model-000"] is None
    assert prices["fal-ai/model-001"] == prices["fal-ai/model-002"] == Decimal("0.00000001")
    assert prices["fal-ai/model-003"] == 0


def test_progress_is_reported_during_a_sync(upstream, run_sync):
    upstream.add(*ids(100))
    seen: list[tuple[int, int]] = []
    run_sync(progress=lambda report: seen.append((report.listed, report.schemas_done)))
    assert seen[0] == (100, 0)
    assert seen[-1] == (100, 100)
    assert seen == sorted(seen)
    assert any(0 < done < 100 for _, done in seen)


def test_old_sync_reports_are_deleted(upstream, run_sync):
    old, second_newest, newest = (run_sync().pk for _ in range(3))
    next_ = newest + 1
    for pk, later in ((old, 0), (second_newest, 1)):  # as if that many syncs had come since
        aged = next_ - pipeline.REPORTS_KEPT + later
        SyncReport.objects.filter(pk=pk).update(id=aged)
    assert run_sync().pk == next_
    assert [*SyncReport.objects.order_by("pk").values_list("pk", flat=True)] == [
        aged,
        newest,
        next_,
    ]

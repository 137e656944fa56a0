"""The change log: which changes of endpoints it records, and how it compares schemas."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from catalog.changelog import recorder
from catalog.models import Change, Endpoint, Schema, SyncReport
from tests.catalog.upstream import after_two_expansions, ids

pytestmark = pytest.mark.both_databases

RunSync = Callable[..., SyncReport]
LATER = "2026-06-01T00:00:00Z"


def document(**properties: Any) -> dict[str, Any]:
    """Return a document whose input has these properties."""
    schema = {"type": "object", "properties": properties}
    body = {"content": {"application/json": {"schema": schema}}}
    return {"openapi": "3.0.4", "paths": {"/fal-ai/model-000": {"post": {"requestBody": body}}}}


def recorded_changes() -> list[tuple[str, str, list[str]]]:
    return [
        (change.endpoint.endpoint_id, change.kind, [line["said"] for line in change.lines or []])
        for change in Change.objects.select_related("endpoint").order_by("pk")
    ]


def test_the_first_sync_is_no_news_even_when_interrupted(upstream, run_sync):
    upstream.add(*ids(40))
    upstream.faults = [after_two_expansions("Enough")]
    assert run_sync().state == "failed"
    upstream.faults = []
    upstream.add("fal-ai/late")
    run_sync()
    assert recorded_changes() == []
    upstream.add("fal-ai/news")
    run_sync()
    assert recorded_changes() == [("fal-ai/news", "new", [])]


def test_new_gone_and_returned_models_are_recorded(upstream, run_sync):
    upstream.add(*ids(2))
    run_sync()
    lost = upstream.items.pop("fal-ai/model-001")
    upstream.add("fal-ai/news")
    run_sync()
    upstream.items["fal-ai/model-001"] = lost
    lost["metadata"] |= {"display_name": "Model 1b"}
    run_sync()
    assert recorded_changes() == [
        ("fal-ai/news", "new", []),
        ("fal-ai/model-001", "gone", []),
        ("fal-ai/model-001", "back", ["is “Model 1b” now; it was “model-001”"]),
    ]


@pytest.mark.parametrize(
    ("metadata", "expected_lines"),
    [
        ({"display_name": "New"}, ["is “New” now; it was “model-000”"]),
        ({"category": "vision"}, ["is “Vision” now; it was “Text to image”"]),
        ({"status": "deprecated"}, ["is “deprecated” now; it was “active”"]),
        ({"tags": ["fast"]}, ["now have “fast” and no longer have “new”"]),
        ({"license_type": "research"}, ["is “research” now"]),
        ({"description": "Better."}, ["reads differently now"]),
        ({"thumbnail_url": "https://fal.media/b.jpg", "highlighted": True}, None),
        ({"duration_estimate": 3}, None),
    ],
)
def test_relevant_listing_changes_are_recorded(upstream, run_sync, metadata, expected_lines):
    upstream.add(*ids(1))
    run_sync()
    upstream.items["fal-ai/model-000"]["metadata"] |= metadata | {"updated_at": LATER}
    run_sync()
    assert [lines for _, _, lines in recorded_changes()] == (
        [expected_lines] if expected_lines is not None else []
    )
    is_wording = "description" in metadata
    is_shown = not is_wording and expected_lines is not None
    assert Change.objects.worth_showing().count() == int(is_shown)


def test_a_price_change_is_recorded_if_the_price_was_known(upstream, run_sync):
    upstream.add(*ids(2))
    run_sync()
    upstream.prices = dict.fromkeys(ids(2), 0.025)
    run_sync()
    assert recorded_changes() == []
    upstream.prices["fal-ai/model-001"] = 0.03
    run_sync()
    sentence = "is $0.03 per image now; it was $0.025 per image"
    assert recorded_changes() == [("fal-ai/model-001", "price", [sentence])]


def test_a_new_schema_keeps_both_versions_and_is_compared_later(upstream, run_sync):
    upstream.add(*ids(1))
    upstream.documents["fal-ai/model-000"] = document(
        prompt={"type": "string"}, steps={"type": "integer", "default": 30, "maximum": 50}
    )
    run_sync()
    upstream.items["fal-ai/model-000"]["metadata"]["updated_at"] = LATER
    upstream.documents["fal-ai/model-000"] = document(
        prompt={"type": "string"}, steps={"type": "integer", "default": 28, "maximum": 40}
    )
    run_sync()
    change = Change.objects.get()
    assert (change.kind, change.lines, Schema.objects.count()) == ("schema", None, 2)
    assert change.now_id == Endpoint.objects.get().schema_id != change.was_id
    assert recorder.compare_pending() == 1
    change.refresh_from_db()
    assert [(line["field"], line["said"], line["breaks"]) for line in change.lines] == [
        ("steps", "must be 40 or less now; it was 50", True),
        ("steps", "has the default 28; it was 30", False),
    ]
    assert change.weight == Change.Weight.BREAKING
    assert recorder.compare_pending() == 0


def test_versions_that_differ_in_texts_are_wording_changes(upstream, run_sync):
    upstream.add(*ids(1))
    upstream.documents["fal-ai/model-000"] = document(a={"type": "string", "description": "One."})
    run_sync()
    upstream.documents["fal-ai/model-000"] = document(a={"type": "string", "description": "Two."})
    run_sync(full=True)
    recorder.compare_pending()
    assert Change.objects.get().weight == Change.Weight.WORDING
    assert not Change.objects.worth_showing().exists()


def test_many_versions_are_compared_in_few_queries_and_no_list_loads_them(
    make_endpoint, django_assert_max_num_queries
):
    rows = [make_endpoint(f"fal-ai/m{n}", document(a={"default": n})) for n in range(30)]
    schemas = list(Schema.objects.order_by("digest"))
    for row, was in zip(rows, schemas, strict=True):
        Change.objects.bulk_create(
            recorder.reshaped(row, {"schema_id": was.pk if was.pk != row.schema_id else ""})
        )
    assert Change.objects.uncompared().count() >= 28
    with django_assert_max_num_queries(2 * 4 + 1):  # per batch of 20, plus one transaction
        while recorder.compare_pending():
            pass
    assert not Change.objects.uncompared().exists()


def test_a_hostile_document_is_compared_too(make_endpoint):
    row = make_endpoint("fal-ai/model-000", document(a={"type": "string"}))
    hostile = document(**{"b\0\ud800": {"default": "\0\ud800", "type": "string"}})
    text = json.dumps(hostile)
    Schema.objects.create(digest="1" * 64, document=text)
    was = row.schema_id
    row.schema_id = "1" * 64
    Change.objects.bulk_create(recorder.reshaped(row, {"schema_id": was}))
    Schema.objects.create(digest="2" * 64, document="[[[")
    row.schema_id = "2" * 64
    Change.objects.bulk_create(recorder.reshaped(row, {"schema_id": "1" * 64}))
    assert recorder.compare_pending() == 2


def test_the_oldest_changes_are_pruned_with_unreferenced_versions(make_endpoint, make_run):
    """Only beyond the limit, in batches, and no version that endpoints, runs or changes use."""
    endpoint = make_endpoint(document={"now": True})
    versions = [Schema.objects.create(digest=f"{n:064}", document="{}") for n in range(8)]
    changes = [
        recorder.reshaped(Endpoint(pk=endpoint.pk, schema_id=now.pk), {"schema_id": was.pk})[0]
        for was, now in pairwise(versions)
    ]
    Change.objects.bulk_create(changes)
    make_run(endpoint=endpoint, schema=versions[1])
    assert [recorder.prune(kept=3, at_once=2) for _ in range(3)] == [2, 2, 0]
    assert list(Change.objects.order_by("pk").values_list("was_id", flat=True)) == [
        version.pk for version in versions[4:7]
    ]
    remaining = set(Schema.objects.values_list("digest", flat=True))
    assert remaining == {
        endpoint.schema_id,
        versions[1].pk,
        *(version.pk for version in versions[4:]),
    }

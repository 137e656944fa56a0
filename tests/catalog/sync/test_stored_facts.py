"""The step after a sync that reads facts from schemas and copies them to the endpoints."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from catalog.models import Endpoint, Revision, Schema
from catalog.sync import post_sync
from schemas.facts.capabilities import RULES

pytestmark = pytest.mark.both_databases

MakeEndpoint = Callable[..., Endpoint]


def document(**properties: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"properties": properties}}}}
    return {"paths": {"/a/b": {"post": {"requestBody": body}}}}


def settle() -> None:
    while post_sync.extract_facts():
        pass
    while post_sync.copy_facts_to_endpoints():
        pass


def test_every_endpoint_gets_the_facts_of_its_schema(make_endpoint):
    both = document(seed={"type": "integer"}, image_url={"type": "string"})
    first, second = make_endpoint("a/1", both), make_endpoint("a/2", both)
    bare = make_endpoint("a/3")
    settle()
    for row in (first, second):
        row.refresh_from_db()
        assert row.facts == ["in:image", "can:seed"]
        assert row.field_words == "seed image_url image"
    bare.refresh_from_db()
    assert bare.facts == []


def test_a_broken_document_is_read_once_and_gives_no_facts(make_endpoint):
    row = make_endpoint("a/1", document())
    Schema.objects.update(document="{{{")
    settle()
    row.refresh_from_db()
    assert row.facts == []
    assert post_sync.extract_facts() == post_sync.copy_facts_to_endpoints() == 0


def test_only_a_new_schema_version_is_read_again(make_endpoint):
    changed = make_endpoint("a/1", document(seed={"type": "integer"}))
    other = make_endpoint("a/2", document(image_url={"type": "string"}))
    settle()
    text = json.dumps(document(video_url={"type": "string"}))
    Schema.objects.create(digest="f" * 64, document=text)
    Endpoint.objects.filter(pk=changed.pk).update(schema_id="f" * 64)
    assert post_sync.extract_facts() == 1
    assert post_sync.copy_facts_to_endpoints() == 1
    changed.refresh_from_db()
    other.refresh_from_db()
    assert changed.facts == ["in:video"]
    assert other.facts == ["in:image"]


def test_every_endpoint_gets_the_inputs_results_can_fill(make_endpoint):
    row = make_endpoint("a/1", document(image_url={"type": "string"}, seed={"type": "integer"}))
    settle()
    row.refresh_from_db()
    assert row.inputs == [["image_url", "image", "main", "Image", False]]
    revision = Revision.current()
    Endpoint.objects.filter(pk=row.pk).update(inputs=[])
    assert Revision.current() != revision  # so the menu is rebuilt


def test_when_nothing_is_due_each_step_is_one_query_and_writes_nothing(make_endpoint):
    for number in range(12):
        make_endpoint(f"a/{number}", document(seed={"type": "integer"}))
    settle()
    revision = Revision.current()
    with CaptureQueriesContext(connection) as queries:
        assert post_sync.extract_facts() == 0
        assert post_sync.copy_facts_to_endpoints() == 0
    statements = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(statements) == 2
    assert not any("UPDATE" in query["sql"] for query in queries)
    assert Revision.current() == revision


def test_new_rules_read_everything_and_write_only_differences(make_endpoint):
    row = make_endpoint("a/1", document(seed={"type": "integer"}))
    settle()
    earlier = RULES - 1
    Schema.objects.update(facts_version=earlier)
    Endpoint.objects.update(facts_from=Concat(Value(f"{earlier}."), F("schema_id")))
    revision = Revision.current()
    settle()
    row.refresh_from_db()
    assert row.facts_from.startswith(f"{RULES}.")
    assert set(Schema.objects.values_list("facts_version", flat=True)) == {RULES}
    assert Revision.current() == revision  # nothing on any page has changed
    assert post_sync.extract_facts() == post_sync.copy_facts_to_endpoints() == 0


def test_many_documents_are_read_in_small_batches(make_endpoint):
    for number in range(23):
        make_endpoint(f"a/{number}", document(seed={"type": "integer", "default": number}))
    done = []
    while count := post_sync.extract_facts():
        done.append(count)
    assert sum(done) == 23
    assert max(done) == post_sync.DOCUMENTS_AT_ONCE
    with CaptureQueriesContext(connection) as queries:
        assert post_sync.copy_facts_to_endpoints() == 23
    assert len([q for q in queries if q["sql"].startswith("SELECT")]) == 1
    assert set(Endpoint.objects.values_list("field_words", flat=True)) == {"seed"}


@pytest.mark.django_db(transaction=True)
def test_a_sync_is_followed_by_reading_the_facts(make_endpoint):
    row = make_endpoint("a/1", document(seed={"type": "integer"}))
    post_sync.run()
    row.refresh_from_db()
    assert row.facts == ["can:seed"]

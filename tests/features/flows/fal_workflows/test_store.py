"""A workflow of the account becomes an endpoint with a form; models of the catalogue stay as they
are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import fal
from catalog.models import Endpoint, SyncReport
from catalog.schema_versions import version_of
from catalog.sync.upsert import CatalogUpserter
from features.flows.fal_workflows import definitions, store
from features.flows.fal_workflows.steps import steps_of
from features.flows.graph.openapi import DEFINITION
from features.flows.models import AccountWorkflow
from runs.models import Run
from tests.features.flows.fal_workflows.conftest import Keep
from tests.features.flows.graph.definitions import CONTENTS_B
from tests.tables import each_row


def test_a_workflow_is_a_runnable_endpoint_that_streams(keep: Keep) -> None:
    endpoint = keep().endpoint
    assert (endpoint.endpoint_id, endpoint.category) == ("workflows/Ana/two-step", "workflow")
    assert endpoint.is_runnable
    assert endpoint.stream_url
    (field,) = version_of(endpoint).root.children
    assert (field.name, field.label, field.is_required) == ("idea", "Idea", True)


def test_a_field_takes_its_details_from_the_model_it_feeds(
    keep: Keep, make_endpoint: Callable[..., Any]
) -> None:
    long = {"type": "string", "description": "What to write about.", "maxLength": 50}
    schema = {"type": "object", "properties": {"prompt": long}}
    make_endpoint("openrouter/router", {"components": {"schemas": {"RouterInput": schema}}})
    (field,) = version_of(keep().endpoint).root.children
    assert (field.max_length, field.help) == (50, "What to write about.")


def test_a_catalogue_sync_does_not_change_workflows(keep: Keep) -> None:
    keep()
    upserter = CatalogUpserter(SyncReport())
    assert (upserter.unseen(), upserter.due(), upserter.listed_ids()) == ([], [], [])


def test_a_workflow_in_the_catalogue_keeps_its_listed_values(
    make_endpoint: Any, keep: Keep
) -> None:
    endpoint = make_endpoint(
        "workflows/Ana/two-step",
        {"type": "object", "properties": {"own": {"type": "string"}}},
        display_name="Listed",
        entry_digest="1.abc",
    )
    workflow = keep()
    assert workflow.pk == endpoint.pk
    assert (workflow.endpoint.display_name, workflow.endpoint.schema_id) == (
        "Listed",
        endpoint.schema_id,
    )


def test_a_definition_that_vanishes_upstream_is_kept_with_the_reason(keep: Keep) -> None:
    keep()
    again = keep(contents=None)
    assert definitions.graph_of(again).endpoint_ids == ["openrouter/router", "fal-ai/flux/dev"]
    assert again.trouble == "Its definition cannot be read."


def test_a_run_keeps_the_definition_it_was_started_with(keep: Keep, user: Any) -> None:
    before = keep()
    run = Run.objects.create(
        user=user, endpoint=before.endpoint, schema_id=before.endpoint.schema_id, arguments={}
    )
    changed = copy.deepcopy(CONTENTS_B)
    changed["nodes"]["draw"]["app"] = "other/model"
    after = keep(contents=changed)
    assert definitions.graph_of(after, run).endpoint_ids[1] == "fal-ai/flux/dev"
    assert definitions.graph_of(after).endpoint_ids[1] == "other/model"


def test_a_workflow_the_account_no_longer_lists_cannot_be_run(keep: Keep) -> None:
    listed, gone = keep("kept"), keep("gone")
    store.retire([listed.endpoint.endpoint_id])
    assert Endpoint.objects.get(pk=listed.endpoint.pk).is_runnable
    assert not Endpoint.objects.get(pk=gone.endpoint.pk).is_runnable
    assert [*AccountWorkflow.objects.available()] == [listed]
    keep("gone")
    assert Endpoint.objects.get(pk=gone.endpoint.pk).is_runnable


@pytest.mark.parametrize(
    ("owner", "name"),
    [("", "x"), ("a b", "x"), ("a", "x/../y"), ("a", "x" * 129)],
    ids=["empty", "blank", "path", "long"],
)
def test_a_workflow_with_an_invalid_id_is_left_out(db: None, owner: str, name: str) -> None:
    item = fal.WorkflowItem(owner, name, "T")
    assert store.keep(item, None, "", is_own=True) is None
    assert not Endpoint.objects.exists()


def test_hostile_texts_are_stored_on_both_databases(keep: Keep) -> None:
    odd = "x\x00y \ud800"
    contents = {"nodes": {odd: {"type": "run", "app": odd}}, "output": {odd: "$a"}}
    workflow = keep(contents=contents, title=odd, description=odd, created_at="0000-99-99")
    assert "\x00" not in workflow.title
    document = version_of(workflow.endpoint).contract.document
    assert len(document[DEFINITION]["nodes"]) == 1


SUBMIT = {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "r"}
DONE = {"type": "completion", "node_id": "a", "output": {"text": "t"}}
DETAIL = [{"loc": ["body", "prompt"], "msg": "declined", "type": "content_policy_violation"}]


def failed(body: Any) -> dict[str, Any]:
    return {
        "type": "error",
        "node_id": "a",
        "message": "No",
        "error": {"status": 422, "body": body},
    }


def run_with(*events: Any, state: str = "running") -> Run:
    rows = [
        {"at": f"2026-11-23T07:00:0{at}+00:00", "event": event} for at, event in enumerate(events)
    ]
    return Run(state=state, steps=rows)


@each_row(
    ("events", "state", "expected"),
    [
        ([SUBMIT], "running", "running"),
        ([SUBMIT, DONE], "running", "done"),
        ([DONE], "running", "done"),
        ([SUBMIT, failed({"detail": DETAIL})], "failed", "failed"),
        ([SUBMIT], "unconfirmed", "unknown"),
        ([SUBMIT], "cancelled", "unknown"),
        ([{"type": "submit", "node_id": "b"}], "running", "waiting"),
        ([{"type": "submit", "node_id": "b"}], "failed", ""),
        ([{"type": "surprise", "node_id": "a"}, {"type": "submit"}, 7, None], "running", "waiting"),
    ],
    ids=["begun", "done", "no-submit", "failed", "broken", "cancelled", "later", "never", "odd"],
)
def test_a_step_has_one_state(events: list[Any], state: str, expected: str) -> None:
    assert steps_of(run_with(*events, state=state), ["a"])["a"].state == expected


def test_a_run_without_events_has_no_steps() -> None:
    assert steps_of(Run(state="running"), ["a"])["a"].state == ""
    assert steps_of(None, ["a"])["a"].state == ""


def test_a_step_has_its_duration_output_and_request() -> None:
    step = steps_of(run_with(SUBMIT, DONE))["a"]
    assert (step.took_s, step.output, step.request_id, step.app) == (1.0, {"text": "t"}, "r", "x/y")


@pytest.mark.parametrize("body", [{"detail": DETAIL}, "declined", None], ids=["json", "text", "no"])
def test_c67_an_error_may_be_an_object_or_a_text(body: Any) -> None:
    step = steps_of(run_with(SUBMIT, failed(body)))["a"]
    assert (step.state, step.message) == ("failed", "No")
    assert step.error is not None
    assert step.error["status"] == 422

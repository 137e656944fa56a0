"""A workflow of the account becomes an endpoint with a form; models of the catalogue stay as they
are.
"""

import copy

from catalog.models import Endpoint, SyncReport
from catalog.schema_versions import version_of
from catalog.sync.upsert import CatalogUpserter
from features.flows.fal_workflows import store
from projects.models import Rule
from runs.models import Run
from tests.features.flows.fal_workflows.definitions import CONTENTS_B


def test_a_workflow_is_a_runnable_endpoint_that_streams(keep):
    endpoint = keep()
    assert (endpoint.endpoint_id, endpoint.category) == ("workflows/Ana/two-step", "workflow")
    assert endpoint.is_runnable
    assert endpoint.stream_url
    (field,) = version_of(endpoint).root.children
    assert (field.name, field.label, field.is_required) == ("idea", "Idea", True)


def test_a_catalogue_sync_does_not_change_workflows(keep):
    keep()
    upserter = CatalogUpserter(SyncReport())
    assert (upserter.unseen(), upserter.due(), upserter.listed_ids()) == ([], [], [])


def test_a_workflow_in_the_catalogue_keeps_its_listed_values(make_endpoint, keep):
    endpoint = make_endpoint(
        "workflows/Ana/two-step",
        {"type": "object", "properties": {"own": {"type": "string"}}},
        display_name="Listed",
        entry_digest="1.abc",
    )
    workflow = keep()
    assert workflow.pk == endpoint.pk
    assert (workflow.display_name, workflow.schema_id) == ("Listed", endpoint.schema_id)


def test_a_definition_that_vanishes_upstream_is_kept(keep):
    keep()
    again = keep(contents=None)
    assert store.models_within([again.pk])[again.pk] == ["openrouter/router", "fal-ai/flux/dev"]


def test_a_changed_definition_gives_the_endpoint_another_schema(keep):
    before = keep()
    changed = copy.deepcopy(CONTENTS_B)
    changed["schema"]["input"]["idea"]["label"] = "Thought"
    assert keep(contents=changed).schema_id != before.schema_id
    assert keep().schema_id == before.schema_id


def test_a_workflow_the_account_no_longer_lists_cannot_be_run(keep):
    listed, gone = keep("kept"), keep("gone")
    store.retire([listed.endpoint_id])
    assert Endpoint.objects.get(pk=listed.pk).is_runnable
    assert not Endpoint.objects.get(pk=gone.pk).is_runnable
    assert keep("gone").is_runnable


def test_hostile_texts_are_stored_on_both_databases(keep):
    odd = "x\x00y \ud800"
    contents = {"nodes": {odd: {"type": "run", "app": odd}}, "output": {odd: "$a"}}
    endpoint = keep(contents=contents, title=odd, description=odd)
    assert "\x00" not in endpoint.display_name
    assert store.models_within([endpoint.pk]) == {endpoint.pk: ["xy ?"]}


def test_a_definition_that_cannot_be_read_leaves_an_input_as_json(keep, caplog):
    endpoint = keep(contents={"nothing": 1})
    assert (endpoint.is_runnable, endpoint.schema_id) == (True, None)
    assert store.models_within([endpoint.pk]) == {}
    assert "the input of workflows/Ana/two-step is not known" in caplog.text


def test_a_workflow_runs_on_its_models_page_over_the_stream(member, keep):
    page = keep().get_absolute_url()
    assert page in member.get("/models/?q=two+step").content.decode()
    assert 'name="idea"' in member.get(page).content.decode()
    member.post(page, {"idea": "A boat", "~token": "t", "~do": "run"})
    run = Run.objects.get()
    assert (run.transport, run.arguments) == ("stream", {"idea": "A boat"})


def test_a_workflow_is_locked_with_a_model_that_it_runs(member, keep, make_endpoint):
    make_endpoint("fal-ai/flux/dev", display_name="FLUX dev")
    page = keep().get_absolute_url()
    Rule.objects.create(kind="id", value="fal-ai/flux/dev", reason="Not licensed")
    locked = "Two step is locked by a rule of the house: “Forbid fal-ai/flux/dev”"
    assert locked in member.get(page).content.decode()
    answer = member.post(page, {"idea": "A boat", "~token": "t", "~do": "run"})
    assert answer.status_code == 403
    assert not Run.objects.exists()

"""The pages of the account's workflows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from features.flows.fal_workflows import store
from features.flows.models import AccountListing
from projects.models import Rule
from runs.live import pages
from runs.models import Run
from tests.features.flows.fal_workflows.conftest import Keep
from tests.features.flows.graph.definitions import with_nodes
from tests.projects.people import make_project, member_with, working_in

LIST = "/flows/account/"
PAGE = "/flows/account/Ana/two-step/"


@pytest.fixture
def ana(client: Client, user: User) -> Client:
    """Ana's browser."""
    client.force_login(user)
    return client


def read_text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_workflow_list_takes_as_many_queries_for_any_length(
    ana: Client, keep: Keep, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        keep(f"w{number}", title=f"Workflow {number}")
    ana.get(LIST)
    with django_assert_max_num_queries(12):
        assert "Workflow 3" in read_text(ana, LIST)


def test_an_empty_workflow_list_gives_the_reason(ana: Client) -> None:
    assert "no worker is running" in read_text(ana, LIST)
    store.note_reading("")
    assert "The account has no workflows yet" in read_text(ana, LIST)
    store.note_reading("The key is not valid for this account.")
    assert "Reading the account failed" in read_text(ana, LIST)
    assert "The key is not valid" in read_text(ana, LIST)


def test_a_refresh_is_requested_from_the_worker(ana: Client) -> None:
    assert ana.post("/flows/account/reading/").status_code == 302
    assert AccountListing.current().wanted_at
    assert "Requested" in read_text(ana, LIST)


def test_a_workflow_page_shows_models_and_form(
    ana: Client, keep: Keep, make_endpoint: Callable[..., Any]
) -> None:
    make_endpoint("fal-ai/flux/dev", display_name="FLUX dev")
    keep()
    page = read_text(ana, PAGE)
    assert page.count('href="/models/fal-ai/flux/dev/"') == 1
    assert 'data-endpoint-id="workflows/Ana/two-step"' in page
    assert 'name="idea"' in page
    assert "The catalogue does not list this model" in page  # this is about openrouter/router
    assert 'style="' not in page


def test_a_workflow_run_is_an_ordinary_streamed_run(ana: Client, keep: Keep) -> None:
    workflow = keep()
    post = {"idea": "A boat", "~token": "t1", "~do": "run"}
    answer = ana.post(PAGE, post)
    run = Run.objects.get()
    assert answer.headers["location"] == f"{PAGE}?run={run.pk}#workflow-run"
    assert (run.transport, run.arguments, run.title) == ("stream", {"idea": "A boat"}, "A boat")
    assert run.schema_id == workflow.endpoint.schema_id
    ana.post(PAGE, post)
    assert Run.objects.count() == 1  # a double click
    page = read_text(ana, f"{PAGE}?run={run.pk}")
    assert f'data-run-id="{run.pk}"' in page
    assert 'data-watch="{&quot;view&quot;: &quot;workflow&quot;' in page
    assert "A boat" in page  # the form shows the run's input


def test_missing_inputs_are_reported_and_typed_values_kept(ana: Client, keep: Keep) -> None:
    keep()
    answer = ana.post(PAGE, {"idea": "", "extra": "kept\x00", "~token": "t", "~do": "run"})
    assert answer.status_code == 422
    assert not Run.objects.exists()
    assert 'aria-invalid="true"' in answer.content.decode()


def test_events_are_shown_node_by_node(ana: Client, keep: Keep, user: User) -> None:
    workflow = keep()
    files = "https://v3.fal.media/files/a/b.png"
    error = {"status": 422, "body": {"detail": [{"loc": ["body"], "msg": "declined", "type": "t"}]}}
    run = Run.objects.create(
        user=user,
        endpoint=workflow.endpoint,
        schema_id=workflow.endpoint.schema_id,
        arguments={"idea": "x"},
        state="failed",
        transport="stream",
        error={"error": "RunFailed", "message": "It failed"},
        steps=[
            {"at": None, "event": {"type": "submit", "node_id": "say", "app_id": "o/r"}},
            {
                "at": None,
                "event": {
                    "type": "completion",
                    "node_id": "say",
                    "output": {"output": "**bold** <script>", "images": [{"url": files}]},
                },
            },
            {
                "at": None,
                "event": {"type": "error", "node_id": "draw", "message": "No", "error": error},
            },
        ],
    )
    for page in (read_text(ana, f"{PAGE}?run={run.pk}"), pages.render(run, "workflow")):
        assert "<strong>bold</strong>" in page
        assert (
            "<script>"
            not in page.replace("<script src", "").split('class="workflow-page stack"')[-1]
        )
        part = page.split('data-node="draw"')[1]
        assert part.index('data-state="failed"') < part.index("declined")
        assert 'data-state="done"' in page.split('data-node="say"')[1].split("<")[0]


def test_a_broken_definition_is_refused_with_its_node(ana: Client, keep: Keep) -> None:
    keep(contents=with_nodes(a={"depends": ["b"]}, b={"depends": ["a"]}))
    page = read_text(ana, PAGE)
    assert "wait for each other in a circle: a → b → a" in page
    assert "disabled" in page.split('value="run"')[-1][:80]
    answer = ana.post(PAGE, {"~token": "t", "~do": "run"})
    assert (answer.status_code, Run.objects.count()) == (422, 0)


def test_a_blocked_model_is_reported_beside_its_node(
    ana: Client, keep: Keep, make_endpoint: Callable[..., Any]
) -> None:
    make_endpoint("fal-ai/flux/dev", standing="blocked", standing_reason="Too dear")
    keep()
    assert "This model is blocked and cannot be run: Too dear." in read_text(ana, PAGE)


def test_without_a_definition_the_page_says_so_and_accepts_json(ana: Client, keep: Keep) -> None:
    keep(contents=None)
    assert "Its definition cannot be read." in read_text(ana, PAGE)
    assert "with its input as JSON" in read_text(ana, PAGE)


def test_runs_of_others_and_unknown_names_are_404(ana: Client, keep: Keep, stranger: User) -> None:
    workflow = keep()
    theirs = Run.objects.create(user=stranger, endpoint=workflow.endpoint, arguments={})
    for query in (theirs.pk, uuid.uuid4(), "nonsense", "%00"):
        assert ana.get(f"{PAGE}?run={query}").status_code == 404
    assert ana.get("/flows/account/Ana/none/").status_code == 404
    assert ana.get("/flows/account/A%00na/no%00ne/").status_code == 404
    assert reverse("flows:account-workflow", args=["Ana", "two-step"]) == PAGE


def test_a_workflow_runs_in_the_project_of_the_page(ana: Client, keep: Keep, user: User) -> None:
    project = make_project("Film", ana="maker", vera="viewer", mona="manager")
    keep()
    post = {"idea": "A boat", "~token": "t1", "~do": "run"}
    assert f'action="{PAGE}?project=film"' in read_text(ana, f"{PAGE}?project=film")
    answer = ana.post(f"{PAGE}?project=film", post)
    run = Run.objects.get()
    assert run.project == project
    vera = working_in(project, member_with(project, "viewer"))
    page = read_text(vera, answer.headers["location"])
    assert "A boat" in page
    assert "· ana" in page
    assert "workflow-only" in page
    assert "Ask mona to make you a maker" in page
    refused = vera.post(PAGE, post | {"idea": "A <ship"})
    assert refused.status_code == 403
    assert "data-refused" in refused.content.decode()
    assert "A &lt;ship" in refused.content.decode()
    assert Run.objects.count() == 1
    assert "A boat" not in read_text(ana, f"{PAGE}?project=private")


def test_a_workflow_is_locked_with_a_model_that_it_runs(
    ana: Client, keep: Keep, make_endpoint: Callable[..., Any]
) -> None:
    make_endpoint("fal-ai/flux/dev", display_name="FLUX dev")
    keep()
    rule = Rule.objects.create(kind="id", value="fal-ai/flux/dev", reason="Not licensed")
    page = read_text(ana, PAGE)
    assert "Two step is locked by a rule of the house: “Forbid fal-ai/flux/dev”" in page
    answer = ana.post(PAGE, {"idea": "A boat", "~token": "t1", "~do": "run"})
    assert answer.status_code == 403
    assert "data-refused" in answer.content.decode()
    assert 'value="A boat"' in answer.content.decode() or "A boat" in answer.content.decode()
    assert not Run.objects.exists()
    rule.delete()
    ana.post(PAGE, {"idea": "A boat", "~token": "t1", "~do": "run"})
    assert Run.objects.exists()


def test_workflows_can_be_searched(ana: Client, keep: Keep) -> None:
    keep("one", title="Sunset print")
    keep("two", title="Other")
    page = read_text(ana, f"{LIST}?q=sunset")
    assert "Sunset print" in page
    assert "Other" not in page
    assert "No workflow has" in read_text(ana, f"{LIST}?q=%00none&page=99999")

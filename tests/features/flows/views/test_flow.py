"""A flow starts from a result, goes through its editor and its form, and then runs by itself."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.display import rights, run_page
from features.flows.execution import advance, starting
from features.flows.models import Flow, FlowRun
from runs.models import Run
from tests.features.flows.conftest import FLUX, KLING, PICTURE, SEEDREAM, fail, result_of, succeed

pytestmark = pytest.mark.django_db


def test_a_result_can_be_chained_edited_and_run_twice(
    member: Client, user: User, models: dict[str, Any]
) -> None:
    run = result_of(user, models[FLUX])
    menu = f"{reverse('flows:then')}?run={run.pk}&key=a0"
    page = member.get(menu).content.decode()
    assert f"{SEEDREAM}|image_urls.*" in page
    posted = {"output": "images/0/url", "to": f"{SEEDREAM}|image_urls.*"}
    response = member.post(menu, posted)
    flow = Flow.objects.get()
    assert response.headers["Location"] == f"/flows/{flow.pk}/edit/#step-2"
    page = member.get(response.headers["Location"]).content.decode()
    assert "Step 1: Images 1" in page
    page = member.get(flow.get_absolute_url()).content.decode()
    assert "a fox" in page
    token = re.findall(r'name="~token" value="([^"]+)"', page)[0]
    fields = {"~token": token, "prompt": "a fox", "prompt_2": "in snow", "~reuse": "1"}
    response = member.post(flow.get_absolute_url(), fields)
    flow_run = FlowRun.objects.get()
    assert response.headers["Location"] == flow_run.get_absolute_url()
    first, second = flow_run.steps.all()
    assert (first.run, first.is_reused) == (run, True)
    assert second.run
    assert second.run.arguments == {
        "prompt": "in snow",
        "image_urls": [f"/runs/{run.pk}/artifacts/0/"],
    }
    assert (
        member.post(flow.get_absolute_url(), fields).headers["Location"]
        == response.headers["Location"]
    )
    assert Run.objects.count() == 2
    page = member.get(response.headers["Location"]).content.decode()
    assert 'data-step-state="created"' in page
    succeed(second.run, "https://v3.fal.media/files/b.png")
    (due,) = advance.due()
    advance.advance(due)
    flow_run.refresh_from_db()
    assert flow_run.state == "succeeded"
    assert not advance.due()
    page = member.get(response.headers["Location"]).content.decode()
    assert "2 of 2 steps done" in page
    page = member.get(f"{flow.get_absolute_url()}?from={flow_run.pk}").content.decode()
    assert "in snow" in page
    assert "in snow" not in member.get(flow.get_absolute_url()).content.decode()


def test_a_changed_form_after_back_is_another_run(
    member: Client, user: User, models: dict[str, Any]
) -> None:
    """The browser's Back button restores the old form with its old token."""
    menu = f"{reverse('flows:then')}?run={result_of(user, models[FLUX]).pk}&key=a0"
    member.post(menu, {"output": "images/0/url", "to": f"{SEEDREAM}|image_urls.*"})
    address = Flow.objects.get().get_absolute_url()
    fields = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow", "~reuse": "1"}
    posts = [fields, fields, fields | {"prompt_2": "in rain"}, fields | {"~reuse": ""}, fields]
    pages = [member.post(address, post).headers["Location"] for post in posts]
    assert pages[0] == pages[1] == pages[4]
    assert len(set(pages)) == FlowRun.objects.count() == 3
    changed = FlowRun.objects.get(pk=pages[2].rstrip("/").rpartition("/")[2])
    assert changed.definition["steps"][1]["arguments"]["prompt"] == "in rain"


def test_a_failed_step_gives_the_reason_and_can_be_retried(member: Client, flow: Flow) -> None:
    fields = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}
    address = member.post(flow.get_absolute_url(), fields).headers["Location"]
    flow_run = FlowRun.objects.get()
    failing = flow_run.steps.get().run
    assert failing
    fail(failing)
    for pk in advance.due():
        advance.advance(pk)
    page = member.get(address).content.decode()
    assert "because step 1 gave no result" in page
    assert "Try again from here" in page
    press = {"~do": re.findall(r'value="(again:s1:[^"]+)"', page)[0]}
    member.post(address, press)
    old, new = flow_run.steps.all()
    assert old.replaced_at
    assert not new.replaced_at
    assert new.run_id != old.run_id
    flow_run.refresh_from_db()
    assert flow_run.state == "running"
    assert new.run
    fail(new.run)
    for pk in advance.due():
        advance.advance(pk)
    member.post(address, press)  # the second press of a double click, after a quick failure
    assert flow_run.steps.count() == 2


@pytest.fixture
def result(make_run: Any, models: dict[str, Any]) -> Run:
    run: Run = make_run(
        endpoint=models[FLUX], state="succeeded", output={"images": [{"url": PICTURE}]}
    )
    run.artifacts.create(position=0, path="images/0", kind="image", url=PICTURE)
    return run


def test_a_press_in_the_dialog_makes_the_flow(member: Client, result: Run) -> None:
    dialog = member.get(f"/flows/then/?run={result.pk}&key=a0&dialog").content.decode()
    assert dialog.lstrip().startswith('<div role="listbox"')
    posts = [unescape(address) for address in re.findall(r'data-post="([^"]+)"', dialog)]
    (film,) = (address for address in posts if "kling" in address)
    response = member.post(film)
    flow = Flow.objects.get()
    assert response.headers["Location"].startswith(f"/flows/{flow.pk}/edit/")
    assert [step["endpoint"] for step in flow.definition["steps"]] == [FLUX, KLING]
    answer = member.get(f"/flows/then/?run={result.pk}&key=a0&dialog&q=nothing+like+it")
    assert "Nothing matches “nothing like it”." in answer.content.decode()


def test_another_persons_result_has_no_dialog(client: Client, result: Run, stranger: User) -> None:
    client.force_login(stranger)
    assert client.get(f"/flows/then/?run={result.pk}&key=a0&dialog").status_code == 404


def test_a_page_that_stops_polling_shows_how_the_flow_ended(user: User, flow: Flow) -> None:
    flow_run, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    while not FlowRun.objects.get(pk=flow_run.pk).is_final:
        # The page reads this just before the worker advances the flow.
        before = FlowRun.objects.select_related("flow", "user").get(pk=flow_run.pk)
        (step,) = flow_run.steps.filter(settled_at=None).select_related("run")
        assert step.run
        succeed(step.run)
        advance.advance(flow_run.pk)
        context = run_page.context(before, "flow")
        assert context["is_awaited"] == any(shown_step.watch for shown_step in context["steps"])
    assert not context["is_awaited"]
    assert context["done"] == 2


def test_the_page_of_a_deleted_flows_run_goes_with_it_until_an_undo(
    member: Client, user: User, flow: Flow
) -> None:
    flow_run, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    run = Run.objects.get()
    member.post(reverse("flows:flow-deletion", args=[flow.pk]))
    address = flow_run.get_absolute_url()
    assert [member.get(address).status_code, member.post(address).status_code] == [404, 404]
    assert advance.flow_runs_of(user, run) == []
    assert run_page.render(run, rights.view_for(user, flow_run)) == ""
    assert member.get(run.get_absolute_url()).status_code == 200  # the step's run stays
    Flow.objects.update(deleted_at=None)
    assert member.get(address).status_code == 200


def test_the_editor_links_to_what_replaces_the_model_of_a_step(
    member: Client, flow: Flow, models: dict[str, Endpoint]
) -> None:
    editor = reverse("flows:flow-edit", args=[flow.pk])
    post = {"~do": "step-model:s2", "~version": str(flow.version)}
    page = member.post(editor, post)["Location"]
    shown = member.get(f"{page}&to={KLING}").content.decode()
    assert "fox, edited, step 2" in shown
    assert "step 1" not in shown
    member.post(page, {"to": KLING, "only": f"step/{flow.pk}/s2"})
    flow.refresh_from_db()
    assert [step.endpoint for step in parse_definition(flow.definition).steps] == [FLUX, KLING]

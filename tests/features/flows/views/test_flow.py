"""A flow is found in its list, started from its form, and then runs by itself."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.display import rights, run_page
from features.flows.execution import advance, starting
from features.flows.models import Flow, FlowRun
from runs.models import Run, Upload
from tests.features.flows.conftest import FLUX, SEEDREAM, fail, result_of, succeed

pytestmark = pytest.mark.django_db
FLOWS = "/flows/"


def test_a_flow_runs_from_its_form_and_again_with_other_input(member, flow):
    address = flow.get_absolute_url()
    page = member.get(address).content.decode()
    assert "a fox" in page
    token = re.findall(r'name="~token" value="([^"]+)"', page)[0]
    fields = {"~token": token, "prompt": "a fox", "prompt_2": "in snow"}
    response = member.post(address, fields)
    flow_run = FlowRun.objects.get()
    assert response.headers["Location"] == flow_run.get_absolute_url()
    assert member.post(address, fields).headers["Location"] == response.headers["Location"]
    first = Run.objects.get()
    succeed(first)
    advance.advance(flow_run.pk)
    second = flow_run.steps.last()
    assert second
    assert second.run
    assert second.run.arguments == {
        "prompt": "in snow",
        "image_urls": [f"/runs/{first.pk}/artifacts/0/"],
    }
    page = member.get(response.headers["Location"]).content.decode()
    succeed(second.run, "https://v3.fal.media/files/b.png")
    (due,) = advance.due()
    advance.advance(due)
    flow_run.refresh_from_db()
    assert flow_run.state == "succeeded"
    assert not advance.due()
    page = member.get(response.headers["Location"]).content.decode()
    page = member.get(f"{address}?from={flow_run.pk}").content.decode()
    assert "in snow" in page
    assert "in snow" not in member.get(address).content.decode()


def test_a_changed_form_after_back_is_another_run(member, flow):
    """The browser's Back button restores the old form with its old token."""
    address = flow.get_absolute_url()
    fields = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}
    posts = [fields, fields, fields | {"prompt_2": "in rain"}, fields]
    pages = [member.post(address, post).headers["Location"] for post in posts]
    assert pages[0] == pages[1] == pages[3]
    assert len(set(pages)) == FlowRun.objects.count() == 2
    changed = FlowRun.objects.get(pk=pages[2].rstrip("/").rpartition("/")[2])
    assert changed.definition["steps"][1]["arguments"]["prompt"] == "in rain"


def test_a_failed_step_gives_the_reason_and_can_be_retried(member, flow):
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


def test_a_page_that_stops_polling_shows_how_the_flow_ended(user, flow):
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


def test_the_page_of_a_deleted_flows_run_goes_with_it_until_an_undo(member, user, flow):
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


def test_colleagues_see_and_run_a_shared_flow(client, stranger, flow):
    client.force_login(stranger)
    assert client.get(flow.get_absolute_url()).status_code == 404
    run = result_of(flow.user, Endpoint.objects.get(endpoint_id=FLUX))
    Flow.objects.update(visibility="team", origin=run)
    assert str(run.pk) not in client.get(flow.get_absolute_url()).content.decode()
    assert "fox, edited" in client.get(FLOWS).content.decode()
    post = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}
    assert client.post(flow.get_absolute_url(), post).status_code == 302
    assert FlowRun.objects.get().user == Run.objects.exclude(pk=run.pk).get().user == stranger


def test_access_to_a_file_ends_with_its_flow(flow, stranger):
    upload = Upload.objects.create(
        user=flow.user, digest="c", file="a", file_name="a", size_bytes=4
    )
    flow.definition["steps"][0]["arguments"]["image_url"] = upload.get_absolute_url()
    assert not upload.is_readable_by(stranger)
    flow.visibility = "team"
    flow.save()
    assert upload.is_readable_by(stranger)
    Flow.objects.update(visibility="private")
    assert not upload.is_readable_by(stranger)
    Flow.objects.update(visibility="team", deleted_at=timezone.now())
    assert not upload.is_readable_by(stranger)


def test_a_blocked_or_missing_model_is_named_before_paying(member, flow):
    Endpoint.objects.filter(endpoint_id=SEEDREAM).update(mark="blocked", mark_reason="old")
    post = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}
    response = member.post(flow.get_absolute_url(), post)
    assert response.status_code == 422
    assert "Step 2: This model is blocked and cannot be run: old." in response.content.decode()
    flow.definition["steps"][1]["endpoint"] = "gone/model"
    flow.save()
    page = member.get(flow.get_absolute_url()).content.decode()
    assert "has no model “gone/model”" in page
    assert not Run.objects.exists()


def test_a_missing_flow_input_is_reported_beside_its_field(member, flow):
    response = member.post(flow.get_absolute_url(), {"~token": "t", "prompt": "", "prompt_2": "x"})
    assert response.status_code == 422
    assert "Prompt is required" in response.content.decode()
    assert not FlowRun.objects.exists()

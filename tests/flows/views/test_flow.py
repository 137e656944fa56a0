"""A flow from a result, through its editor and its form, to a run that goes on by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from flows.execution import advance
from flows.models import Flow, FlowRun
from runs.models import Run
from tests.flows.conftest import FLUX, SEEDREAM, fail, result_of, succeed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


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
    """The browser's Back shows the form as it was left, with its token."""
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
    member.post(address, {"~do": "again:s1"})
    old, new = flow_run.steps.all()
    assert old.replaced_at
    assert not new.replaced_at
    assert new.run_id != old.run_id
    assert new.run_id
    flow_run.refresh_from_db()
    assert flow_run.state == "running"

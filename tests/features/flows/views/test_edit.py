"""The pages that edit, copy and delete a flow; errors stand beside their cause."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.models import Flow, FlowRun
from runs.models import Run, Upload
from tests.features.flows.conftest import FLUX, KLING, SEEDREAM, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FLOWS = "/compare/?kind=flow"


@pytest.fixture
def editor(flow: Flow) -> str:
    return reverse("flows:flow-edit", args=[flow.pk])


def test_a_step_can_be_removed_and_restored(member: Client, flow: Flow, editor: str) -> None:
    response = member.post(editor, {"~version": "1", "~do": "step-remove:s1", "name": "x"})
    flow.refresh_from_db()
    definition = parse_definition(flow.definition)
    assert [step.endpoint for step in definition.steps] == [SEEDREAM]
    assert "image_urls" in [
        flow_input.name for flow_input in definition.inputs
    ]  # the input that the removed wire filled
    page = member.get(response.headers["Location"]).content.decode()
    assert "Step 1 was removed" in page
    member.post(editor, {"~version": "2", "~do": "undo"})
    flow.refresh_from_db()
    assert [step.endpoint for step in parse_definition(flow.definition).steps] == [FLUX, SEEDREAM]


def test_an_outdated_editor_page_overwrites_nothing(
    member: Client, flow: Flow, editor: str
) -> None:
    before = flow.definition
    response = member.post(editor, {"~version": "0", "~do": "save", "name": "mine"})
    assert response.status_code == 409
    assert "in another tab" in response.content.decode()
    flow.refresh_from_db()
    assert (flow.definition, flow.name) == (before, "fox, edited")


def test_edits_are_saved_and_unreadable_values_are_named(
    member: Client, flow: Flow, editor: str
) -> None:
    typed = {"~version": "1", "s1.num_inference_steps": "many", "s1.prompt": "a\x00 hen"}
    typed |= {"~ask.1": '["prompt"]', "~wire.2.image_urls.*": '["s1", ["images", 0, "url"]]'}
    member.post(editor, typed | {"~do": "keep"})
    response = member.post(editor, typed | {"~do": "save", "visibility": "team", "name": " "})
    assert response.status_code == 422
    assert "many" in response.content.decode()
    flow.refresh_from_db()
    definition = parse_definition(flow.definition)
    assert definition.steps[0].arguments == {"prompt": "a hen"}
    assert [flow_input.name for flow_input in definition.inputs] == ["prompt"]
    assert len(definition.steps[1].wires) == 1
    assert (flow.name, flow.visibility) == ("Untitled flow", "team")


def test_colleagues_can_run_and_copy_a_shared_flow(
    client: Client, stranger: User, flow: Flow
) -> None:
    client.force_login(stranger)
    assert client.get(flow.get_absolute_url()).status_code == 404
    run = result_of(flow.user, Endpoint.objects.get(endpoint_id=FLUX))
    Flow.objects.update(visibility="team", origin=run)
    assert str(run.pk) not in client.get(flow.get_absolute_url()).content.decode()
    assert "fox, edited" in client.get(FLOWS).content.decode()
    assert client.get(reverse("flows:flow-edit", args=[flow.pk])).status_code == 404
    post = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow", "~reuse": "1"}
    assert client.post(flow.get_absolute_url(), post).status_code == 302
    assert FlowRun.objects.get().user == Run.objects.exclude(pk=run.pk).get().user == stranger
    client.post(reverse("flows:flow-copy", args=[flow.pk]))
    copied = Flow.objects.get(user=stranger)
    assert (copied.definition, copied.visibility) == (flow.definition, "private")


def test_access_to_a_file_ends_with_its_flow(flow: Flow, stranger: User) -> None:
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


def test_a_blocked_or_missing_model_is_named_before_paying(
    member: Client, flow: Flow, models: dict[str, Endpoint]
) -> None:
    Endpoint.objects.filter(endpoint_id=SEEDREAM).update(standing="blocked", standing_reason="old")
    post = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}
    response = member.post(flow.get_absolute_url(), post)
    assert response.status_code == 422
    assert "Step 2: This model is blocked and cannot be run: old." in response.content.decode()
    flow.definition["steps"][1]["endpoint"] = "gone/model"
    flow.save()
    page = member.get(flow.get_absolute_url()).content.decode()
    assert "has no model “gone/model”" in page
    assert "gone/model" in member.get(reverse("flows:flow-edit", args=[flow.pk])).content.decode()
    assert not Run.objects.exists()


def test_a_missing_flow_input_is_reported_beside_its_field(member: Client, flow: Flow) -> None:
    response = member.post(flow.get_absolute_url(), {"~token": "t", "prompt": "", "prompt_2": "x"})
    assert response.status_code == 422
    assert "Prompt is required" in response.content.decode()
    assert not FlowRun.objects.exists()


def test_a_video_model_is_offered_for_the_picture_of_a_step(
    member: Client, flow: Flow, models: dict[str, Endpoint]
) -> None:
    menu = f"{reverse('flows:flow-then', args=[flow.pk])}?after=s2"
    assert f"{KLING}|image_url" in member.get(menu).content.decode()
    member.post(menu, {"output": "images/0/url", "to": f"{KLING}|image_url"})
    flow.refresh_from_db()
    assert parse_definition(flow.definition).steps[2].sources == ["s2"]
    response = member.post(menu, {"output": "images/0/url", "to": "gone/model|x"})
    assert response.status_code == 422
    assert "no longer accepts this result" in response.content.decode()


def test_an_open_input_can_have_its_own_label_and_hint(
    member: Client, flow: Flow, editor: str
) -> None:
    page = member.get(editor).content.decode()
    assert 'name="~label.prompt" value="Prompt"' in " ".join(page.split())
    base_post = {"~ask.1": '["prompt"]', "s1.prompt": "a fox", "~version": str(flow.version)}
    labels = {"~label.prompt": "Which animal?", "~hint.prompt": "One <b>animal</b>."}
    member.post(editor, base_post | labels)
    flow.refresh_from_db()
    flow_input = next(
        flow_input
        for flow_input in parse_definition(flow.definition).inputs
        if flow_input.name == "prompt"
    )
    assert (flow_input.label, flow_input.hint) == ("Which animal?", "One <b>animal</b>.")
    form = member.get(flow.get_absolute_url()).content.decode()
    assert "Which animal?" in form
    assert "One" in form
    assert "<b>animal</b>." not in member.get(editor).content.decode()
    member.post(editor, base_post | {"~label.prompt": " ", "~hint.prompt": ""})
    flow.refresh_from_db()
    flow_input = next(
        flow_input
        for flow_input in parse_definition(flow.definition).inputs
        if flow_input.name == "prompt"
    )
    assert (flow_input.label, flow_input.hint) == ("Prompt", "")


def test_a_name_that_is_too_long_is_refused_beside_it_and_all_else_is_saved(
    member: Client, flow: Flow, editor: str
) -> None:
    typed = {"~version": "1", "s1.prompt": "a hen", "name": "n" * 201, "visibility": "team"}
    response = member.post(editor, typed)
    page = response.content.decode()
    assert (response.status_code, page.count("n" * 201)) == (422, 1)
    assert "Keep it to 200 characters: this has 201." in page
    flow.refresh_from_db()
    assert (flow.name, flow.visibility) == ("fox, edited", "team")
    assert parse_definition(flow.definition).steps[0].arguments == {"prompt": "a hen"}
    assert member.post(editor, {"~version": "1", "visibility": "all"}).status_code == 422
    flow.refresh_from_db()
    assert flow.visibility == "team"

"""Editing, copying and deleting a flow; what is wrong is said beside its cause."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint
from flows.compose.definition import parse_definition
from flows.models import Flow, FlowRun
from runs.models import Run, Upload
from tests.flows.conftest import FLUX, KLING, SEEDREAM, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def editor(flow: Flow) -> str:
    return reverse("flows:flow-edit", args=[flow.pk])


def test_a_step_is_taken_out_and_brought_back(member: Client, flow: Flow, editor: str) -> None:
    response = member.post(editor, {"~version": "1", "~do": "step-remove:s1", "name": "x"})
    flow.refresh_from_db()
    definition = parse_definition(flow.definition)
    assert [step.endpoint for step in definition.steps] == [SEEDREAM]
    assert "image_urls" in [one.name for one in definition.inputs]  # what the wire filled
    page = member.get(response.headers["Location"]).content.decode()
    assert "Step 1 was taken out" in page
    member.post(editor, {"~version": "2", "~do": "undo"})
    flow.refresh_from_db()
    assert [step.endpoint for step in parse_definition(flow.definition).steps] == [FLUX, SEEDREAM]


def test_an_outdated_page_overwrites_nothing(member: Client, flow: Flow, editor: str) -> None:
    before = flow.definition
    response = member.post(editor, {"~version": "0", "~do": "save", "name": "mine"})
    assert response.status_code == 409
    assert "in another tab" in response.content.decode()
    flow.refresh_from_db()
    assert (flow.definition, flow.name) == (before, "fox, edited")


def test_what_is_typed_is_kept_and_what_cannot_be_read_is_named(
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
    assert [one.name for one in definition.inputs] == ["prompt"]
    assert len(definition.steps[1].wires) == 1
    assert (flow.name, flow.visibility) == ("Untitled flow", "team")


def test_colleagues_run_and_copy_what_is_shown_to_them(
    client: Client, stranger: User, flow: Flow
) -> None:
    client.force_login(stranger)
    assert client.get(flow.get_absolute_url()).status_code == 404
    run = result_of(flow.user, Endpoint.objects.get(endpoint_id=FLUX))
    Flow.objects.update(visibility="team", origin=run)
    assert str(run.pk) not in client.get(flow.get_absolute_url()).content.decode()
    assert "fox, edited" in client.get(reverse("flows:flows")).content.decode()
    assert client.get(reverse("flows:flow-edit", args=[flow.pk])).status_code == 404
    post = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow", "~reuse": "1"}
    assert client.post(flow.get_absolute_url(), post).status_code == 302
    assert FlowRun.objects.get().user == Run.objects.exclude(pk=run.pk).get().user == stranger
    client.post(reverse("flows:flow-copy", args=[flow.pk]))
    copied = Flow.objects.get(user=stranger)
    assert (copied.definition, copied.visibility) == (flow.definition, "private")


def test_a_file_is_closed_with_the_flow_that_opened_it(flow: Flow, stranger: User) -> None:
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


def test_a_deleted_flow_comes_back(member: Client, flow: Flow) -> None:
    response = member.post(reverse("flows:flow-deletion", args=[flow.pk]))
    page = member.get(response.headers["Location"]).content.decode()
    assert "The flow is deleted" in page
    assert member.get(flow.get_absolute_url()).status_code == 404
    member.post(reverse("flows:recovery"), {"flow": str(flow.pk)})
    assert member.get(flow.get_absolute_url()).status_code == 200


def test_a_blocked_or_missing_model_is_named_before_anything_is_paid(
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


def test_a_flow_without_its_input_says_so_beside_the_field(member: Client, flow: Flow) -> None:
    response = member.post(flow.get_absolute_url(), {"~token": "t", "prompt": "", "prompt_2": "x"})
    assert response.status_code == 422
    assert "Prompt is required" in response.content.decode()
    assert not FlowRun.objects.exists()


def test_a_flow_goes_out_and_in(member: Client, flow: Flow) -> None:
    address = reverse("flows:flow-document", args=[flow.pk])
    for dialect in ("", "?dialect=a", "?dialect=b"):
        content = member.get(address + dialect).content
        file = SimpleUploadedFile("flow.json", content)
        response = member.post(reverse("flows:import"), {"file": file})
        made = Flow.objects.get(pk=response.headers["Location"].split("/")[2])
        steps = parse_definition(made.definition).steps
        assert [one.endpoint for one in steps] == [FLUX, SEEDREAM]
        assert steps[1].wires[0].path == ("images", 0, "url")
    response = member.post(reverse("flows:import"), {"text": "{broken"})
    assert response.status_code == 422
    assert "{broken" in response.content.decode()


def test_the_list_needs_as_many_queries_for_many_flows_as_for_one(
    member: Client, flow: Flow
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert "2 steps" in member.get(reverse("flows:flows")).content.decode()
        return len(found)

    queries()
    one = queries()
    Flow.objects.bulk_create(
        Flow(user=flow.user, name=str(number), definition=flow.definition) for number in range(12)
    )
    assert queries() == one


def test_a_film_is_offered_for_the_picture_of_a_step(
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


def test_an_open_input_gets_its_own_label_and_hint(member: Client, flow: Flow, editor: str) -> None:
    page = member.get(editor).content.decode()
    assert 'name="~label.prompt" value="Prompt"' in " ".join(page.split())
    asked = {"~ask.1": '["prompt"]', "s1.prompt": "a fox", "~version": str(flow.version)}
    words = {"~label.prompt": "Which animal?", "~hint.prompt": "One <b>animal</b>."}
    member.post(editor, asked | words)
    flow.refresh_from_db()
    one = next(one for one in parse_definition(flow.definition).inputs if one.name == "prompt")
    assert (one.label, one.hint) == ("Which animal?", "One <b>animal</b>.")
    form = member.get(flow.get_absolute_url()).content.decode()
    assert "Which animal?" in form
    assert "One" in form
    assert "<b>animal</b>." not in member.get(editor).content.decode()
    member.post(editor, asked | {"~label.prompt": " ", "~hint.prompt": ""})
    flow.refresh_from_db()
    one = next(one for one in parse_definition(flow.definition).inputs if one.name == "prompt")
    assert (one.label, one.hint) == ("Prompt", "")

"""The page on which a step gets another model."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from flows.compose.definition import parse_definition
from flows.models import Flow
from tests.flows.conftest import FLUX, KLING, SEEDREAM

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(flow: Flow) -> str:
    return f"{reverse('flows:flow-model', args=[flow.pk])}?step=s2"


def test_losses_of_a_model_swap_are_shown_before_swapping(
    member: Client, flow: Flow, models: dict[str, Endpoint], page: str
) -> None:
    offered = member.get(page).content.decode()
    assert f"to={KLING.replace('/', '%2F')}" in offered or f"to={KLING}" in offered
    assert f">{FLUX}<" not in offered  # takes no picture
    preview = member.get(page, {"step": "s2", "to": KLING}).content.decode()
    assert "Use this model" in preview
    flow.refresh_from_db()
    assert parse_definition(flow.definition).steps[1].endpoint == SEEDREAM
    response = member.post(page, {"to": KLING})
    assert response.status_code == 302
    flow.refresh_from_db()
    assert parse_definition(flow.definition).steps[1].endpoint == KLING
    editor = member.get(response["Location"]).content.decode()
    assert "has another model now" in editor
    undo = {"~do": "undo", "~version": str(flow.version)}
    member.post(reverse("flows:flow-edit", args=[flow.pk]), undo)
    flow.refresh_from_db()
    assert parse_definition(flow.definition).steps[1].endpoint == SEEDREAM


def test_the_editor_links_to_the_model_swap(member: Client, flow: Flow, page: str) -> None:
    editor = reverse("flows:flow-edit", args=[flow.pk])
    post = {"~do": "step-model:s2", "~version": str(flow.version)}
    assert member.post(editor, post)["Location"] == page


def test_swapping_to_a_missing_model_or_step_is_refused(
    member: Client, flow: Flow, page: str
) -> None:
    refused = member.post(page, {"to": "gone/model"})
    assert refused.status_code == 422
    assert "cannot be run now" in refused.content.decode()
    nowhere = reverse("flows:flow-model", args=[flow.pk])
    assert member.get(nowhere, {"step": "s9"}).status_code == 404

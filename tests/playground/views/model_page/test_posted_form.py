"""What all buttons of a model's form share: their addresses, and how the post is read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from runs.models import Draft
from tests.projects.people import make_project

MODEL = "fal-ai/flux/dev"
PAGE = f"/models/{MODEL}/"
BLANK = f"/forms/blank/{MODEL}/"


@pytest.fixture(autouse=True)
def _flux(flux: Any) -> None:
    """Create the model."""


def actions_of(page: str) -> set[str]:
    return set(re.findall(r'formaction="(/forms/[^"]*)"', page))


def test_buttons_post_to_the_project_that_the_page_shows(member: Client) -> None:
    for slug in ("fox", "owl"):  # fields of a form are cached, but not with another project's
        make_project(slug, ana="maker")
        page = member.get(PAGE, {"project": slug}).content.decode()
        redrawn = member.post(f"{BLANK}?project={slug}", {"prompt": "a cat"}).content.decode()
        for text in (page, redrawn):
            assert {address.partition("?")[2] for address in actions_of(text)} == {
                f"project={slug}"
            }
        assert f"/forms/undo/{MODEL}/?project={slug}" in actions_of(redrawn)
        assert f"/forms/prompts/{MODEL}/?project={slug}" in actions_of(page)


def test_an_address_of_a_button_opened_again_leads_to_the_page(member: Client) -> None:
    response = member.get(BLANK, {"project": "private"})
    assert response.headers["Location"] == f"{PAGE}?project=private"


def test_any_word_may_begin_the_id_of_a_model(member: Client, make_endpoint: Any) -> None:
    make_endpoint("undo/a/b")
    member.post(reverse("playground:form-blank", args=["undo/a/b"]), {"prompt": "x"})
    assert Draft.objects.get().endpoint.endpoint_id == "undo/a/b"

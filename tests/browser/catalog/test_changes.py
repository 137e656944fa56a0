"""What changed, and what it did to settings, in a browser: read, repaired by a click, undone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.changelog import recorder
from catalog.models import Change, Endpoint, Schema
from catalog.sync import post_sync
from runs.models import Preset
from tests.browser.axe import assert_usable
from tests.browser.journeys import open_presets
from tests.schemas import strategies

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PROMPT = {"type": "string", "title": "Prompt"}
STEPS = {"type": "integer", "minimum": 1, "maximum": 50, "description": "How many."}


def keep(properties: Any) -> Schema:
    text = json.dumps(strategies.document({"type": "object", "properties": properties}))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Schema.objects.get_or_create(digest=digest, defaults={"document": text})[0]


@pytest.fixture
def changed(gallery: None, user: User) -> Endpoint:
    """A model whose schema has changed, and a preset of `user` from before."""
    old = keep({"prompt": PROMPT, "steps": STEPS, "seed": {"type": "integer"}})
    endpoint = Endpoint.objects.order_by("position").first()
    assert endpoint is not None
    endpoint.schema = keep({"prompt": PROMPT, "num_steps": STEPS | {"maximum": 20}})
    endpoint.save()
    Change.objects.bulk_create(recorder.reshaped(endpoint, {"schema_id": old.pk}))
    Change(endpoint=endpoint, kind="new", at=timezone.now(), lines=[]).save()
    post_sync.run()
    settings = {"prompt": "a harbour", "steps": 40, "seed": 7}
    Preset.objects.create(
        endpoint=endpoint, user=user, name="Harbour", arguments=settings, schema_digest=old.pk
    )
    return endpoint


@pytest.mark.exhaustive
def test_a_preset_that_no_longer_fits_is_repaired_by_a_click_and_back(
    changed: Endpoint, open_page: Open
) -> None:
    page = open_page(changed.get_absolute_url())
    open_presets(page)
    menu = page.locator("#presets")
    expect(menu.get_by_text("is called num_steps now")).to_be_visible()
    menu.get_by_role("button", name="Repair Harbour").press("Enter")
    notice = page.locator("#form-notice")
    expect(notice).to_contain_text("Repaired: steps renamed to num_steps; seed left out;")
    expect(menu.get_by_text("does not fit")).to_have_count(0)
    assert Preset.objects.get().arguments == {"prompt": "a harbour", "num_steps": 20}
    page.keyboard.press("Escape")
    notice.get_by_role("button", name="Undo").click()
    expect(notice).to_contain_text("“Harbour” is as it was.")
    assert Preset.objects.get().arguments["steps"] == 40
    open_presets(page)
    menu.get_by_role("button", name="Harbour").first.click()
    expect(notice).to_contain_text("The model has changed since")
    notice.get_by_role("button", name="Repair").click()
    expect(page.locator("[name=num_steps]")).to_have_value("20")
    assert_usable(page)

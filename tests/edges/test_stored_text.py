"""Rows with lone surrogates and NUL, which earlier versions stored, can be shown and exported."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import tokens
from api.models import Consent
from features.boards.models import Column, PlanDraft, Row
from runs.models import Draft, Preset, Run
from runs.models import Share as Link
from tests.accounts.test_access import ENDPOINT, World
from tests.edges import test_routes
from tests.edges.test_routes import ROUTES, failures

pytestmark = [pytest.mark.django_db, pytest.mark.system, pytest.mark.both_databases]
world, browser = test_routes.world, test_routes.browser

BAD = "a\ud800\x00b"
VALUES = {"prompt": BAD, BAD: [BAD], "messages": [{"role": "user", "content": BAD}]}


def test_posted_text_is_stored_without_what_databases_refuse(world):
    owner = world.people["owner"]
    token, secret = tokens.create(owner, "maker", ["read", "run"])
    Consent.objects.update(token=token, expires_at=timezone.now() + timedelta(hours=1))
    browser = Client(headers={"Authorization": f"Bearer {secret}"})
    body = {"endpoint_id": ENDPOINT, "arguments": {"prompt": BAD}, "allow_unknown_price": True}
    posted: Any = browser.post("/api/v1/runs", body, "application/json")
    run = Run.objects.get(pk=posted.json()["id"])
    assert run.arguments["prompt"] == "a?b"
    answer = {"agrees": True, "program": BAD}
    consent = Consent.objects.get()
    path = f"/api/v1/consents/{consent.pk}/answer"
    assert browser.post(path, answer, "application/json").status_code < 500
    browser.force_login(owner)
    archive: Any = browser.get("/account/data/archive/")
    assert b"a?b" in b"".join(archive.streaming_content)


@pytest.fixture
def badly_stored(world: World) -> World:
    output = {"text": BAD, "output": BAD, "images": [{"url": f"https://v3.fal.media/{BAD}.png"}]}
    logs = [{"message": BAD, "timestamp": BAD}]
    Run.objects.update(arguments=VALUES, sent_arguments=VALUES, output=output, logs=logs)
    for model, column in (
        *((Preset, "arguments"), (Link, "arguments"), (Column, "settings"), (Row, "values")),
        *((Consent, "body"), (Consent, "inputs")),
    ):
        model.objects.update(**{column: VALUES})
    for drafts in (Draft.objects, PlanDraft.objects):
        drafts.update(post={"prompt": [BAD]})
    return world


def test_every_page_shows_badly_stored_text(badly_stored, browser):
    def asks() -> Iterator[tuple[str, str, str]]:
        for name in ROUTES:
            yield "GET", badly_stored.address(name), ""

    _, secret = tokens.create(badly_stored.people["owner"], "reader", ["read"])
    api = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
    owner = Client(raise_request_exception=False)
    owner.force_login(badly_stored.people["owner"])
    broken = [*failures(browser, asks()), *failures(api, asks()), *failures(owner, asks())]
    assert not broken, "\n".join(map(str, broken))

"""While the balance is spent, every page that starts runs says so: they go on by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from core.db import clock
from runs.models import Worker
from runs.results import refusals
from tests.people.accounts.things import Things, make_things

pytestmark = pytest.mark.django_db

BALANCE = refusals.BY_KIND["balance_exhausted"].sentence
PAGES: dict[str, Callable[[Things], str]] = {
    "model": lambda things: reverse("playground:endpoint", args=["fal-ai/flux/dev"]),
    "board's plan": lambda things: f"{reverse('boards:plan')}?model=fal-ai/flux/dev",
    "chat": lambda things: things.address("chats:chat"),
    "flow": lambda things: things.address("flows:flow"),
}


@pytest.fixture
def locked(db: None) -> None:
    """A worker whose runs upstream refuses, since nothing is left."""
    Worker.objects.create(name="w", beat_at=clock.now(), has_key=True, trouble=BALANCE)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_starts_runs_says_that_the_balance_is_spent(
    member: Client,
    user: User,
    make_endpoint: Callable[..., Any],
    documents: dict[str, Any],
    locked: None,
    page: str,
) -> None:
    endpoint = make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    things = make_things(user, endpoint, "")
    shown = member.get(PAGES[page](things), follow=True)
    text = " ".join(shown.content.decode().split())
    assert "The balance of the fal account is exhausted" in text
    assert "Runs that need it wait and go on by themselves." in text

"""`/healthz` gives details to a token of staff, because monitoring has no browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api import tokens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("is_staff", "scope", "has_details"),
    [(True, "read", True), (True, "run", False), (False, "read", False)],
)
def test_a_staff_token_with_the_read_scope_gets_health_details(
    client: Client, user: User, is_staff: bool, scope: str, has_details: bool
) -> None:
    user.is_staff = is_staff
    user.save()
    _, secret = tokens.create(user, "monitoring", [scope])
    answer = client.get("/healthz", headers={"authorization": f"Bearer {secret}"})
    assert ("workers" in answer.json()) == has_details


def test_an_invalid_token_gets_the_public_health_answer(client: Client) -> None:
    answer = client.get("/healthz", headers={"authorization": "Bearer vitrine_nonsense"})
    assert answer.json() == {"status": "not ok"}

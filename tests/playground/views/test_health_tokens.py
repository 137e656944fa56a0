"""`/healthz` gives its details to a token of staff, as monitoring has no browser."""

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
def test_a_token_with_read_of_staff_gets_the_details(
    client: Client, user: User, is_staff: bool, scope: str, has_details: bool
) -> None:
    user.is_staff = is_staff
    user.save()
    _, secret = tokens.create(user, "monitoring", [scope])
    answer = client.get("/healthz", headers={"authorization": f"Bearer {secret}"})
    assert ("workers" in answer.json()) == has_details


def test_a_wrong_token_gets_what_everybody_gets(client: Client) -> None:
    answer = client.get("/healthz", headers={"authorization": "Bearer vitrine_nonsense"})
    assert answer.json() == {"status": "not ok"}

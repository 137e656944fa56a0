"""Who may call the proxy: tokens with their scope, and our own pages by a login."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api import tokens
from runs.models import Run
from tests.api.views.proxy_call import SUBMIT, send

pytestmark = pytest.mark.django_db


def test_the_proxy_needs_a_valid_token_with_its_scope(endpoint: Any, user: Any) -> None:
    _, reading = tokens.create(user, "reader", ["read"])
    for header, status in (
        ("", 401),
        ("Key 123:wrong-one", 401),
        ("Bearer vitrine_" + "x" * 43, 401),
        (f"Key {reading}", 403),
    ):
        response = send(
            Client(), "POST", SUBMIT, {}, **({"Authorization": header} if header else {})
        )
        assert response.status_code == status
        assert b"wrong-one" not in response.content
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver", "Sec_Fetch_Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
    ],
)
def test_a_login_is_accepted_only_from_our_own_pages(
    member: Client, endpoint: Any, headers: dict[str, str], status: int
) -> None:
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == status
    assert Run.objects.count() == (status == 200)


def test_an_invalid_token_is_not_replaced_by_the_login(member: Client, endpoint: Any) -> None:
    headers = {"Sec_Fetch_Site": "same-origin", "Authorization": "Key a:b"}
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == 401

"""Admins see who has tokens, take them away, and can neither read nor make one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from api import tokens

pytestmark = pytest.mark.django_db


def test_an_admin_can_revoke_a_token(admin_client: Any, user: Any) -> None:
    token, secret = tokens.create(user, "nightly script")
    listed = admin_client.get(reverse("admin:api_token_changelist")).content.decode()
    assert "nightly script" in listed
    page = admin_client.get(reverse("admin:api_token_change", args=[token.pk])).content.decode()
    assert secret not in page
    assert token.digest not in page
    address = reverse("admin:api_token_delete", args=[token.pk])
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert tokens.authenticate(secret) is None


def test_an_admin_cannot_create_a_token(admin_client: Any) -> None:
    assert admin_client.get(reverse("admin:api_token_add")).status_code == 403

"""Who is not logged in is sent to the login; a part of a page is told so instead of becoming it."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_leads_to_the_login_and_back(client: Client) -> None:
    response = client.get("/runs/")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/runs/"


def test_a_part_of_a_page_is_not_replaced_by_the_login_page(client: Client) -> None:
    response = client.get("/runs/", headers={"hx-request": "true"})
    assert response.status_code == 401
    assert not response.content

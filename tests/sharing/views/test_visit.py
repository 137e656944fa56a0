"""A share is open to whoever has its link, and to nobody once it has ended."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from library.selection import ResultKey
from sharing import items
from sharing.models import Share

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(user: User, make_run: Any) -> Share:
    """A share of one result."""
    run = make_run(state="succeeded")
    share = Share.objects.create(user=user, title="Posters")
    items.keep_in_step(share, [ResultKey(run.pk, 0)])
    return share


def test_whoever_has_the_link_sees_it(share: Share) -> None:
    assert Client().get(share.get_absolute_url()).status_code == 200


def test_an_ended_share_shows_a_sentence_to_all(share: Share, client: Client, user: User) -> None:
    Share.objects.update(revoked_at=timezone.now())
    client.force_login(user)
    for visitor in (client, Client()):
        response = visitor.get(share.get_absolute_url())
        assert response.status_code == 410
        assert b"Posters" not in response.content


def test_a_token_is_not_stored_readably(share: Share) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM sharing_share")
        assert share.token not in cursor.fetchone()[0]

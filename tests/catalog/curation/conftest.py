"""A curator."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    """A browser of Eva, who is a curator."""
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client

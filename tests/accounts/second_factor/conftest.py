"""People who have just logged in with their password, so that they may change how they log in."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests.accounts.second_factor.journeys import at_localhost, log_in


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """Empty allauth's cache of this process, as if another process answered."""
    cache.clear()


@pytest.fixture
def ana(transactional_db: None) -> User:
    """A person with a password and an address; allauth's signals need committed rows."""
    return User.objects.create_user("ana", "ana@example.com", "pw")


@pytest.fixture
def here(ana: User) -> Client:
    """A browser in which ana has just logged in with her password."""
    client = at_localhost()
    assert log_in(client).status_code == 302
    return client


@pytest.fixture
def sends_mail(settings: Any) -> None:
    """The server sends mail."""
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://localhost", "https://vitrine.example"

"""Eva, an admin of the house who is no superuser."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.house.made import make_admin
from tests.projects.people import logged_in


@pytest.fixture
def eva(db: None) -> User:
    """An admin, who is no superuser."""
    return make_admin("eva")


@pytest.fixture
def admin(eva: User) -> Client:
    """Eva's browser."""
    return logged_in(eva)

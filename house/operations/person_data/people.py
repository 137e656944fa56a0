"""Finds the person named in a command."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError


def named(username: str) -> User:
    """Return the person with this username; raises CommandError."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"There is no account {username}.")
    return person

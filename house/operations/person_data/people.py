"""The person whom a command names."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError


def named(username: str) -> User:
    """Return the person; raises CommandError."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"There is no account {username}.")
    return person

"""`manage.py token`: creates an API token."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from api import tokens
from api.reach import OutOfReach, reach_of


class Command(BaseCommand):
    """Prints one API token, once; the database keeps only its digest."""

    help = "Create an API token for a person and print it. It cannot be printed again."
    requires_system_checks = []  # they import every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the user and the token's settings."""
        parser.add_argument("user", help="the person's user name")
        parser.add_argument(
            "--name", default="command line", help="name of the token: what uses it"
        )
        parser.add_argument(
            "--scope",
            default=",".join(tokens.DEFAULT_SCOPES),
            help=f"comma-separated, of {', '.join(tokens.SCOPES)}",
        )
        parser.add_argument("--days", type=int, help="days until it expires; without it, never")

        parser.add_argument(
            "--project",
            default="",
            help="slug of the only project that the token can use, `private` for the person's "
            "private one; without it, all of their projects",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token; only the token is written to stdout, so that scripts can read it."""
        users = get_user_model()._default_manager.filter(username=options["user"])
        person = users.first()
        if person is None:
            raise CommandError(f"There is nobody named {options['user']}.")
        scopes = [scope.strip() for scope in options["scope"].split(",") if scope.strip()]
        slug = options["project"]
        try:
            project = reach_of(person, None, slug).named if slug else None
            _, secret = tokens.create(
                person, options["name"], scopes, options["days"], project=project
            )
        except OutOfReach as error:
            message = f"{person.get_username()} is not a member of a project “{slug}”."
            raise CommandError(message) from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)

"""`manage.py erase_person`: lists what will be deleted, and erases a person."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import roles
from core.refusals import Refused
from house.operations.person_data import erasure
from house.operations.person_data.people import named


class Command(BaseCommand):
    """Erases one person, after a question."""

    help = "Erase a person: delete what is theirs alone and their name, and pass shared work on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the user, the heir, and `--yes`."""
        parser.add_argument("user", help="the person's username")
        parser.add_argument(
            "--to", default="", metavar="USER", help="the person who gets shared work"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, user: str, to: str, yes: bool, **options: Any) -> None:
        """List what is deleted and what stays, ask, and erase."""
        person = named(user)
        heir = named(to) if to else roles.admins().exclude(pk=person.pk).order_by("pk").first()
        if heir is None:
            raise CommandError("There is nobody to take over what others rely on.")
        deleted_rows, passes, remaining_rows = erasure.plan(person)
        for head, parts in (
            ("Deleted for good", [part.summary for part in deleted_rows]),
            (f"Passes to {heir}", [part.summary for part in passes]),
            ("Stays", remaining_rows),
        ):
            self.stdout.write(
                f"{head}:\n" + "".join(f"  {part}\n" for part in parts or ["nothing"])
            )
        if not yes and input(f"Type {user} to erase: ") != user:
            raise CommandError("Nothing was erased.")
        try:
            name = erasure.erase(person, heir, None)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user} is erased; the account is now called {name}.")

"""`manage.py rotate_keys`: encrypts the keys of projects again with the newest secret."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from runs.keys import vault
from runs.models import KeySeal, ProjectKey


class Command(BaseCommand):
    """Afterwards only older backups need the former secrets."""

    help = (
        "Encrypts the keys of projects with the first secret of KEYS_SECRET, or with a new secret."
    )
    requires_system_checks = []  # they import every page

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add `--new`."""
        parser.add_argument("--new", action="store_true", help="print a new secret and do no more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, or print a secret; raises CommandError if there is no secret or a key is lost."""
        if options["new"]:
            self.stdout.write(vault.new_secret())
            return
        file = None if settings.KEYS_SECRETS else settings.KEYS_SECRET_FILE
        if file and vault.secrets():
            vault.put_first(vault.new_secret(), file)
        if not vault.secrets():
            raise CommandError(
                "KEYS_SECRET is not set. `manage.py rotate_keys --new` prints a secret for it."
            )
        count = self._encrypt_anew()
        if file:
            vault.keep_first(file)
        self.stdout.write(
            f"{count} re-encrypted. "
            + ("The file now has only the new secret." if file else "Now remove the older secrets.")
        )

    def _encrypt_anew(self) -> int:
        """Encrypt again what another secret encrypted; raises CommandError if a key is lost."""
        count, lost_rows = 0, []
        encrypted = ProjectKey.objects.exclude(secret="").exclude(state=ProjectKey.State.TRIED)
        for model, column, rows in (
            (KeySeal, "private", KeySeal.objects.values_list("pk", "private")),
            (ProjectKey, "secret", encrypted.values_list("pk", "secret")),
        ):
            for pk, token in rows:
                if vault.is_newest(token):
                    continue
                try:
                    anew = vault.encrypt_anew(token)
                except vault.Unreadable:
                    lost_rows.append(f"{model._meta.verbose_name} {pk}")
                    continue
                # Update only unchanged rows: a worker may have removed or replaced one meanwhile.
                unchanged = model._default_manager.filter(pk=pk, **{column: token})
                count += unchanged.update(**{column: anew})
        if lost_rows:
            raise CommandError(
                f"{count} re-encrypted. Not decrypted by any secret: {', '.join(lost_rows)}. All "
                "secrets are kept; enter these keys again."
            )
        return count

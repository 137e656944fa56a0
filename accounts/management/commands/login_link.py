"""`manage.py login_link`: prints a new login link for the owner while Vitrine is running."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.sign_in import local_owner


class Command(BaseCommand):
    """Prints one URL; the previous link becomes invalid."""

    help = "Prints a link that logs the owner in. It works once, within 15 minutes."
    requires_system_checks = []  # they import every page

    def handle(self, *args: Any, **options: Any) -> None:
        """Create and print the link."""
        self.stdout.write(local_owner.link())

"""The Django app `accounts`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Connects the receivers of sign-in and second factors; keeps the audit log append-only."""

    name = "accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts.audit import append_only
        from accounts.second_factor import receivers as second_factor
        from accounts.sign_in import receivers
        from accounts.sign_in.issuers import receivers as issuers

        receivers.connect()
        post_migrate.connect(append_only.install, sender=self)
        issuers.connect()
        second_factor.connect()

"""The Django app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the receivers of login and logout."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts.sign_in import receivers
        from accounts.sign_in.issuers import receivers as issuers

        receivers.connect()
        issuers.connect()

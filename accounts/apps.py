"""The Django app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the receivers of login, logout and second factors."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts.second_factor import receivers as second_factor
        from accounts.sign_in import receivers
        from accounts.sign_in.issuers import receivers as issuers

        receivers.connect()
        issuers.connect()
        second_factor.connect()

"""The Django app `sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Shares, reviews and reports."""

    name = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from runs import owners
        from sharing.owner import SharingOwner

        owners.register(SharingOwner())

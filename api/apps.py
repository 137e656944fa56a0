"""The Django app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens and the JSON API."""

    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from api.owner import ApiOwner
        from runs.promises import registry

        registry.register(ApiOwner())

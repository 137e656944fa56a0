"""The Django app `library`."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Living with results: prompts, and pages about the results of many runs."""

    name = "library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from library.owner import LibraryOwner
        from runs import owners

        owners.register(LibraryOwner())

"""The Django app `library`."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Prompts, references, series, and pages about the results of many runs."""

    name = "features.library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's owner of runs; install the triggers of the search index."""
        from django.db.models.signals import post_migrate, pre_migrate

        from features.library.models import search_entry
        from features.library.owner import LibraryOwner
        from features.library.views.series import destinations
        from playground.display import destination
        from runs.promises import registry

        registry.register(LibraryOwner())
        destination.of_place.provide(destinations.new_results)
        pre_migrate.connect(search_entry.drop_trigger, sender=self)
        post_migrate.connect(search_entry.install_trigger, sender=self)

"""The catalogue: which endpoints exist and what they accept."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """Endpoint, Schema, Collection, Favourite; sync, search, browse pages."""

    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Keep index and triggers in place: a migration may drop them without knowing."""
        from catalog.finding import search_index

        post_migrate.connect(search_index.install, sender=self)

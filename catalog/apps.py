"""The Django app `catalog`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """Endpoint, Schema, Collection, Favourite; sync, search, browse pages."""

    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Reinstall the revision triggers after migrations, which may drop them."""
        from catalog.models import revision_triggers

        post_migrate.connect(revision_triggers.install, sender=self)

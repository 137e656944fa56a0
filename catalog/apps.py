"""The catalogue: which endpoints exist and what they accept."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Endpoint, Schema, Collection, Favourite; sync, search, browse pages."""

    name = "catalog"
    verbose_name = "Catalogue"

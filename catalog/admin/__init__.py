"""The catalogue in Django's admin; importing this package registers all of it."""

from catalog.admin import catalogue, collections

__all__ = ["catalogue", "collections"]

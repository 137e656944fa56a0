"""The catalogue's admin pages; importing this package registers them all."""

from catalog.admin import catalogue, collections

__all__ = ["catalogue", "collections"]

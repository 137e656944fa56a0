"""The Django app `library`."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Pages about results of many runs; it has no tables of its own yet."""

    name = "library"
    default_auto_field = "django.db.models.BigAutoField"

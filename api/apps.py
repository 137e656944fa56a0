"""The Django app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens and the JSON API."""

    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

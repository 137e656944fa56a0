"""The Django app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens and the JSON API."""

    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register parts of uploads: they count towards quotas, and are deleted when abandoned."""
        from asgiref.sync import sync_to_async

        from api.fal_proxy import parts
        from runs.files import storage_limits
        from runs.worker import jobs

        storage_limits.register_held(parts.bytes_of)
        jobs.register(jobs.Job("delete abandoned parts", sync_to_async(parts.purge_stale)))

"""The Django app `operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks after the deployment: its health, its backups, word of trouble."""

    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs of the worker; no file goes while a backup may still need it."""
        from operations.backup import making
        from operations.owner import OperationsOwner
        from runs.files import purge
        from runs.promises import owners

        owners.register(OperationsOwner())
        purge.hold_while(making.is_running)

"""The Django app `operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks after the deployment: its health, its backups, news of trouble."""

    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register jobs and notifications; keep files while a backup may need them."""
        from notifications import kinds
        from operations.backup import making
        from operations.owner import OperationsOwner
        from operations.retention import walk
        from runs.files import purge
        from runs.promises import owners

        owners.register(OperationsOwner())
        kinds.register(walk.TOLD)
        purge.hold_while(making.is_running)

"""The Django app `operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks after the deployment: its health, its backups, news of trouble."""

    name = "house.operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register jobs and notifications; keep files while a backup may need them."""
        from features.notifications import kinds
        from house.operations.backup import creation
        from house.operations.owner import OperationsOwner
        from house.operations.retention import walk
        from runs.files import purge
        from runs.promises import registry

        registry.register(OperationsOwner())
        kinds.register(walk.TOLD)
        purge.hold_while(creation.is_running)

"""The Django app `operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Looks after the deployment. Has no tables."""

    name = "operations"

    def ready(self) -> None:
        """Register the jobs of the worker."""
        from operations.owner import OperationsOwner
        from runs.promises import owners

        owners.register(OperationsOwner())

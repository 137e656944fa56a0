"""The Django app `operations`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


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
        checks.register(check_deployment, "doctor", deploy=True)


def check_deployment(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Check what `doctor` checks: `manage.py check --deploy --tag doctor --database default`."""
    if not databases:
        return []
    # Imported when asked for, as it loads clients of fal, of mail and of storages.
    from house.operations import doctor
    from house.operations.findings import findings

    return list(findings(doctor.ALL))

"""For migrations: puts the work of before there were projects into private ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import OuterRef, Subquery


def into_private_projects(app: str, *models: str) -> Callable[[Any, Any], None]:
    """Return a migration's function that puts each row of these models into its user's project."""

    def put(apps: Any, schema_editor: Any) -> None:
        private = apps.get_model("projects", "Project").objects.filter(person=OuterRef("user"))
        for name in models:
            rows = apps.get_model(app, name)._default_manager
            rows.filter(project=None).update(project=Subquery(private.values("pk")[:1]))
        # PostgreSQL alters no table whose foreign keys it has still to check.
        schema_editor.connection.check_constraints()

    return put

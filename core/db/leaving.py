"""A migration operation for tables that are dropped: the log says how many rows they had."""

from __future__ import annotations

import logging
from typing import Any

from django.db import migrations

log = logging.getLogger(__name__)


def log_rows(app_label: str, model_name: str) -> migrations.RunPython:
    """Return the operation that logs the rows of a table; its DeleteModel stands behind it."""

    def count(apps: Any, schema_editor: Any) -> None:
        model = apps.get_model(app_label, model_name)
        if rows := model._base_manager.using(schema_editor.connection.alias).count():
            log.warning("dropping %s, which has rows: %s", model._meta.db_table, rows)

    return migrations.RunPython(count, migrations.RunPython.noop)

import logging
from typing import Any

from django.db import migrations

log = logging.getLogger(__name__)


def delete_requests_of_presses(apps: Any, schema_editor: Any) -> None:
    """Delete requests to start more at once than the ceiling: admins start that themselves."""
    requests = apps.get_model("spending", "BudgetRequest").objects
    if rows := requests.filter(budget=None, endpoint=None).delete()[0]:
        log.warning("deleted requests for a press above the ceiling: %s", rows)


def log_sums_that_asked(apps: Any, schema_editor: Any) -> None:
    """Log what the next migrations drop."""
    budgets = apps.get_model("spending", "Budget").objects
    if rows := budgets.exclude(ask_above=None).count():
        log.warning("dropping the sum above which budgets asked first, of budgets: %s", rows)


class Migration(migrations.Migration):
    dependencies = [("spending", "0007_requests_for_models")]
    operations = [
        migrations.RunPython(delete_requests_of_presses, migrations.RunPython.noop),
        migrations.RunPython(log_sums_that_asked, migrations.RunPython.noop),
    ]

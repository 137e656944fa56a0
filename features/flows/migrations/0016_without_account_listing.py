"""No page shows when the account was read: the worker's log says so."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("flows", "0015_without_step_files")]
    operations = [log_rows("flows", "AccountListing"), migrations.DeleteModel("AccountListing")]

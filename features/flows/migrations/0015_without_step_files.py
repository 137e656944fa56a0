"""The files of single steps are not copied any more; the copies stay uploads of their users."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("flows", "0014_workflows_are_models")]
    operations = [log_rows("flows", "StepFile"), migrations.DeleteModel("StepFile")]

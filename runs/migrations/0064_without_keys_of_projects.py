from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("playground", "0063_runs_without_keys")]
    operations = [log_rows("playground", "ProjectKey"), migrations.DeleteModel("ProjectKey")]

"""A prompt keeps its newest text, which is in its own row."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("library", "0011_runs_that_are_used")]
    operations = [log_rows("library", "PromptVersion"), migrations.DeleteModel("PromptVersion")]

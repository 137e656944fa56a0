"""Says of comments what all comments have in common; no column changes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0004_kept")]

    operations = [
        migrations.AlterField(
            model_name="comment",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                help_text="the comment that it answers; empty: it begins a thread",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="replies",
                to="sharing.comment",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="resolved_at",
            field=models.DateTimeField(blank=True, help_text="of a thread's first one", null=True),
        ),
    ]

"""Says of comments what all comments have in common; no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("boards", "0018_kept")]

    operations = [
        migrations.AlterField(
            model_name="comment",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True, help_text="can be undone for a while", null=True
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_squashed_0016")]

    operations = [
        migrations.AddField(
            "note",
            "deleted_at",
            models.DateTimeField(
                blank=True, editable=False, help_text="can be undone for a day", null=True
            ),
        )
    ]

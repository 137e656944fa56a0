"""What the team thinks of a model has one name: mark. The columns take it over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0024_without_feeds")]
    operations = [
        migrations.RenameField("Endpoint", "standing", "mark"),
        migrations.RenameField("Endpoint", "standing_reason", "mark_reason"),
        migrations.RenameField("Endpoint", "standing_by", "marked_by"),
        migrations.RenameField("Endpoint", "standing_at", "marked_at"),
        migrations.AlterField(
            "Endpoint",
            "mark",
            models.CharField(
                blank=True,
                choices=[
                    ("approved", "Approved"),
                    ("experimental", "Experimental"),
                    ("blocked", "blocked, cannot be run"),
                ],
                help_text="what curators think of it",
                max_length=16,
                verbose_name="mark",
            ),
        ),
    ]

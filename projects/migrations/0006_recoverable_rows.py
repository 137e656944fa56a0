from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_squashed_0005")]

    operations = [
        migrations.RemoveConstraint("rule", "rule_once_per_project"),
        migrations.RemoveConstraint("rule", "rule_once_in_house"),
        migrations.AddField(
            "rule",
            "deleted_at",
            models.DateTimeField(
                blank=True, editable=False, help_text="can be undone for a day", null=True
            ),
        ),
        migrations.AddConstraint(
            "rule",
            models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("project", "kind", "value"),
                name="rule_once_per_project",
            ),
        ),
        migrations.AddConstraint(
            "rule",
            models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), ("project", None)),
                fields=("kind", "value"),
                name="rule_once_in_house",
            ),
        ),
    ]

"""Stores which fields of each endpoint take a file or a prompt, for "Use as"."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_listing_entries")]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="inputs",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text=(
                    "its fields that take a file or a prompt: path, kind, role, label, required"
                ),
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="facts_from",
            field=models.CharField(
                blank=True,
                help_text="the rules and the schema that these were read by",
                max_length=80,
            ),
        ),
        migrations.AlterField(
            model_name="schema",
            name="facts",
            field=models.JSONField(
                blank=True,
                help_text="what the document says: `facts`, `words` and `inputs`; none: not read yet",
                null=True,
            ),
        ),
    ]

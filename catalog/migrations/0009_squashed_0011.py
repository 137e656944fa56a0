"""Adds listing entries and the inputs of endpoints, in place of the migrations 0009 to 0011.

A database in which all three are applied records this one without running it.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("catalog", "0009_sync_holder"),
        ("catalog", "0010_listing_entries"),
        ("catalog", "0011_inputs"),
    ]

    dependencies = [("catalog", "0001_squashed_0008")]

    operations = [
        migrations.AddField(
            model_name="syncreport",
            name="holder",
            field=models.CharField(
                blank=True, default="", help_text="the process at work", max_length=120
            ),
        ),
        migrations.CreateModel(
            name="ListingEntry",
            fields=[
                (
                    "endpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="entry",
                        serialize=False,
                        to="catalog.endpoint",
                    ),
                ),
                ("text", models.TextField(help_text="JSON, unchanged, unknown fields included")),
            ],
            options={
                "verbose_name_plural": "listing entries",
            },
        ),
        migrations.AddField(
            model_name="endpoint",
            name="entry_digest",
            field=models.CharField(
                blank=True,
                help_text="the rules and the entry that the columns were read by",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="highlighted",
            field=models.BooleanField(default=False, help_text="upstream recommends it"),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="is_favorited",
            field=models.BooleanField(
                blank=True, help_text="of the account whose key the worker has", null=True
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="pinned",
            field=models.BooleanField(
                default=False, help_text="upstream shows it before all others"
            ),
        ),
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
                help_text=(
                    "what the document says: `facts`, `words` and `inputs`; none: not read yet"
                ),
                null=True,
            ),
        ),
    ]

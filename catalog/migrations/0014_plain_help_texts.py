"""Plainer help texts; the tables stay as they are."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_drop_search_tables"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="lines",
            field=models.JSONField(
                blank=True, help_text="what changed, line by line; empty until compared", null=True
            ),
        ),
        migrations.AlterField(
            model_name="collectionitem",
            name="looked_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="curators have seen the model's changes up to then",
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="entry_digest",
            field=models.CharField(
                blank=True,
                help_text="versions of the rules and the listing entry that the columns come from",
                max_length=80,
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="facts",
            field=models.JSONField(
                blank=True, default=list, help_text="its capabilities as search terms: `in:image`"
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="facts_from",
            field=models.CharField(
                blank=True,
                help_text="versions of the rules and the schema that facts and inputs come from",
                max_length=80,
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="field_words",
            field=models.TextField(
                blank=True,
                help_text="names and descriptions of its fields, used only by the search",
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="full_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="unique title with version, set by a sync",
                max_length=600,
            ),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="schema_error",
            field=models.TextField(blank=True, help_text="why the latest fetch returned no schema"),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="standing",
            field=models.CharField(
                blank=True,
                choices=[
                    ("approved", "Approved"),
                    ("experimental", "Experimental"),
                    ("blocked", "blocked, cannot be run"),
                ],
                help_text="status that curators gave it",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="reader",
            name="feed_number",
            field=models.PositiveIntegerField(
                default=0, help_text="raise it to invalidate every earlier address of the feed"
            ),
        ),
        migrations.AlterField(
            model_name="reader",
            name="seen_at",
            field=models.DateTimeField(
                blank=True, help_text="later changes are shown as new", null=True
            ),
        ),
        migrations.AlterField(
            model_name="savedsearch",
            name="seen_at",
            field=models.DateTimeField(help_text="later results are shown as new"),
        ),
        migrations.AlterField(
            model_name="schema",
            name="facts",
            field=models.JSONField(
                blank=True,
                help_text="`facts`, `words` and `inputs` of the document; empty until it is read",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="schema",
            name="facts_version",
            field=models.PositiveSmallIntegerField(
                db_index=True, default=0, help_text="version of the rules that `facts` were read by"
            ),
        ),
    ]

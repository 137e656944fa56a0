"""Prompts no longer draw some of their alternatives."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0012_without_prompt_versions")]
    operations = [
        migrations.RemoveField("prompt", "seed"),
        migrations.AlterField(
            "prompt",
            "text",
            models.TextField(help_text="features/library/prompts/grammar.py reads it"),
        ),
    ]

"""A style becomes a prompt that takes one: what was added after a comma says so in its text."""

from typing import Any

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat

TAKES = "{prompt}"


def take_prompts(apps: Any, schema_editor: Any) -> None:
    """Write `{prompt}, ` before the text of each style without it, and before its versions."""
    alias = schema_editor.connection.alias
    prompts = apps.get_model("library", "Prompt").objects.using(alias)
    versions = apps.get_model("library", "PromptVersion").objects.using(alias)
    for rows in (versions.filter(prompt__kind="style"), prompts.filter(kind="style")):
        added = rows.exclude(text__icontains=TAKES)
        added.update(text=Concat(Value(f"{TAKES}, "), F("text")))


class Migration(migrations.Migration):
    dependencies = [("library", "0009_views_live_with_runs")]
    operations = [
        migrations.RunPython(take_prompts, migrations.RunPython.noop),
        migrations.RemoveField("Prompt", "kind"),
    ]

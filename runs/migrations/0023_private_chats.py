"""Takes back what the choice "shown to the team" has published of chats and programs.

A chat's runs hold its system prompt. Whoever wants to show one of them can do so on its page.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Q


def take_back(apps: Any, schema_editor: Any) -> None:
    """Hide the examples whose form tokens are those of chats (`chat-`) and programs (`api-`)."""
    of_program = Q(form_token__startswith="chat-") | Q(form_token__startswith="api-")
    examples = apps.get_model("playground", "Run").objects.filter(of_program, is_example=True)
    examples.update(is_example=False)


class Migration(migrations.Migration):
    dependencies = [("playground", "0013_squashed_0022")]

    operations = [migrations.RunPython(take_back, migrations.RunPython.noop)]

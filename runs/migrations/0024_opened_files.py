"""Closes files with what has opened them: presets, flows and links are asked instead of a mark.

The marks stay open for links that have a row, and whose files were opened. A link with the input in
its address left nothing to ask, so its files are private again.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import migrations, models

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RESULT = re.compile(rf'"/runs/({_UUID})/artifacts/([0-9]{{1,6}})/')
UPLOAD = re.compile(rf'"/uploads/({_UUID})/')


def keep_links_open(apps: Any, schema_editor: Any) -> None:
    """Mark the links that name a file of their author's that was open."""
    share, upload, artifact = (
        apps.get_model("playground", name) for name in ("Share", "Upload", "Artifact")
    )
    uploads = upload.objects.filter(is_shared=True)
    results = artifact.objects.filter(is_shared=True)
    opened = {(user, str(pk)) for user, pk in uploads.values_list("user_id", "pk")}
    places = results.values_list("run__user_id", "run_id", "position")
    opened |= {(user, f"{run}/{position}") for user, run, position in places}
    for link in share.objects.iterator():
        text = json.dumps(link.arguments)
        named = [*UPLOAD.findall(text), *("/".join(place) for place in RESULT.findall(text))]
        if any((link.user_id, name) in opened for name in named):
            share.objects.filter(pk=link.pk).update(opens_files=True)


class Migration(migrations.Migration):
    dependencies = [("playground", "0023_private_chats")]

    operations = [
        migrations.AddField(
            model_name="share",
            name="opens_files",
            field=models.BooleanField(
                default=False,
                help_text="it is a link for others, who may see its author's files in it",
            ),
        ),
        migrations.RunPython(keep_links_open, migrations.RunPython.noop),
        migrations.RemoveField(model_name="artifact", name="is_shared"),
        migrations.RemoveField(model_name="upload", name="is_shared"),
    ]

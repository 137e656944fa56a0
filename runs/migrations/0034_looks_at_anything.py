"""Looks are no longer at runs alone, so they live beside the projects; those of today stay open."""

from typing import Any

from django.db import migrations


def keep_looks(apps: Any, schema_editor: Any) -> None:
    former, new = apps.get_model("playground", "Look"), apps.get_model("projects", "Look")
    new.objects.bulk_create(
        [
            new(kind="playground.run", row=look.run_id, by_id=look.by_id, until=look.until)
            for look in former.objects.all()
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("playground", "0033_looks"), ("projects", "0004_look")]

    operations = [
        migrations.RunPython(keep_looks, migrations.RunPython.noop),
        migrations.DeleteModel(name="Look"),
    ]

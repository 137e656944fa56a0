"""A flow without a name is one of a result's steps from now on, which lists leave out."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def name_untitled(apps: Any, schema_editor: Any) -> None:
    """Give the flows that were saved without a name the one that pages showed for them."""
    apps.get_model("flows", "Flow").objects.filter(name="").update(name="Untitled")


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0016_without_account_listing"),
        ("playground", "0068_frames_of_films"),
    ]

    operations = [
        migrations.AlterField(
            model_name="flow",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                help_text="the result whose steps it has",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="playground.run",
            ),
        ),
        migrations.RunPython(name_untitled, migrations.RunPython.noop),
    ]

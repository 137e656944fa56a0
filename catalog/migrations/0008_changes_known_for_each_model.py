from typing import Any

import django.utils.timezone
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def as_the_collection_was_saved(apps: Any, schema_editor: Any) -> None:
    """Until now a collection's last change stood for all of its models."""
    saved = apps.get_model("catalog", "Collection").objects.filter(pk=OuterRef("collection"))
    items = apps.get_model("catalog", "CollectionItem").objects
    items.update(looked_at=Subquery(saved.values("updated_at")))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_pictures_of_two_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="collectionitem",
            name="looked_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="the model's changes until then are known to the curators",
            ),
        ),
        migrations.RunPython(as_the_collection_was_saved, migrations.RunPython.noop),
    ]

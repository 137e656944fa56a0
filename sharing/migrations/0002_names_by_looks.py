"""Compare the names of reviewers as people see them, by Unicode's list of lookalikes."""

from typing import Any

from django.db import migrations

from core.names import name_key


def compare_anew(apps: Any, schema_editor: Any) -> None:
    """Write the keys anew; of two on a share that look alike since, the later one keeps its old."""
    reviewers = apps.get_model("sharing", "Reviewer").objects.using(schema_editor.connection.alias)
    taken = set(reviewers.values_list("share", "name_key"))
    for reviewer in reviewers.order_by("created_at").iterator():
        key = name_key(reviewer.name)[:1080]
        if key and (reviewer.share_id, key) not in taken:
            taken.add((reviewer.share_id, key))
            reviewers.filter(pk=reviewer.pk).update(name_key=key)


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_squashed_0005")]
    operations = [migrations.RunPython(compare_anew, migrations.RunPython.noop)]

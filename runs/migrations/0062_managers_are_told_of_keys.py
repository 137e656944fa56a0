"""Tells the managers of projects with a fal key of their own that the house's key sends their runs."""

import logging
from typing import Any

from django.db import migrations

log = logging.getLogger(__name__)


def tell_managers(apps: Any, schema_editor: Any) -> None:
    """Write a notification for each manager, and log how many keys and runs there were."""
    keys = apps.get_model("playground", "ProjectKey").objects
    memberships = apps.get_model("projects", "Membership").objects.filter(role="manager")
    notifications = apps.get_model("notifications", "Notification").objects
    if not keys.exists():
        return
    runs = apps.get_model("playground", "Run").objects.exclude(project_key=None).count()
    log.warning(
        "dropping keys of projects: %s; runs that were sent with one: %s", keys.count(), runs
    )
    for key in keys.filter(state="active").select_related("project").iterator(200):
        project = key.project
        for user in memberships.filter(project=project).values_list("user_id", flat=True):
            notifications.get_or_create(
                user_id=user,
                key=f"key of project {project.pk} has left",
                defaults={
                    "kind": "project_added",
                    "subject": f"“{project.name}” has no fal key of its own any more"[:200],
                    "text": (
                        "The house's key sends its runs from now on. Budgets and spending by "
                        f"project stay. Delete the key {key.key_id} in fal's dashboard."
                    ),
                    "path": f"/projects/{project.slug}/",
                    "about": "projects.project",
                    "number": project.pk,
                },
            )


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_without_trials"),
        ("playground", "0061_alter_charge_awaits_check"),
        ("projects", "0008_deputies_take_over"),
    ]
    operations = [migrations.RunPython(tell_managers, migrations.RunPython.noop)]

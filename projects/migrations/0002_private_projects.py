"""Makes everybody's private project, into which the other apps' migrations put what exists."""

from django.conf import settings
from django.db import migrations


def make_private_projects(apps, schema_editor):
    """Make a private project for each account, with that person as its manager."""
    project = apps.get_model("projects", "Project")
    membership = apps.get_model("projects", "Membership")
    app, _, name = settings.AUTH_USER_MODEL.partition(".")
    people = apps.get_model(app, name).objects.values_list("pk", flat=True)
    projects = [project(person_id=pk, name="Private", slug=f"private-{pk}") for pk in people]
    project.objects.bulk_create(projects, batch_size=500)
    private = project.objects.exclude(person=None)
    membership.objects.bulk_create(
        [
            membership(project_id=pk, user_id=person, role="manager")
            for pk, person in private.values_list("pk", "person_id")
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make_private_projects, migrations.RunPython.noop),
    ]

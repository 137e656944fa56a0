"""Views come here from the library and take in saved searches; the words of a permission."""

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = {"library.view": "playground.view"}
ROWS = 1000


def take_in_searches(apps: Any, schema_editor: Any) -> None:
    """Make each saved search a view of models in its user's private project."""
    alias = schema_editor.connection.alias
    searches = apps.get_model("catalog", "SavedSearch").objects.using(alias)
    users = searches.order_by().values_list("user_id", flat=True).distinct()
    projects = {user: _private_project(apps, alias, user) for user in users}
    views = apps.get_model("playground", "View").objects.using(alias)
    views.bulk_create(
        (
            views.model(
                project_id=projects[search.user_id],
                user_id=search.user_id,
                of="models",
                name=search.name,
                line=search.params,
                seen_at=search.seen_at,
            )
            for search in searches.iterator()
        ),
        batch_size=ROWS,
    )


def _private_project(apps: Any, alias: str, user: int) -> int:
    """Return the key of the user's private project, which is made at the first visit."""
    projects = apps.get_model("projects", "Project").objects.using(alias)
    project, is_new = projects.get_or_create(
        person_id=user, defaults={"name": "Private", "slug": f"private-{user}"}
    )
    if is_new:
        members = apps.get_model("projects", "Membership").objects.using(alias)
        members.create(project=project, user_id=user, role="manager")
    return int(project.pk)


def rename_kinds(apps: Any, schema_editor: Any) -> None:
    """Keep the reasons for which somebody looks at another's view."""
    looks = apps.get_model("projects", "Look").objects.using(schema_editor.connection.alias)
    for before, after in KINDS.items():
        looks.filter(kind=before).update(kind=after)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_measured_prices"),
        ("library", "0008_tags_become_series"),
        ("playground", "0045_open_sums"),
        ("projects", "0001_squashed_0004"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="View",
                    fields=[
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="+",
                                to="projects.project",
                            ),
                        ),
                        (
                            "is_hidden",
                            models.BooleanField(
                                default=False,
                                help_text="for its user's own eyes, "
                                "not for the project's other members",
                            ),
                        ),
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("line", models.CharField(max_length=400)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "deleted_at",
                            models.DateTimeField(
                                blank=True, help_text="can be undone for a while", null=True
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name", "pk"],
                        "indexes": [
                            models.Index(fields=["project", "name"], name="view_in_project")
                        ],
                        "db_table": "library_view",
                    },
                ),
            ],
        ),
        migrations.AlterModelTable("View", None),
        migrations.AddField(
            "View",
            "of",
            models.CharField(
                choices=[("results", "Results"), ("models", "Models")],
                default="results",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "View",
            "seen_at",
            models.DateTimeField(
                blank=True, help_text="models that came later are new to its user", null=True
            ),
        ),
        migrations.AlterField(
            "View",
            "line",
            models.TextField(
                help_text="of results as typed (library/search/line.py); "
                "of models the query of the address"
            ),
        ),
        migrations.AlterModelOptions(
            "Preset",
            {
                "ordering": ["name"],
                "permissions": [("set_house_default", "Can choose what the house starts with")],
            },
        ),
        migrations.RunPython(take_in_searches, migrations.RunPython.noop),
        migrations.RunPython(rename_kinds, migrations.RunPython.noop),
    ]

"""The sums of each day, made from the charges; the counters that budgets had made are gone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.db.dollars_field import DollarsField

KINDS = {
    "house": (),
    "door": ("door",),
    "token": ("token_id",),
    "project": ("project_id",),
    "person": ("user_id",),
    "model": ("endpoint_id",),
    "in-project": ("user_id", "project_id"),
    "all": ("user_id", "project_id", "endpoint_id", "door"),
}
COLUMNS = ("user_id", "project_id", "endpoint_id", "token_id", "door")
ROWS = 1000


def add_up(apps, schema_editor):
    """Write the sums of every day of which there are charges, one day after the other."""
    alias = schema_editor.connection.alias
    charges = apps.get_model("playground", "Charge").objects.using(alias)
    read = charges.exclude(state="released").order_by("created_at")
    rows = read.values("created_at", "amount", "state", *COLUMNS)
    day, sums = None, {}
    for charge in rows.iterator(ROWS):
        began = timezone.localdate(charge["created_at"])
        if began != day:
            _write(apps, alias, day, sums)
            day, sums = began, {}
        for kind, columns in KINDS.items():
            if kind != "token" or charge["token_id"] is not None:
                key = (kind, *(charge[column] for column in columns))
                _add(sums.setdefault(key, [0, 0, 0, 0]), charge)
    _write(apps, alias, day, sums)
    apps.get_model("playground", "LedgerAccount").objects.using(alias).filter(kind="spent").delete()


def _add(counted, charge):
    amount = charge["amount"] or 0
    counted[0] += 1
    counted[1] += amount
    counted[2] += amount if charge["state"] == "reserved" else 0
    counted[3] += charge["amount"] is None


def _write(apps, alias, day, sums):
    daily_sum = apps.get_model("playground", "DailySum")
    rows = [
        daily_sum(
            day=day, kind=kind, runs=runs, amount=amount, reserved=reserved, unknown=unknown,
            **dict(zip(KINDS[kind], keys, strict=True)),
        )
        for (kind, *keys), (runs, amount, reserved, unknown) in sums.items()
    ]  # fmt: skip
    daily_sum.objects.using(alias).bulk_create(rows, batch_size=ROWS)


def _kept(to):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


def _key(column):
    return Coalesce(column, 0, output_field=models.BigIntegerField())


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_saved_searches_are_views"),
        ("playground", "0046_views"),
        ("projects", "0001_squashed_0004"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DailySum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "day",
                    models.DateField(help_text="of the house's TIME_ZONE, on which the runs began"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("house", "all runs of the day"),
                            ("project", "those in a project"),
                            ("person", "those of a person"),
                            ("token", "those that a program started"),
                            ("door", "those that began at a door"),
                            ("model", "those of a model"),
                            (
                                "in-project",
                                "those of a person in a project: what one person sees",
                            ),
                            (
                                "all",
                                "those of a person in a project, of a model, through a door",
                            ),
                        ],
                        max_length=12,
                    ),
                ),
                ("token_id", models.BigIntegerField(null=True)),
                ("door", models.CharField(blank=True, max_length=12)),
                ("runs", models.IntegerField(help_text="that cost something, or may")),
                ("amount", DollarsField(help_text="of what is reserved and settled")),
                ("reserved", DollarsField(help_text="of what is reserved")),
                (
                    "unknown",
                    models.IntegerField(help_text="runs of which nobody knows what they cost"),
                ),
                ("endpoint", _kept("catalog.endpoint")),
                ("project", _kept("projects.project")),
                ("user", _kept(settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "user", "day"], name="daily_sum_of_person"),
                    models.Index(fields=["kind", "project", "day"], name="daily_sum_in_project"),
                    models.Index(fields=["kind", "endpoint", "day"], name="daily_sum_of_model"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("kind"),
                        models.F("day"),
                        _key("user_id"),
                        _key("project_id"),
                        _key("endpoint_id"),
                        _key("token_id"),
                        models.F("door"),
                        name="daily_sum_once",
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="ledgeraccount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("house", "the house: whoever starts runs locks its row"),
                    ("board", "a board"),
                    ("trial-month", "a month of a board's trials"),
                    ("assistant", "an assistant's session"),
                ],
                max_length=16,
            ),
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop),
    ]

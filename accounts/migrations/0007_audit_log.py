"""Audit entries get django-auditlog's fields: what changed, from where; the rows so far stay."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_allauth"),
        ("boards", "0008_board"),  # which renames what former entries are about
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditentry",
            options={
                "ordering": ["-timestamp", "-pk"],
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
            },
        ),
        migrations.RemoveIndex(model_name="auditentry", name="audit_of_object"),
        migrations.RenameField("auditentry", "at", "timestamp"),
        migrations.RenameField("auditentry", "action", "event"),
        migrations.RenameField("auditentry", "object_id", "object_pk"),
        migrations.RenameField("auditentry", "object_name", "object_repr"),
        migrations.AddField(
            model_name="auditentry",
            name="action",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "create"), (1, "update"), (2, "delete"), (3, "access")], default=3
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="actor_email",
            field=models.CharField(
                blank=True, max_length=254, null=True, verbose_name="actor email"
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="additional_data",
            field=models.JSONField(blank=True, null=True, verbose_name="additional data"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="changes",
            field=models.JSONField(null=True, verbose_name="change message"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="changes_text",
            field=models.TextField(blank=True, verbose_name="change message"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="cid",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="content_type",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="contenttypes.contenttype",
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="in_project",
            field=models.BigIntegerField(help_text="the project's key, if any", null=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="object_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="remote_addr",
            field=models.GenericIPAddressField(
                blank=True, null=True, verbose_name="remote address"
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="remote_port",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="remote port"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="serialized_data",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="event",
            field=models.CharField(help_text="a past participle, such as blocked", max_length=60),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="object_pk",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="object_repr",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="timestamp",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["-timestamp", "-id"], name="audit_by_time"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["kind", "object_pk", "-timestamp"], name="audit_of_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["kind", "-timestamp", "-id"], name="audit_of_kind"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["event", "-timestamp", "-id"], name="audit_of_event"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor_name", "-timestamp", "-id"], name="audit_of_name"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor"], name="audit_of_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("in_project__isnull", False)),
                fields=["in_project", "-timestamp", "-id"],
                name="audit_in_project",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["remote_addr", "-timestamp", "-id"], name="audit_from_address"
            ),
        ),
    ]

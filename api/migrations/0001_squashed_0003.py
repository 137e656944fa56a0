"""Creates the tables of tokens and of the proxy's files, in place of the migrations 0001 to 0003.

A database in which all three are applied records this one without running it.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("api", "0001_tokens"),
        ("api", "0002_proxy_files"),
        ("api", "0003_proxy_parts"),
    ]

    initial = True

    dependencies = [
        ("playground", "0013_squashed_0022"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "digest",
                    models.CharField(help_text="SHA-256 of the token", max_length=64, unique=True),
                ),
                (
                    "hint",
                    models.CharField(
                        help_text="its first characters, to recognize it by", max_length=16
                    ),
                ),
                (
                    "scopes",
                    models.CharField(
                        help_text="separated by spaces: read run curate", max_length=64
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="none: never", null=True),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="to the minute", null=True),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("user", "name"),
                        name="api_token_name_once_per_user",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProxyFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="playground.upload",
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
            ],
        ),
        migrations.CreateModel(
            name="ProxyPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_id", models.UUIDField(help_text="the ProxyFile that it becomes part of")),
                ("number", models.PositiveIntegerField()),
                ("etag", models.CharField(max_length=32)),
                ("size_bytes", models.BigIntegerField()),
                ("stored_as", models.CharField(help_text="name in our storage", max_length=255)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("file_id", "number"), name="api_part_once_per_number"
                    )
                ],
            },
        ),
    ]

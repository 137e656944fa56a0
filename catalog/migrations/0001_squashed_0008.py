"""Creates the catalogue's tables, in place of the migrations 0001 to 0008.

A database in which all eight are applied records this one without running it.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("catalog", "0001_initial"),
        ("catalog", "0002_revision"),
        ("catalog", "0003_one_sync_at_a_time"),
        ("catalog", "0004_catalogue_at_depth"),
        ("catalog", "0005_changes_read_and_weighed"),
        ("catalog", "0006_facts_from_where"),
        ("catalog", "0007_pictures_of_two_addresses"),
        ("catalog", "0008_changes_known_for_each_model"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="of both addresses",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("url", models.TextField(help_text="upstream's address")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("kept", "Kept"), ("failed", "Failed")],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                (
                    "small",
                    models.CharField(
                        blank=True, db_index=True, help_text="name in our storage", max_length=255
                    ),
                ),
                (
                    "large",
                    models.CharField(blank=True, help_text="name in our storage", max_length=255),
                ),
                (
                    "clip",
                    models.CharField(
                        blank=True,
                        help_text="name in our storage; plays where it moves",
                        max_length=255,
                    ),
                ),
                (
                    "colour",
                    models.CharField(blank=True, help_text="dominant, `#rrggbb`", max_length=7),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "error",
                    models.CharField(
                        blank=True, help_text="why it could not be kept", max_length=255
                    ),
                ),
                (
                    "animated_url",
                    models.TextField(blank=True, help_text="upstream's address of the moving one"),
                ),
                (
                    "size_bytes",
                    models.PositiveIntegerField(default=0, help_text="of all its files"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=36)),
            ],
        ),
        migrations.CreateModel(
            name="Schema",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the text",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("document", models.TextField(help_text="the document as JSON text, unchanged")),
                ("first_seen_at", models.DateTimeField(auto_now_add=True)),
                (
                    "facts",
                    models.JSONField(
                        blank=True,
                        help_text="what the document says: `facts` and `words`; none: not read yet",
                        null=True,
                    ),
                ),
                (
                    "facts_version",
                    models.PositiveSmallIntegerField(
                        db_index=True,
                        default=0,
                        help_text="the reading rules that `facts` were read by",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("title", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                ("is_published", models.BooleanField(default=True)),
                ("position", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "title"],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("endpoint_id", models.CharField(max_length=255, unique=True)),
                ("display_name", models.CharField(max_length=255)),
                ("owner", models.CharField(help_text="first part of the id", max_length=128)),
                ("category", models.CharField(blank=True, max_length=64)),
                ("description", models.TextField(blank=True)),
                ("status", models.CharField(default="active", max_length=32)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("license_type", models.CharField(blank=True, max_length=32)),
                ("kind", models.CharField(blank=True, max_length=32)),
                ("group_key", models.CharField(blank=True, max_length=128)),
                ("group_label", models.CharField(blank=True, max_length=255)),
                ("thumbnail_url", models.TextField(blank=True)),
                ("thumbnail_animated_url", models.TextField(blank=True)),
                ("model_url", models.TextField(blank=True)),
                ("github_url", models.TextField(blank=True)),
                ("stream_url", models.TextField(blank=True)),
                ("training_endpoint_ids", models.JSONField(blank=True, default=list)),
                ("inference_endpoint_ids", models.JSONField(blank=True, default=list)),
                (
                    "duration_estimate_min",
                    models.FloatField(blank=True, help_text="minutes", null=True),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "updated_at",
                    models.DateTimeField(blank=True, help_text="as upstream says", null=True),
                ),
                (
                    "upstream_updated",
                    models.CharField(
                        blank=True,
                        help_text="`updated_at` verbatim: what a sync compares",
                        max_length=64,
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0, help_text="place in upstream's own order"
                    ),
                ),
                (
                    "unit_price_usd",
                    models.DecimalField(
                        blank=True,
                        decimal_places=8,
                        help_text="in `currency`",
                        max_digits=14,
                        null=True,
                    ),
                ),
                ("price_unit", models.CharField(blank=True, max_length=64)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "schema_updated",
                    models.CharField(
                        blank=True,
                        help_text="`upstream_updated` when the schema was fetched",
                        max_length=64,
                    ),
                ),
                (
                    "schema_error",
                    models.TextField(blank=True, help_text="why the newest fetch gave no schema"),
                ),
                ("first_seen_at", models.DateTimeField(auto_now_add=True)),
                (
                    "gone_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="when upstream stopped listing it; runs still point here",
                        null=True,
                    ),
                ),
                (
                    "facts",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="its capabilities as query words, `in:image`",
                    ),
                ),
                (
                    "field_words",
                    models.TextField(
                        blank=True,
                        help_text="names and descriptions of its fields, for the search alone",
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Approved"),
                            ("experimental", "Experimental"),
                            ("blocked", "blocked, cannot be run"),
                        ],
                        help_text="what the curators say of it",
                        max_length=16,
                    ),
                ),
                ("standing_at", models.DateTimeField(blank=True, null=True)),
                ("standing_reason", models.CharField(blank=True, max_length=255)),
                (
                    "facts_from",
                    models.CharField(
                        blank=True,
                        help_text="the rules and the schema that both were read by",
                        max_length=80,
                    ),
                ),
                (
                    "standing_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "picture",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.picture",
                    ),
                ),
                (
                    "schema",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to="catalog.schema",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "endpoint_id"],
            },
        ),
        migrations.CreateModel(
            name="CollectionItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("note", models.CharField(blank=True, max_length=255)),
                (
                    "looked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="the model's changes until then are known to the curators",
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="catalog.collection",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.endpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AddField(
            model_name="collection",
            name="cover",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.endpoint",
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="endpoints",
            field=models.ManyToManyField(
                related_name="+", through="catalog.CollectionItem", to="catalog.endpoint"
            ),
        ),
        migrations.CreateModel(
            name="Favourite",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="favourites",
                        to="catalog.endpoint",
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
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=4000)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="catalog.endpoint",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Reader",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(blank=True, help_text="what came later is new", null=True),
                ),
                (
                    "feed_number",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="raised, it makes every earlier address of the feed invalid",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "params",
                    models.TextField(
                        help_text="the query string of its address, in canonical form"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("seen_at", models.DateTimeField(help_text="what came later is new")),
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
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("gone", "Gone"),
                            ("back", "Back"),
                            ("listing", "listing changed"),
                            ("price", "price changed"),
                            ("schema", "inputs or outputs changed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "lines",
                    models.JSONField(
                        blank=True,
                        help_text="what changed, line by line; none: not compared yet",
                        null=True,
                    ),
                ),
                (
                    "weight",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Wording"), (1, "Plain"), (2, "Breaking")], default=1
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="catalog.endpoint",
                    ),
                ),
                (
                    "now",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.schema",
                    ),
                ),
                (
                    "was",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.schema",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "get_latest_by": "at",
            },
        ),
        migrations.CreateModel(
            name="SyncReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "stopped, goes on next time"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("is_full", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "beat_at",
                    models.DateTimeField(blank=True, help_text="last sign of life", null=True),
                ),
                (
                    "listed",
                    models.PositiveIntegerField(
                        default=0, help_text="endpoints that upstream listed"
                    ),
                ),
                ("schemas_due", models.PositiveIntegerField(default=0)),
                ("schemas_done", models.PositiveIntegerField(default=0)),
                ("new", models.JSONField(blank=True, default=list, help_text="endpoint ids")),
                ("changed", models.JSONField(blank=True, default=list, help_text="endpoint ids")),
                ("gone", models.JSONField(blank=True, default=list, help_text="endpoint ids")),
                (
                    "failed",
                    models.JSONField(blank=True, default=list, help_text="[endpoint id, reason]"),
                ),
                ("error", models.TextField(blank=True, help_text="why it stopped or failed")),
            ],
            options={
                "ordering": ["-started_at"],
                "get_latest_by": "started_at",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("state",),
                        name="one_sync_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="collectionitem",
            constraint=models.UniqueConstraint(
                fields=("collection", "endpoint"), name="endpoint_once_per_collection"
            ),
        ),
        migrations.AddConstraint(
            model_name="favourite",
            constraint=models.UniqueConstraint(
                fields=("user", "endpoint"), name="favourite_once_per_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(
                fields=("user", "params"), name="saved_search_once_per_user"
            ),
        ),
        migrations.AddIndex(
            model_name="endpoint",
            index=models.Index(fields=["category", "position"], name="endpoint_category"),
        ),
        migrations.AddIndex(
            model_name="endpoint",
            index=models.Index(fields=["group_key"], name="endpoint_group"),
        ),
        migrations.AddIndex(
            model_name="endpoint",
            index=models.Index(fields=["-published_at"], name="endpoint_newest"),
        ),
    ]

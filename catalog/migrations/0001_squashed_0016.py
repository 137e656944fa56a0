import core.db.dollars_field
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('catalog', '0001_squashed_0014'),
        ('catalog', '0015_measured_prices'),
        ('catalog', '0016_saved_searches_are_views'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Schema',
                fields=[
                    ('digest', models.CharField(help_text='SHA-256 of the text', max_length=64, primary_key=True, serialize=False)),
                    ('document', models.TextField(help_text='the document as JSON text, unchanged')),
                    ('first_seen_at', models.DateTimeField(auto_now_add=True)),
                    ('facts', models.JSONField(blank=True, help_text='`facts`, `words` and `inputs` of the document; empty until it is read', null=True)),
                    ('facts_version', models.PositiveSmallIntegerField(db_index=True, default=0, help_text='version of the rules that `facts` were read by')),
                ],
            ),
            migrations.CreateModel(
                name='Revision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.CharField(max_length=36)),
                ],
            ),
            migrations.CreateModel(
                name='SyncReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('stopped', 'stopped, goes on next time'), ('failed', 'Failed')], default='running', max_length=16)),
                    ('is_full', models.BooleanField(default=False)),
                    ('started_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('beat_at', models.DateTimeField(blank=True, help_text='last sign of life', null=True)),
                    ('holder', models.CharField(blank=True, default='', help_text='the process at work', max_length=120)),
                    ('listed', models.PositiveIntegerField(default=0, help_text='endpoints that upstream listed')),
                    ('schemas_due', models.PositiveIntegerField(default=0)),
                    ('schemas_done', models.PositiveIntegerField(default=0)),
                    ('new', models.JSONField(blank=True, default=list, help_text='endpoint ids')),
                    ('changed', models.JSONField(blank=True, default=list, help_text='endpoint ids')),
                    ('gone', models.JSONField(blank=True, default=list, help_text='endpoint ids')),
                    ('failed', models.JSONField(blank=True, default=list, help_text='[endpoint id, reason]')),
                    ('error', models.TextField(blank=True, help_text='why it stopped or failed')),
                ],
                options={
                    'ordering': ['-started_at'],
                    'get_latest_by': 'started_at',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_sync_at_a_time')],
                },
            ),
            migrations.CreateModel(
                name='Reader',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('seen_at', models.DateTimeField(blank=True, help_text='later changes are shown as new', null=True)),
                    ('feed_number', models.PositiveIntegerField(default=0, help_text='raise it to invalidate every earlier address of the feed')),
                ],
            ),
            migrations.CreateModel(
                name='Picture',
                fields=[
                    ('digest', models.CharField(help_text='of both addresses', max_length=64, primary_key=True, serialize=False)),
                    ('url', models.TextField(help_text="upstream's address")),
                    ('animated_url', models.TextField(blank=True, help_text="upstream's address of the moving one")),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('kept', 'Kept'), ('failed', 'Failed')], default='waiting', max_length=16)),
                    ('small', models.CharField(blank=True, db_index=True, help_text='name in our storage', max_length=255)),
                    ('large', models.CharField(blank=True, help_text='name in our storage', max_length=255)),
                    ('clip', models.CharField(blank=True, help_text='name in our storage; plays where it moves', max_length=255)),
                    ('colour', models.CharField(blank=True, help_text='dominant, `#rrggbb`', max_length=7)),
                    ('size_bytes', models.PositiveIntegerField(default=0, help_text='of all its files')),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('next_try_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('error', models.CharField(blank=True, help_text='why it could not be kept', max_length=255)),
                ],
            ),
            migrations.CreateModel(
                name='Endpoint',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('endpoint_id', models.CharField(max_length=255, unique=True)),
                    ('display_name', models.CharField(max_length=255)),
                    ('full_name', models.CharField(blank=True, db_default='', default='', help_text='unique title with version, set by a sync', max_length=600)),
                    ('owner', models.CharField(help_text='first part of the id', max_length=128)),
                    ('category', models.CharField(blank=True, max_length=64)),
                    ('description', models.TextField(blank=True)),
                    ('status', models.CharField(default='active', max_length=32)),
                    ('tags', models.JSONField(blank=True, default=list)),
                    ('license_type', models.CharField(blank=True, max_length=32)),
                    ('kind', models.CharField(blank=True, max_length=32)),
                    ('group_key', models.CharField(blank=True, max_length=128)),
                    ('group_label', models.CharField(blank=True, max_length=255)),
                    ('thumbnail_url', models.TextField(blank=True)),
                    ('thumbnail_animated_url', models.TextField(blank=True)),
                    ('model_url', models.TextField(blank=True)),
                    ('github_url', models.TextField(blank=True)),
                    ('stream_url', models.TextField(blank=True)),
                    ('training_endpoint_ids', models.JSONField(blank=True, default=list)),
                    ('inference_endpoint_ids', models.JSONField(blank=True, default=list)),
                    ('duration_estimate_min', models.FloatField(blank=True, help_text='minutes', null=True)),
                    ('published_at', models.DateTimeField(blank=True, null=True)),
                    ('updated_at', models.DateTimeField(blank=True, help_text='as upstream says', null=True)),
                    ('upstream_updated', models.CharField(blank=True, help_text='`updated_at` verbatim: what a sync compares', max_length=64)),
                    ('position', models.PositiveIntegerField(default=0, help_text="place in upstream's own order")),
                    ('pinned', models.BooleanField(default=False, help_text='upstream shows it before all others')),
                    ('highlighted', models.BooleanField(default=False, help_text='upstream recommends it')),
                    ('is_favorited', models.BooleanField(blank=True, help_text='of the account whose key the worker has', null=True)),
                    ('entry_digest', models.CharField(blank=True, help_text='versions of the rules and the listing entry that the columns come from', max_length=80)),
                    ('unit_price_usd', models.DecimalField(blank=True, decimal_places=8, help_text='in `currency`', max_digits=14, null=True)),
                    ('price_unit', models.CharField(blank=True, max_length=64)),
                    ('currency', models.CharField(blank=True, max_length=3)),
                    ('schema', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endpoints', to='catalog.schema')),
                    ('schema_updated', models.CharField(blank=True, help_text='`upstream_updated` when the schema was fetched', max_length=64)),
                    ('schema_error', models.TextField(blank=True, help_text='why the latest fetch returned no schema')),
                    ('facts', models.JSONField(blank=True, default=list, help_text='its capabilities as search terms: `in:image`')),
                    ('field_words', models.TextField(blank=True, help_text='names and descriptions of its fields, used only by the search')),
                    ('inputs', models.JSONField(blank=True, default=list, help_text='its fields that take a file or a prompt: path, kind, role, label, required')),
                    ('facts_from', models.CharField(blank=True, help_text='versions of the rules and the schema that facts and inputs come from', max_length=80)),
                    ('picture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.picture')),
                    ('standing', models.CharField(blank=True, choices=[('approved', 'Approved'), ('experimental', 'Experimental'), ('blocked', 'blocked, cannot be run')], help_text='status that curators gave it', max_length=16)),
                    ('standing_reason', models.CharField(blank=True, max_length=255)),
                    ('standing_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('standing_at', models.DateTimeField(blank=True, null=True)),
                    ('first_seen_at', models.DateTimeField(auto_now_add=True)),
                    ('gone_at', models.DateTimeField(blank=True, help_text='when upstream stopped listing it; runs still point here', null=True)),
                    ('measured_groups', models.JSONField(editable=False, help_text='where arguments change it: [{arguments, price, runs}], prices as texts', null=True)),
                    ('measured_price', core.db.dollars_field.DollarsField(editable=False, help_text='used in place of the list price; empty: it is right', null=True)),
                    ('measured_runs', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                    ('measured_unit', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
                    ('paid_usd', core.db.dollars_field.DollarsField(editable=False, help_text='median of what a run has cost; empty: too few runs', null=True)),
                ],
                options={
                    'ordering': ['position', 'endpoint_id'],
                    'indexes': [models.Index(fields=['category', 'position'], name='endpoint_category'), models.Index(fields=['group_key'], name='endpoint_group'), models.Index(fields=['-published_at'], name='endpoint_newest')],
                },
            ),
            migrations.CreateModel(
                name='ListingEntry',
                fields=[
                    ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='entry', serialize=False, to='catalog.endpoint')),
                    ('text', models.TextField(help_text='JSON, unchanged, unknown fields included')),
                ],
                options={
                    'verbose_name_plural': 'listing entries',
                },
            ),
            migrations.CreateModel(
                name='Change',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='catalog.endpoint')),
                    ('kind', models.CharField(choices=[('new', 'New'), ('gone', 'Gone'), ('back', 'Back'), ('listing', 'listing changed'), ('price', 'price changed'), ('schema', 'inputs or outputs changed')], max_length=16)),
                    ('at', models.DateTimeField(db_index=True)),
                    ('was', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.schema')),
                    ('now', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.schema')),
                    ('lines', models.JSONField(blank=True, help_text='what changed, line by line; empty until compared', null=True)),
                    ('weight', models.PositiveSmallIntegerField(choices=[(0, 'Wording'), (1, 'Plain'), (2, 'Breaking')], default=1)),
                ],
                options={
                    'ordering': ['-at', '-pk'],
                    'get_latest_by': 'at',
                },
            ),
            migrations.CreateModel(
                name='Favourite',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='catalog.endpoint')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('user', 'endpoint'), name='favourite_once_per_user')],
                },
            ),
            migrations.CreateModel(
                name='Note',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='catalog.endpoint')),
                    ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('text', models.TextField(max_length=4000)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('edited_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='CollectionItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='catalog.collection')),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.endpoint')),
                    ('position', models.PositiveIntegerField(default=0)),
                    ('note', models.CharField(blank=True, max_length=255)),
                    ('looked_at', models.DateTimeField(default=django.utils.timezone.now, help_text="curators have seen the model's changes up to then")),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('collection', 'endpoint'), name='endpoint_once_per_collection')],
                },
            ),
            migrations.CreateModel(
                name='Collection',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True)),
                    ('title', models.CharField(max_length=120)),
                    ('description', models.TextField(blank=True)),
                    ('is_published', models.BooleanField(default=True)),
                    ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.endpoint')),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                    ('position', models.PositiveIntegerField(default=0)),
                    ('endpoints', models.ManyToManyField(related_name='+', through='catalog.CollectionItem', to='catalog.endpoint')),
                ],
                options={
                    'ordering': ['position', 'title'],
                },
            ),
        ),
    ]

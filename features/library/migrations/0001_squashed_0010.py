import core.db.dollars_field
import core.db.json_field
import django.db.models.deletion
import features.library.models.search_entry
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels
from features.library.models.search_entry import FTS


def index_words(apps, schema_editor):
    """Add the search's index of words; `install_trigger` keeps SQLite's up to date."""
    if schema_editor.connection.vendor == "sqlite":
        # Words are split already, at spaces alone; they lie in the entries.
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {FTS} USING fts5(words, content='library_searchentry', "
            "content_rowid='id', prefix='2 3', "
            """tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")"""
        )
    else:
        schema_editor.execute(f"CREATE INDEX {FTS} ON library_searchentry USING gin (words)")


def unindex_words(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(f"DROP {'TABLE' if is_sqlite else 'INDEX'} IF EXISTS {FTS}")


class Migration(migrations.Migration):
    replaces = [
        ('library', '0001_squashed_0004'),
        ('library', '0005_nano_dollars'),
        ('library', '0006_costs_of_the_ledger'),
        ('library', '0007_words_of_scripts'),
        ('library', '0008_tags_become_series'),
        ('library', '0009_views_live_with_runs'),
        ('library', '0010_styles_take_prompts'),
    ]

    dependencies = [
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Prompt',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('name', models.CharField(max_length=80)),
                    ('text', models.TextField(help_text='as its latest version says; features/library/prompts/grammar.py')),
                    ('folder', models.CharField(blank=True, help_text='a path: campaign/fox', max_length=200)),
                    ('seed', models.PositiveIntegerField(default=1, help_text='by which some of its alternatives are drawn')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['-changed_at', 'pk'],
                    'indexes': [models.Index(fields=['project', '-changed_at'], name='prompt_in_project')],
                },
            ),
            migrations.CreateModel(
                name='PromptTag',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='library.prompt')),
                    ('name', models.CharField(max_length=40)),
                ],
                options={
                    'ordering': ['name'],
                    'constraints': [models.UniqueConstraint(fields=('prompt', 'name'), name='prompt_tag_once')],
                },
            ),
            migrations.CreateModel(
                name='PromptVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='library.prompt')),
                    ('text', models.TextField()),
                    ('made_at', models.DateTimeField(auto_now_add=True)),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-pk'],
                },
            ),
            migrations.CreateModel(
                name='PromptRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='made', to='library.prompt')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.run')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('prompt', 'run'), name='prompt_run_once')],
                },
            ),
            migrations.CreateModel(
                name='Reference',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('kind', models.CharField(choices=[('character', 'Character'), ('product', 'Product'), ('place', 'Place'), ('look', 'Look')], default='product', max_length=12)),
                    ('name', models.CharField(max_length=40)),
                    ('key', models.CharField(help_text='what equal names share: mentions.key_of', max_length=160)),
                    ('description', models.TextField(blank=True)),
                    ('pictures', core.db.json_field.ExactJSONField(default=list, help_text='addresses of uploads, the cover first')),
                    ('lora', models.CharField(blank=True, help_text='address of a result', max_length=200)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['-changed_at', 'pk'],
                    'indexes': [models.Index(fields=['project', '-changed_at'], name='reference_in_project'), models.Index(fields=['project', 'key'], name='reference_by_name')],
                },
            ),
            migrations.CreateModel(
                name='ReferenceVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='library.reference')),
                    ('number', models.PositiveIntegerField()),
                    ('pictures', core.db.json_field.ExactJSONField(default=list)),
                    ('description', models.TextField(blank=True)),
                    ('lora', models.CharField(blank=True, max_length=200)),
                    ('change', models.CharField(help_text='since the version before, in words', max_length=200)),
                    ('made_at', models.DateTimeField(auto_now_add=True)),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-number'],
                    'constraints': [models.UniqueConstraint(fields=('reference', 'number'), name='reference_version_number')],
                },
            ),
            migrations.CreateModel(
                name='ReferenceRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='library.reference')),
                    ('version', models.PositiveIntegerField()),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.run')),
                    ('words', models.CharField(help_text='what was used and what was left out', max_length=400)),
                    ('is_whole', models.BooleanField(default=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('reference', 'run'), name='reference_run_once')],
                },
            ),
            migrations.CreateModel(
                name='SearchEntry',
                fields=[
                    ('id', models.BigIntegerField(help_text="microseconds from 1970 to the run's creation: sorts by time", primary_key=True, serialize=False)),
                    ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search_entry', to='playground.run')),
                    ('words', features.library.models.search_entry.WordsField()),
                    ('kinds', models.PositiveSmallIntegerField(default=0, help_text='of its results, a bit each (`features/library/search/kinds.py`)')),
                    ('cost', core.db.dollars_field.DollarsField(help_text='as billed; null: unknown', null=True)),
                ],
                options={
                    'indexes': [models.Index(fields=['cost'], name='search_by_cost')],
                },
            ),
            migrations.CreateModel(
                name='DueEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.run')),
                ],
            ),
            migrations.CreateModel(
                name='SeriesItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='library.series')),
                    ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playground.run')),
                    ('position', models.PositiveIntegerField(default=0, help_text="of the file among the run's; 0 where the run has none")),
                    ('place', models.PositiveIntegerField(help_text="in the series' order; there may be gaps")),
                    ('removed_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['place', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('series', 'run', 'position'), name='result_once_in_series')],
                },
            ),
            migrations.CreateModel(
                name='Series',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('name', models.CharField(max_length=80)),
                    ('cover', models.ForeignKey(blank=True, help_text='null: its first result', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='library.seriesitem')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'verbose_name': 'series',
                    'verbose_name_plural': 'series',
                    'ordering': ['-changed_at', 'pk'],
                    'indexes': [models.Index(fields=['project', '-changed_at'], name='series_in_project')],
                },
            ),
        ),
        migrations.RunPython(index_words, unindex_words),
    ]

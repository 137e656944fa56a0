import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('operations', '0001_backups'),
        ('operations', '0002_second_release'),
    ]

    dependencies = [
        ('projects', '0001_squashed_0005'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Backup',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text='its folder, empty until it is made', max_length=40)),
                    ('reason', models.CharField(help_text='why it was made', max_length=60)),
                    ('state', models.CharField(choices=[('running', 'Running'), ('made', 'Made'), ('proved', 'made and proved'), ('doubted', 'made, but its proof failed'), ('failed', 'Failed')], default='running', max_length=8)),
                    ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('beat_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='its process was alive')),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('step', models.CharField(blank=True, help_text='what is being done', max_length=200)),
                    ('files', models.PositiveIntegerField(default=0)),
                    ('size_bytes', models.BigIntegerField(default=0, help_text='of the database and all files')),
                    ('written_bytes', models.BigIntegerField(default=0, help_text='what no earlier backup had')),
                    ('proved_at', models.DateTimeField(null=True)),
                    ('trouble', models.TextField(blank=True, help_text='why it failed, or what its proof found')),
                ],
                options={
                    'ordering': ('-started_at',),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='operations_one_backup_at_a_time')],
                },
            ),
            migrations.CreateModel(
                name='DataVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.CharField(max_length=40)),
                    ('migrated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('migrations', models.PositiveIntegerField(help_text='how many it knows, all of them applied')),
                ],
                options={
                    'ordering': ('-pk',),
                },
            ),
            migrations.CreateModel(
                name='ServerProcess',
                fields=[
                    ('identity', models.CharField(help_text='`core.process.identity`', max_length=120, primary_key=True, serialize=False)),
                    ('kind', models.CharField(help_text='web, worker or realtime', max_length=16)),
                    ('memory_bytes', models.BigIntegerField(help_text='resident; empty: not known here', null=True)),
                    ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('beat_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Counter',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=64)),
                    ('labels', models.CharField(help_text='a JSON object of few values', max_length=255)),
                    ('value', models.FloatField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('name', 'labels'), name='operations_counter_once')],
                },
            ),
            migrations.CreateModel(
                name='CspReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('directive', models.CharField(help_text='the rule that it broke', max_length=64)),
                    ('blocked', models.CharField(help_text='inline, eval, or where it came from', max_length=255)),
                    ('page', models.CharField(help_text='the route of the page', max_length=255)),
                    ('times', models.PositiveIntegerField(default=0)),
                    ('first_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('last_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ],
                options={
                    'ordering': ('-last_at', '-pk'),
                    'constraints': [models.UniqueConstraint(fields=('directive', 'blocked', 'page'), name='operations_csp_report_once')],
                },
            ),
            migrations.CreateModel(
                name='Announcement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(help_text='of `house/operations/retention/kinds.py`', max_length=8)),
                    ('days', models.PositiveIntegerField(help_text='the age as it was set then')),
                    ('before', models.DateTimeField(help_text='what ended later does not go yet')),
                    ('goes_at', models.DateTimeField()),
                    ('number', models.PositiveIntegerField(help_text='how many there were to go')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('project', 'kind'), name='announced_once_per_kind')],
                },
            ),
        ),
    ]

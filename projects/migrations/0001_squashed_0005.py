import core.db.json_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('projects', '0001_squashed_0004'),
        ('projects', '0005_files_days'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Look',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(help_text="the row's model, such as playground.run", max_length=100)),
                    ('row', models.UUIDField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('until', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('row', 'kind', 'by'), name='look_once_per_row')],
                },
            ),
            migrations.CreateModel(
                name='Project',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(allow_unicode=True, max_length=60, unique=True)),
                    ('name', models.CharField(max_length=80)),
                    ('description', models.CharField(blank=True, max_length=300)),
                    ('person', models.OneToOneField(blank=True, editable=False, help_text='whose private project it is; null: a shared one', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='private_project', to=settings.AUTH_USER_MODEL)),
                    ('hides_new_runs', models.BooleanField(default=False, help_text="new runs are for their user's own eyes, not for all members")),
                    ('retention_days', models.PositiveIntegerField(blank=True, help_text='runs are deleted this long after their end; null: as the house does', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('archived_at', models.DateTimeField(blank=True, help_text='kept to look at since; nothing begins in it', null=True)),
                    ('files_days', models.PositiveIntegerField(blank=True, help_text="files of results go this long after the run's end; null: as the house does", null=True)),
                ],
                options={
                    'ordering': ['name', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='projects.project')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                    ('role', models.CharField(choices=[('viewer', 'Viewer'), ('maker', 'Maker'), ('manager', 'Manager')], default='maker', max_length=8)),
                    ('joined_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['joined_at', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='member_once_per_project')],
                },
            ),
            migrations.CreateModel(
                name='Choice',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='project_choice', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.membership')),
                ],
            ),
            migrations.CreateModel(
                name='Move',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                    ('rows', core.db.json_field.ExactJSONField(help_text="[[model's label, key of the former project, [keys of rows]]]")),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Rule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(blank=True, help_text='whose rule it is; null: of the house', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='projects.project')),
                    ('effect', models.CharField(choices=[('forbid', 'Forbid'), ('only', 'Allow only'), ('allow', 'Allow')], default='forbid', max_length=8)),
                    ('kind', models.CharField(choices=[('id', 'Model'), ('owner', 'Owner'), ('category', 'Category'), ('mark', 'Mark'), ('question', 'Question')], max_length=8)),
                    ('value', models.CharField(max_length=300)),
                    ('reason', models.CharField(blank=True, help_text='why, for who wants to run such a model', max_length=300)),
                    ('is_binding', models.BooleanField(default=False, help_text="of the house's: no project allows what it locks")),
                    ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['pk'],
                    'permissions': [('change_house_rules', 'Can change the rules for models of the house')],
                    'constraints': [models.UniqueConstraint(fields=('project', 'kind', 'value'), name='rule_once_per_project'), models.UniqueConstraint(condition=models.Q(('project', None)), fields=('kind', 'value'), name='rule_once_in_house')],
                },
            ),
        ),
    ]

import core.db.json_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('training', '0001_squashed_0002'),
        ('training', '0003_kept'),
    ]

    dependencies = [
        ('catalog', '0001_squashed_0016'),
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Dataset',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='datasets', to=settings.AUTH_USER_MODEL)),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('name', models.CharField(max_length=200)),
                    ('trigger_word', models.CharField(blank=True, max_length=100)),
                    ('files', core.db.json_field.ExactJSONField(default=list, help_text='what features/training/data/items.py reads')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'verbose_name': 'data set',
                    'ordering': ['-changed_at'],
                    'indexes': [models.Index(fields=['user', '-changed_at'], name='dataset_list'), models.Index(fields=['project', '-changed_at'], name='dataset_in_project')],
                },
            ),
            migrations.CreateModel(
                name='DatasetArchive',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='archives', to='training.dataset')),
                    ('upload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.upload')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('dataset', 'upload'), name='archive_once_per_dataset')],
                },
            ),
            migrations.CreateModel(
                name='Training',
                fields=[
                    ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='training', serialize=False, to='playground.run')),
                    ('dataset', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trainings', to='training.dataset')),
                    ('trigger_word', models.CharField(blank=True, max_length=100)),
                ],
            ),
            migrations.CreateModel(
                name='Weights',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='weights', to=settings.AUTH_USER_MODEL)),
                    ('training', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weights', to='training.training')),
                    ('position', models.PositiveIntegerField(help_text="of the artifact in the run's output")),
                    ('name', models.CharField(max_length=200)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'verbose_name_plural': 'weights',
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['user', '-created_at'], name='weights_list'), models.Index(fields=['project', '-created_at'], name='weights_in_project')],
                    'constraints': [models.UniqueConstraint(fields=('training', 'position'), name='weights_once_per_file')],
                },
            ),
        ),
    ]

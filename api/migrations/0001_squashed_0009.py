import core.db.json_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('api', '0001_squashed_0003'),
        ('api', '0004_assistant_sessions'),
        ('api', '0005_keyed_calls'),
        ('api', '0006_ledger'),
        ('api', '0007_plain_help_texts'),
        ('api', '0008_token_project'),
        ('api', '0009_token_revoked_by'),
    ]

    dependencies = [
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Token',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('project', models.ForeignKey(blank=True, help_text="the only one that it sees and begins in; null: all of its user's", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                    ('name', models.CharField(max_length=80)),
                    ('digest', models.CharField(help_text='SHA-256 of the token', max_length=64, unique=True)),
                    ('hint', models.CharField(help_text='its first characters, to recognize it by', max_length=16)),
                    ('scopes', models.CharField(help_text='separated by spaces: read run curate', max_length=64)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('expires_at', models.DateTimeField(blank=True, help_text='empty: it never expires', null=True)),
                    ('last_used_at', models.DateTimeField(blank=True, help_text='to the minute', null=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('revoked_by', models.ForeignKey(blank=True, help_text='an admin, who alone may restore it; null: its user', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('user', 'name'), name='api_token_name_once_per_user')],
                },
            ),
            migrations.CreateModel(
                name='KeyedCall',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('key_digest', models.CharField(help_text='SHA-256 of the key', max_length=64)),
                    ('request', models.CharField(help_text='SHA-256 of its address and body', max_length=64)),
                    ('answer', core.db.json_field.ExactJSONField(default=dict, help_text='what a repeated call is answered from')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('user', 'key_digest'), name='api_call_once_per_key')],
                },
            ),
            migrations.CreateModel(
                name='ProxyFile',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('upload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.upload')),
                ],
            ),
            migrations.CreateModel(
                name='ProxyPart',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('file_id', models.UUIDField(help_text='the ProxyFile that it becomes part of')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('number', models.PositiveIntegerField()),
                    ('etag', models.CharField(max_length=32)),
                    ('size_bytes', models.BigIntegerField()),
                    ('stored_as', models.CharField(help_text='name in our storage', max_length=255)),
                    ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('file_id', 'number'), name='api_part_once_per_number')],
                },
            ),
        ),
    ]
